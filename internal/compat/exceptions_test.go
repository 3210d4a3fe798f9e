package compat_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/realmctl/realmctl/internal/compat/tool"
)

// exception is a recorded case in which this program does otherwise on purpose. Its
// reason is a heading of docs/compat.md, which TestEveryDifferenceIsExplained checks.
type exception struct {
	reason string
	// change makes what the real tool did, and was given, what this program does.
	change func(r *record, in *input)
	// lossless is the content of files that keep what the real tool loses.
	lossless map[string]string
	anyMode  []string // files whose mode is that of their siblings
	skip     func() string
}

// The reasons.
const (
	onePassword   = "Passwords are read once"
	noVariable    = "Passwords come from variables"
	keepsLines    = "Comments, order and line ends stay"
	staleRoles    = "Roles that somebody left behind are not inherited"
	hazards       = "Names that the files cannot hold are refused"
	onceEach      = "A role is given once"
	firstMode     = "A new file is like its siblings"
	keepsOwner    = "Owner and group stay"
	noCrash       = "Missing files are no crash"
	silentSecrets = "setup-passwords auto does not change passwords unseen"
	urlPaths      = "A URL may have a path"
	checkedFirst  = "What is wrong is found before anything is changed"
	causes        = "Reasons are told"
	settingsTold  = "Settings are told with file and line"
)

const (
	jill      = "jill:$2a$10$m0.QBK/IP4zsEd/9WoFI2emuAXou6.YTWDEmC3188hkLuLPzngBj."
	joe       = "joe:{PBKDF2}1000$YCAQwwkUJ9scMPWXZc8jUnz42QfOxJP/vE/f/ig1krg=$cA0pH/SKw7ZR/fYGa0lXThEVgFYlczWvBmsoKCNF55I="
	newJack   = "jack:<hash:bcrypt:10>"
	someToken = "{PBKDF2_STRETCH}1000$bgklyajwG9Pn34nbTk301j8GTpM2sEvRGGU27VNcaTM=$csjWvJTKjvIDqyu/wrduIbJnDpGvCo3gfbq/T0bfqdo="
)

func exceptions() map[string]exception {
	all := map[string]exception{
		"useradd/prompt-mismatch":       {reason: onePassword, change: succeeds},
		"useradd/tty-mismatch":          {reason: onePassword, change: succeeds},
		"passwd/prompt-mismatch":        {reason: onePassword, change: succeeds},
		"useradd/prompt-no-input":       {reason: noVariable, change: notSet("jack", "JACK_PASSWORD")},
		"useradd/prompt-one-line":       {reason: noVariable, change: notSet("jack", "JACK_PASSWORD")},
		"useradd/tty-end-of-input":      {reason: noVariable, change: notSet("jack", "JACK_PASSWORD")},
		"useradd/password-empty":        {reason: noVariable, change: notSet("jack", "JACK_PASSWORD")},
		"useradd/prompt-last-line-open": {reason: noVariable},

		"useradd/comments-are-lost": {reason: keepsLines, lossless: map[string]string{
			"users":       "# team\n\n" + jill + "\n   \nbroken\n:nohash\njoe:\n" + newJack + "\n",
			"users_roles": "# roles\nsuperuser:jill,jack\n\nbroken\n",
		}},
		"useradd/crlf": {reason: keepsLines, lossless: map[string]string{
			"users":       jill + "\r\n" + joe + "\r\n" + newJack + "\r\n",
			"users_roles": "superuser:jill,jack\r\n",
		}},
		"useradd/bom": {reason: keepsLines, lossless: map[string]string{"users": "\ufeff" + jill + "\n" + joe + "\n" + newJack + "\n"}},
		"tokens/create-comments-are-lost": {reason: keepsLines, lossless: map[string]string{
			"service_tokens": "# tokens\n\nelastic/kibana/zz:" + someToken + "\n  elastic/kibana/aa:" + strings.TrimPrefix(joe, "joe:") +
				"\nelastic/fleet-server/t1:<hash:pbkdf2_stretch:10000>\n",
		}},
		"tokens/create-second": {reason: keepsLines, lossless: map[string]string{
			"service_tokens": "elastic/kibana/k1:" + someToken + "\nelastic/fleet-server/ci-1:<hash:pbkdf2_stretch:10000>\n",
		}},

		"useradd/stale-roles": {reason: staleRoles, change: func(r *record, _ *input) {
			r.FilesAfter["users_roles"] = &file{Content: new(string), Mode: "0644"}
		}},
		"useradd/roles-duplicate": {reason: onceEach, change: func(r *record, _ *input) {
			r.FilesAfter["users_roles"] = content(strings.Replace(r.FilesAfter["users_roles"].text(), "anna,anna", "anna", 1))
		}},
		"useradd/name-colon": {reason: hazards, change: refused("Invalid username [ja:ck]... a user name in a file cannot have a colon: the part before it would be the user, and the rest its password")},
		"useradd/name-comma": {reason: hazards, change: refused("Invalid username [ja,ck]... a user name in a file cannot have a comma: users_roles would split it into two users")},
		"useradd/name-hash":  {reason: hazards, change: refused("Invalid username [#jack]... a user name in a file cannot begin with #: the line would be a comment")},
		"useradd/role-colon": {reason: hazards, change: func(r *record, in *input) {
			warning := r.Stderr
			refused("Invalid role [a:b]... a role name in users_roles cannot have a colon or a comma: the line would be split there")(r, in)
			r.Stderr = warning + r.Stderr
		}},

		"useradd/owner-changes": {
			reason: keepsOwner,
			skip: func() string {
				if os.Getuid() != 0 {
					return "only root can give a file to somebody else"
				}
				return ""
			},
			change: func(r *record, _ *input) { r.Stderr = "" },
		},
		"useradd/users-unreadable": {reason: keepsOwner, skip: rootReadsAll},
		"useradd/folder-read-only": {reason: keepsOwner, skip: rootReadsAll},

		"userdel/users-roles-missing": {reason: noCrash, change: func(r *record, _ *input) { r.Exit, r.Stderr = tool.OK, "" }},
		"roles/users-missing":         {reason: noCrash, change: isMissing("users")},
		"roles/users-roles-missing":   {reason: noCrash, change: isMissing("users_roles")},
	}
	nodeExceptions(all)
	settingExceptions(all)
	for _, name := range []string{"users+/userdel-roles-not-utf8", "users+/useradd-with-role-roles-not-utf8"} {
		all[name] = exception{reason: checkedFirst, change: func(r *record, _ *input) { unchanged(r) }}
	}
	for _, name := range []string{"useradd/users-roles-missing"} {
		all[name] = exception{reason: firstMode, anyMode: []string{"users_roles"}}
	}
	for _, name := range []string{"tokens/create", "tokens/create-silent", "tokens/create-hash-bcrypt", "tokens+/fips-bcrypt", "tokens+/fips-not-asked"} {
		all[name] = exception{reason: firstMode, anyMode: []string{"service_tokens"}}
	}
	return all
}

