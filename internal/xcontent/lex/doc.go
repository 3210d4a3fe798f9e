// Package lex cuts JSON into tokens as com.fasterxml.jackson.core does: lazily, with
// its places and its complaints. Comments are accepted, duplicate members refused.
//
// It differs in three points: members whose names hold the byte 0xFF are refused,
// lone halves of surrogate pairs become U+FFFD, and UTF-16 is not recognised.
package lex
