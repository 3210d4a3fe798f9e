package offline

import (
	"context"
	"errors"
	"io/fs"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/compat/jopt"
	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/linefile"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/tokensfile"
)

// ServiceTokens is elasticsearch-service-tokens (FileTokensTool).
func ServiceTokens() *tool.Command {
	both := jopt.Parser{Operands: "service-account-principal token-name"}
	return &tool.Command{
		About: "Manages elasticsearch service account file-tokens",
		Sub: []*tool.Command{
			{Name: "create", About: "Create a file token for specified service account and token name", Parser: both, Run: tokenCreate},
			{Name: "delete", About: "Remove a file token for specified service account and token name", Parser: both, Run: tokenDelete},
			{
				Name: "list", About: "List file tokens for the specified service account",
				Parser: jopt.Parser{Operands: "service-account-principal"}, Run: tokenList,
			},
		},
	}
}

const tokenHashing = "xpack.security.authc.service_token_hashing.algorithm"

// tokenID are the operands of create and delete.
func tokenID(c *tool.Call) (principal, name string, err error) {
	args := c.Set.Operands
	switch len(args) {
	case 0:
		return "", "", tool.Failf(tool.Usage, "Missing service-account-principal and token-name arguments")
	case 1:
		return "", "", tool.Failf(tool.Usage, "Missing token-name argument")
	case 2:
	default:
		return "", "", tool.Failf(tool.Usage, "Expected two arguments, service-account-principal and token-name, found extra: [%s]", strings.Join(args, ","))
	}
	if err := checkPrincipal(args[0]); err != nil {
		return "", "", err
	}
	if err := tokensfile.CheckName(args[1]); err != nil {
		return "", "", tool.Failf(tool.CodeError, "%s", err) // with the name as it is
	}
	return args[0], args[1], nil
}

func checkPrincipal(name string) error {
	if slices.Contains(tokensfile.Accounts(), name) {
		return nil
	}
	return tool.Failf(tool.NoUser, "Unknown service account principal: [%s]. Must be one of [%s]", name, strings.Join(tokensfile.Accounts(), ","))
}

// loadTokens reads the file. As the old tool, and as a node, it gives up on a file
// that is not UTF-8, on a line without a colon and on a hash of no known cost.
func loadTokens(c *tool.Call) (map[string]string, error) {
	path := tokensfile.Path(c.Dir)
	text, err := linefile.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, tool.Failf(tool.IOError, "could not read file [%s]: %w", path, err)
	}
	if !utf8.ValidString(text) {
		return nil, tool.Failf(tool.IOError, "Input length = 1: [%s] is not UTF-8", path)
	}
	for l := range linefile.Lines(text) {
		if strings.HasPrefix(l.Text, "#") || linefile.Blank(l.Text) {
			continue
		}
		_, hash, ok := strings.Cut(linefile.Trim(l.Text), ":")
		if !ok {
			return nil, tool.Failf(tool.CodeError, "Missing ':' character at line #%d", l.Number)
		}
		if bad, ok := errors.AsType[*fault.Error](pwhash.CheckCost(hash)); ok {
			return nil, tool.Failf(tool.CodeError, "%s at line #%d", bad.Reason, l.Number)
		}
	}
	return tokensfile.Parse(path, text, nil), nil
}

func tokenCreate(ctx context.Context, c *tool.Call) error {
	principal, name, err := tokenID(c)
	if err != nil {
		return err
	}
	key := tokensfile.Key(principal, name)
	tokens, err := loadTokens(c)
	if err != nil {
		return err
	}
	if _, there := tokens[key]; there {
		return tokenExists(key)
	}
	if err := tokensfile.Probe(c.Dir, atomicfile.Options{}); err != nil {
		return tool.WriteFailure(tokensfile.Path(c.Dir), err)
	}
	plain := tokensfile.NewSecret()
	pool, err := c.Hasher(tokenHashing, "pbkdf2_stretch")
	if err != nil {
		return err
	}
	hash, err := pool.Hash(ctx, plain)
	if err != nil {
		return err
	}
	err = editTokens(ctx, c, func(e *tokensfile.Editor) error {
		err := e.Add(principal, name, hash)
		if errors.Is(err, tokensfile.ErrExists) { // somebody was faster
			return tokenExists(key)
		}
		return err
	})
	if err != nil {
		return err
	}
	c.Print(tool.Normal, "SERVICE_TOKEN %s = %s", key, tokensfile.Bearer(principal, name, plain).Reveal())
	return nil
}

func tokenExists(key string) error {
	return tool.Failf(tool.CodeError, "Service token [%s] already exists", key)
}

func tokenDelete(ctx context.Context, c *tool.Call) error {
	principal, name, err := tokenID(c)
	if err != nil {
		return err
	}
	key := tokensfile.Key(principal, name)
	tokens, err := loadTokens(c)
	if err != nil {
		return err
	}
	if _, there := tokens[key]; !there {
		return tokenUnknown(key)
	}
	return editTokens(ctx, c, func(e *tokensfile.Editor) error {
		err := e.Delete(principal, name)
		if errors.Is(err, tokensfile.ErrUnknown) { // somebody was faster
			return tokenUnknown(key)
		}
		return err
	})
}

func tokenUnknown(key string) error {
	return tool.Failf(tool.CodeError, "Service token [%s] does not exist", key)
}

func editTokens(ctx context.Context, c *tool.Call, change func(*tokensfile.Editor) error) error {
	path := tokensfile.Path(c.Dir)
	waiting, cancel := c.Waiting(ctx)
	defer cancel()
	e, err := tokensfile.Edit(waiting, c.Dir, atomicfile.Options{})
	if err != nil {
		return tool.WriteFailure(path, err)
	}
	defer e.Close()
	if err := change(e); err != nil {
		return err
	}
	out, err := e.Save()
	if err != nil {
		return tool.WriteFailure(path, err)
	}
	for _, n := range out.Notices {
		c.Tell(tool.Normal, "%s", n)
	}
	return nil
}

func tokenList(_ context.Context, c *tool.Call) error {
	args := c.Set.Operands
	principal := ""
	switch {
	case len(args) > 1:
		return tool.Failf(tool.Usage, "Expected at most one argument, service-account-principal, found extra: [%s]", strings.Join(args, ","))
	case len(args) == 1:
		principal = args[0]
		if err := checkPrincipal(principal); err != nil {
			return err
		}
	}
	tokens, err := loadTokens(c)
	if err != nil {
		return err
	}
	for _, key := range tokensfile.Names(tokens, principal) {
		c.Print(tool.Normal, "%s", key)
	}
	return nil
}
