// Package javahash puts things into the order of Java's hash tables. Elasticsearch
// answers with HashMaps and HashSets as they iterate; the hashes of texts and lists
// are specified (java.lang.String, java.util.List, java.util.Set), so we can list in
// the same order.
package javahash

import (
	"slices"
	"unicode/utf16"
)

// String is String.hashCode.
func String(text string) int32 {
	h := int32(0)
	for _, unit := range utf16.Encode([]rune(text)) {
		h = 31*h + int32(unit)
	}
	return h
}

// Set is Set.hashCode; list has each text once.
func Set(list []string) int32 {
	h := int32(0)
	for _, text := range list {
		h += String(text)
	}
	return h
}

// List is List.hashCode and Arrays.hashCode.
func List(list []string) int32 {
	h := int32(1)
	for _, text := range list {
		h = 31*h + String(text)
	}
	return h
}

// smallest is the capacity that a HashMap begins with.
const smallest = 16

// Sort gives the elements, which differ from each other, as a HashMap would yield
// them that was filled in the order of the list. Elements of one bucket keep their
// order, which is true of buckets of less than eight.
func Sort[T any](list []T, hash func(T) int32) []T {
	capacity := uint32(smallest)
	for 4*len(list) > 3*int(capacity) { // the load factor is 0.75
		capacity *= 2
	}
	bucket := func(v T) int {
		h := uint32(hash(v))
		return int((h ^ h>>16) & (capacity - 1))
	}
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int { return bucket(a) - bucket(b) })
	return list
}

// Distinct gives each text once, in the order of a LinkedHashSet. It is never nil.
func Distinct(list []string) []string {
	once := make([]string, 0, len(list))
	for _, text := range list {
		if !slices.Contains(once, text) {
			once = append(once, text)
		}
	}
	return once
}

// Strings gives each text once, in the order of a HashSet.
func Strings(list []string) []string { return Sort(Distinct(list), String) }