func content(text string) *file { return &file{Content: &text, Mode: "0644"} }

func rootReadsAll() string {
	if os.Getuid() == 0 {
		return "root reads and writes everything"
	}
	return ""
}

// refused ends a run before it changes anything.
func refused(text string) func(*record, *input) {
	return func(r *record, _ *input) {
		r.Exit, r.Stdout = tool.DataError, ""
		r.Stderr = "\nERROR: " + text + ", with exit code 65\n"
		unchanged(r)
	}
}

// unchanged says that the files stay as they were.
func unchanged(r *record) {
	r.FilesAfter = map[string]*file{}
	for name, f := range r.FilesBefore {
		r.FilesAfter[name] = &file{Same: true, Mode: f.Mode}
	}
}

// notSet is a run without a password.
func notSet(user, name string) func(*record, *input) {
	return func(r *record, in *input) {
		in.passwords = nil
		r.Exit, r.Stdout = tool.Config, ""
		r.Stderr = "\nERROR: the password of [" + user + "] is read from the variable " + name +
			", in the environment or in ./.env: the variable " + name + " is not set, with exit code 78\n"
		unchanged(r)
	}
}

func isMissing(name string) func(*record, *input) {
	return func(r *record, _ *input) {
		r.Exit = tool.Config
		r.Stderr = "\nERROR: Configuration file [${CONF}/" + name + "] is missing, with exit code 78\n"
	}
}

// succeeds makes of a mistyped password one that was not typed: the first one counts.
func succeeds(r *record, _ *input) {
	r.Exit, r.Stderr = tool.OK, ""
	users := r.FilesBefore["users"].text()
	if i := strings.Index(users, "jack:"); i >= 0 {
		users = users[:i] + newJack + users[i+strings.Index(users[i:], "\n"):]
	} else {
		users += newJack + "\n"
	}
	r.FilesAfter["users"] = content(users)
}

// seen is what Elasticsearch makes of a file: the lines that count.
func seen(text string) string {
	var lines []string
	for _, l := range strings.FieldsFunc(text, func(r rune) bool { return r == '\n' || r == '\r' }) {
		name, rest, ok := strings.Cut(strings.TrimSpace(l), ":")
		if strings.HasPrefix(l, "#") || !ok || name == "" || rest == "" || strings.HasPrefix(name, "\ufeff") {
			continue
		}
		lines = append(lines, name+":"+rest)
	}
	return strings.Join(lines, "\n") + "\n"
}

