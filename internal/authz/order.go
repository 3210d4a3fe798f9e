package authz

import (
	"slices"
	"unicode/utf16"
)

// Elasticsearch lists what a user may do in the order of Java's hash tables. Their
// hashes are specified, so we can list in the same order.

// javaHash is String.hashCode.
func javaHash(text string) int32 {
	h := int32(0)
	for _, unit := range utf16.Encode([]rune(text)) {
		h = 31*h + int32(unit)
	}
	return h
}

// setHash is Set.hashCode; list has each text once.
func setHash(list []string) int32 {
	h := int32(0)
	for _, text := range list {
		h += javaHash(text)
	}
	return h
}

// arrayHash is Arrays.hashCode.
func arrayHash(list []string) int32 {
	h := int32(1)
	for _, text := range list {
		h = 31*h + javaHash(text)
	}
	return h
}

// inHashOrder sorts as a HashMap of that many entries would yield them. Entries of
// one bucket keep their order.
func inHashOrder[T any](list []T, hash func(T) int32) []T {
	size := uint32(16)
	for int(size) < len(list) {
		size *= 2
	}
	bucket := func(v T) int {
		h := uint32(hash(v))
		return int((h ^ h>>16) & (size - 1))
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int { return bucket(a) - bucket(b) })
	return list
}
