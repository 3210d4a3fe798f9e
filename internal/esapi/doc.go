// Package esapi holds the JSON shapes of Elasticsearch's security API, one file per
// noun, in the member order of a real 9.5.3 node. The types are plain data: they
// have no behaviour and use plain strings, so a request that carries a secret must
// never be logged or printed as a whole; what may be printed has no secret member.
package esapi