// settingExceptions are those of settings that cannot be read. The exit code stays.
func settingExceptions(all map[string]exception) {
	const cannotLoad = "Failed to load settings from [elasticsearch.yml]: "
	for name, text := range map[string]string{
		"users+/yml-null":                 cannotLoad + "${CONF}/elasticsearch.yml:1: cluster.name: has no value; remove the line or write one (null-valued setting)",
		"users+/yml-without-variable":     cannotLoad + "${CONF}/elasticsearch.yml:1: cluster.name: there is no variable for ${NOBODY_SET_THIS}",
		"users+/yml-dotted-and-nested":    cannotLoad + "${CONF}/elasticsearch.yml:3: a.b: already set in line 1",
		"users+/setting-without-variable": cannotLoad + "-E:1: a: there is no variable for ${NOBODY_SET_THIS}",
		"users+/setting-no-bool":          "-E:1: xpack.security.authc.reserved_realm.enabled: [maybe] is neither [true] nor [false]",
	} {
		all[name] = exception{reason: settingsTold, change: func(r *record, _ *input) {
			r.Exit, r.Stdout = tool.CodeError, ""
			r.Stderr = "\nERROR: " + text + ", with exit code 70\n"
		}}
	}
}

// nodeExceptions are those of the tools that talk to a node.
func nodeExceptions(all map[string]exception) {
	all["reset/interactive-tty"] = exception{reason: onePassword, change: func(r *record, in *input) {
		in.passwords = []string{"test-pass-2"}
		r.Stderr = ""
	}}
	all["reset+/user-twice"] = exception{reason: checkedFirst, change: func(r *record, _ *input) {
		r.Exit, r.Requests = tool.Usage, nil
		r.Stderr = resetHelp + "\nERROR: Found multiple arguments for option u/username, but you asked for only one\n"
	}}
	all["reset+/url-with-path"] = exception{reason: urlPaths, change: func(r *record, _ *input) {
		r.Exit, r.Stderr = tool.OK, ""
		r.Stdout = "Password for the [jack] user successfully reset.\nNew value: <password:20>\n"
		body := `{"password":"<password:20>"}`
		r.Requests[0].Path = "/p/_cluster/health?pretty"
		r.Requests = append(r.Requests, request{Method: "POST", Path: "/p/_security/user/jack/_password?pretty", Auth: r.Requests[0].Auth, Body: &body})
	}}
	all["reset+/change-500"] = exception{reason: causes, change: func(r *record, _ *input) { r.Stderr = "the reason\n" + r.Stderr }}
	all["setup+/seed-not-json"] = exception{reason: noCrash, change: func(r *record, _ *input) {
		r.Stderr = "\nERROR: ${URL}/_security/_authenticate?pretty: the answer is not JSON, with exit code 70\n"
	}}
	all["setup+/untrusted"] = exception{reason: causes, change: func(r *record, _ *input) {
		java := "(certificate_unknown) PKIX path building failed: sun.security.provider.certpath.SunCertPathBuilderException: unable to find valid certification path to requested target"
		r.Stderr = strings.Replace(r.Stderr, java, "tls: failed to verify certificate: x509: certificate signed by unknown authority", 1)
	}}
	all["reset/unreachable-verbose"] = exception{reason: causes, change: func(r *record, _ *input) { r.Stderr = "Connection refused\n" + r.Stderr }}
	// No difference: the recording took monitoring_user:jack for a password.
	all["reset/keeps-users"] = exception{change: func(r *record, _ *input) {
		for _, files := range []map[string]*file{r.FilesDuring, r.FilesAfter} {
			files["users_roles"] = content(strings.Replace(files["users_roles"].text(), "<password:20>", "monitoring_user:jack", 1))
		}
	}}
	all["setup+/silent"] = exception{reason: silentSecrets, change: func(r *record, _ *input) {
		r.Exit, r.Requests = tool.Usage, nil
		r.Stderr = "ERROR: with --silent, seven passwords would be changed and none be shown: leave out -s, with exit code 64\n"
	}}
}

const resetHelp = `Resets the password of users in the native realm and built-in users.

Option (* = required)  Description                                          
---------------------  -----------                                          
-E <KeyValuePair>      Configure a setting                                  
-a, --auto                                                                  
-b, --batch                                                                 
-f, --force            Use this option to force execution of the command    
                         against a cluster that is currently unhealthy.     
-h, --help             Show help                                            
-i, --interactive                                                           
-s, --silent           Show minimal output                                  
* -u, --username       The username of the user whose password will be reset
--url                  the URL where the elasticsearch node listens for     
                         connections.                                       
-v, --verbose          Show verbose output                                  
`

// TestEveryDifferenceIsExplained keeps the list in the documentation whole.
func TestEveryDifferenceIsExplained(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "compat.md"))
	if err != nil {
		t.Fatal(err)
	}
	for name, ex := range exceptions() {
		if ex.reason != "" && !strings.Contains(string(page), "\n### "+ex.reason+"\n") {
			t.Errorf("docs/compat.md has no section %q, which %s refers to", ex.reason, name)
		}
	}
}
