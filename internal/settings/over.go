package settings

import "maps"

// Over are the settings of s with those of top in their place where both have one,
// as -E of Elasticsearch's tools puts a setting over the file's. Complaints name
// the file that a setting is from. Both are whole files, not groups.
func (s *Settings) Over(top *Settings) *Settings {
	all := maps.Clone(s.all)
	if all == nil {
		all = map[string]value{}
	}
	for name, v := range top.all {
		v.from = top.file
		all[name] = v
	}
	return &Settings{file: s.file, all: all}
}
