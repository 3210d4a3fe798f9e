// Package descriptor says what a role grants: the shape of its JSON, the parser of
// request bodies with Elasticsearch's complaints, and the rules for what it may say.
package descriptor
