// Package compat does what Elasticsearch's own command-line tools do, under their
// names: the same sub-commands, options, texts, streams, exit codes and files, as
// recorded of version 9.5.3. Where it differs on purpose, docs/compat.md says so
// and the replay test names the case.
//
// Secrets come from variables only: what the old tools asked for at a prompt or
// took from -p is read from the variable that the message names.
package compat

import (
	"context"
	"path/filepath"
	"strings"

	"github.com/realmctl/realmctl/internal/compat/offline"
	"github.com/realmctl/realmctl/internal/compat/online"
	"github.com/realmctl/realmctl/internal/compat/tool"
)

// prefix of the names that the tools have as programs.
const prefix = "elasticsearch-"

// Tool is one of the tools, by the name of its command.
type Tool struct {
	Name    string // without "elasticsearch-"
	About   string
	Example string // of a line, from the name on

	command func() *tool.Command
}

// Tools lists the tools.
func Tools() []Tool {
	return []Tool{
		{"users", "File users, as elasticsearch-users", "users useradd jack -r viewer   # the password is in JACK_PASSWORD", offline.Users},
		{"service-tokens", "File tokens of service accounts, as elasticsearch-service-tokens", "service-tokens create elastic/fleet-server ci-1", offline.ServiceTokens},
		{"reset-password", "Passwords of native and built-in users, as elasticsearch-reset-password", "reset-password -u elastic -b", online.ResetPassword},
		{"setup-passwords", "First passwords of the built-in users, as elasticsearch-setup-passwords", "setup-passwords auto -b", online.SetupPasswords},
		{"migrate", "File users and roles into the native realm, as elasticsearch-migrate", "migrate native -u elastic -U http://localhost:9200", online.Migrate},
		{"create-enrollment-token", "Enrollment tokens, as elasticsearch-create-enrollment-token", "create-enrollment-token -s kibana", online.CreateEnrollmentToken},
		{"syskeygen", "The system key of Watcher, as elasticsearch-syskeygen", "syskeygen", offline.SystemKey},
	}
}

// Called finds the tool that a program name stands for, such as a symbolic link
// elasticsearch-users or a copy elasticsearch-users.exe.
func Called(program string) (Tool, bool) {
	name := filepath.Base(filepath.ToSlash(program))
	for _, suffix := range []string{".exe", ".bat"} {
		name = strings.TrimSuffix(name, suffix)
	}
	for _, t := range Tools() {
		if prefix+t.Name == name {
			return t, true
		}
	}
	return Tool{}, false
}

// Run runs the tool and returns its exit code.
func (t Tool) Run(ctx context.Context, w tool.World, args []string) int {
	return t.command().Main(ctx, w, args)
}
