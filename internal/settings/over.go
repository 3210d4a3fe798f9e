package settings

import "maps"

// Over are the settings of s with those of top in their place where both have one,
// as -E of Elasticsearch's tools puts a setting over the file's. The receiver keeps
// its file name; both are whole files, not groups.
func (s *Settings) Over(top *Settings) *Settings {
	all := maps.Clone(s.all)
	if all == nil {
		all = map[string]value{}
	}
	maps.Copy(all, top.all)
	return &Settings{file: s.file, all: all}
}
