package cli

import (
	"strings"

	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// identify says what a node makes of a stored text, never the text itself.
func identify(hash string) identified {
	algorithm, problem := describeHash(hash)
	one := identified{Algorithm: algorithm, Problem: problem, Files: usersfile.CheckHash(hash) == nil}
	info, err := pwhash.Identify(hash)
	if err != nil {
		return one
	}
	one.Cost, one.SaltBytes, one.KeyBytes = info.Cost, info.SaltBytes, info.KeyBytes
	one.API = pwhash.CheckStored(hash) == nil
	if one.Files && !one.API {
		one.Problem = "the API does not take it as password_hash"
	}
	return one
}

// identifyLines looks at the lines as a node finds them, so that their numbers are those
// of file lint.
func identifyLines(text string) []identified {
	var all []identified
	for line := range linefile.Lines(text) {
		entry := strings.TrimSpace(line.Text)
		if entry == "" || strings.HasPrefix(entry, "#") {
			continue
		}
		if _, hash, ok := strings.Cut(entry, ":"); ok { // of users or service_tokens
			entry = hash
		}
		one := identify(entry)
		one.Line = line.Number
		all = append(all, one)
	}
	return all
}

func (a *App) showIdentified(all []identified, many bool) error {
	v := output.View{Header: []string{"line", "algorithm", "cost", "salt_bytes", "key_bytes", "files", "api", "problem"}, Key: 1}
	useless := false
	for _, one := range all {
		useless = useless || !one.Files
		v.Rows = append(v.Rows, []string{
			position(one.Line), one.Algorithm, position(one.Cost), position(one.SaltBytes), position(one.KeyBytes),
			yes(one.Files), yes(one.API), one.Problem,
		})
	}
	v.Data = all
	if !many {
		v.Data, v.Vertical = all[0], true
		v.Header, v.Rows[0], v.Key = v.Header[1:], v.Rows[0][1:], 0
	}
	if err := a.Show(v); err != nil {
		return err
	}
	if useless {
		return no()
	}
	return nil
}
