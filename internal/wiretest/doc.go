// Package wiretest replays recorded conversations with a real Elasticsearch 9.5.3
// against a handler and compares the answers.
//
// testdata holds the recordings, one JSON object a line. A step names the request
// (who sends it, and its body as it was sent), the answer, and what of the answer
// later steps need. Values that differ from run to run stand as ${name} and are
// filled in; what a server invents is described by a matcher such as <id>.
//
// Transcripts and single steps may wait for later work: they are listed with the
// reason, and a listed one that passes is an error, so the list shrinks.
package wiretest
