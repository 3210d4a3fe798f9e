package cli

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"syscall"

	"github.com/spf13/pflag"

	"github.com/realmctl/realmctl/internal/atomicfile"
	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/output"
	"github.com/realmctl/realmctl/internal/secret"
)

// sink is where a created secret goes. It is proved before anything is sent.
type sink interface {
	Prove(ctx context.Context) error
	Put(ctx context.Context, values ...secret.String) error
	Undo(ctx context.Context) error
	Notices() []string
	String() string
}

// saveFlags choose the sink.
type saveFlags struct {
	file       string
	variable   string
	value      string
	kubernetes string
	github     string
	reveal     bool
	overwrite  bool
}

func (s *saveFlags) add(f *pflag.FlagSet) {
	f.StringVar(&s.file, "save", "", "save the secret as a line of the .env `file` (default ./.env)")
	f.StringVar(&s.variable, "save-var", "", "`name` of the variable that the secret is saved in")
	f.StringVar(&s.value, "save-value", "", "save the bare secret into the `file`")
	f.StringVar(&s.kubernetes, "save-kubernetes", "", "write a Kubernetes Secret to the `file`")
	f.StringVar(&s.github, "save-github", "", "set the variable `name` for later steps of a GitHub Actions job")
	f.BoolVar(&s.reveal, "reveal", false, "print the secret, with -o value or -o json")
	f.BoolVar(&s.overwrite, "overwrite", false, "replace a variable or file that is there")
}

// place is a sink and the name that stands for the secret in plans.
type place struct {
	sink

	variable string
	revealed *revealed // nil: it is saved, not printed
	advice   string    // what to do with the place afterwards; empty: nothing
}

// place chooses the sink; parts make the default name of the variable. The caller
// proves it before it calls anything.
func (a *App) place(f saveFlags, parts ...string) (place, error) {
	return a.placeAll(f, func(name string) []string { return []string{name} }, parts...)
}

// placeAll is place for secrets that belong together: names gives their variables,
// of which the first one is chosen.
func (a *App) placeAll(f saveFlags, names func(first string) []string, parts ...string) (place, error) {
	if err := f.check(a); err != nil {
		return place{}, err
	}
	if f.reveal {
		r := &revealed{}
		return place{sink: r, variable: "REVEALED", revealed: r}, nil
	}
	variable, err := f.name(parts...)
	if err != nil {
		return place{}, err
	}
	all := names(variable)
	switch {
	case f.value != "" && len(all) > 1:
		return place{}, &usageError{text: "a bare file holds one secret, and here are several", hint: "--save FILE"}
	case f.value != "":
		return place{sink: envfile.NewValue(f.value, f.overwrite), variable: variable}, nil
	case f.kubernetes != "":
		return manifest(f, all), nil
	case f.github != "":
		return place{sink: envfile.NewRunner(a.Out, a.world.Lookup, all...), variable: variable}, nil
	}
	file, err := a.envFile(f)
	if err != nil {
		return place{}, err
	}
	return place{sink: envfile.NewLines(file, f.overwrite, all...), variable: variable}, nil
}

// check finds flags that contradict each other, or the output format.
func (s saveFlags) check(a *App) error {
	if s.chosen() > 1 {
		return usagef("--save, --save-value, --save-kubernetes, --save-github and --reveal exclude each other")
	}
	if s.variable != "" && (s.github != "" || s.reveal) {
		return usagef("--save-var goes with a file")
	}
	format := output.Format(a.flags.Output)
	if s.reveal && format != output.Value && format != output.JSON {
		return usagef("--reveal prints the secret with -o value or -o json only")
	}
	return nil
}

// chosen counts the places that were named.
func (s saveFlags) chosen() int {
	n := 0
	for _, on := range []bool{s.file != "", s.value != "", s.kubernetes != "", s.github != "", s.reveal} {
		if on {
			n++
		}
	}
	return n
}

// name is the variable's name. A bare value needs none, but plans show one.
func (s saveFlags) name(parts ...string) (string, error) {
	if s.github != "" {
		return s.github, envfile.CheckVar(s.github)
	}
	if s.variable != "" {
		return s.variable, envfile.CheckVar(s.variable)
	}
	name, err := envfile.VarName(parts...)
	if err == nil {
		return name, nil
	}
	if s.value != "" {
		return "SECRET", nil
	}
	return "", (&exitError{code: exitUsage, text: err.Error(), err: err}).withHint("--save-var NAME")
}

// envFile is the default sink, which a build server does not have.
func (a *App) envFile(f saveFlags) (string, error) {
	if f.file != "" {
		return f.file, nil
	}
	if a.inCI() {
		return "", &usageError{text: "with CI set there is no default place for a secret", hint: "--save FILE, --save-value FILE, --save-github NAME"}
	}
	env, err := a.load()
	if err != nil {
		return "", err
	}
	return env.EnvFile(), nil
}

// manifest is a Kubernetes Secret called after its first variable; the sink checks
// the name when it is proved.
func manifest(f saveFlags, variables []string) place {
	meta := envfile.KubernetesSecret{Name: kubernetesName(variables[0])}
	return place{
		sink: envfile.NewManifest(f.kubernetes, f.overwrite, meta, variables...), variable: variables[0],
		advice: "kubectl apply --server-side -f " + f.kubernetes,
	}
}

// kubernetesName turns CI_DEPLOY_API_KEY into ci-deploy-api-key.
func kubernetesName(variable string) string {
	out := []byte(variable)
	for i, b := range out {
		switch {
		case b == '_':
			out[i] = '-'
		case b >= 'A' && b <= 'Z':
			out[i] = b - 'A' + 'a'
		}
	}
	return string(out)
}

// prove finds out whether the sink will take a secret, and tells people what it
// has to say.
func (p place) prove(ctx context.Context, a *App) error {
	if err := p.Prove(ctx); err != nil {
		return sinkError(err)
	}
	for _, n := range p.Notices() {
		a.warnf("%s", n)
	}
	return nil
}

// put saves the secrets; what was made for them is undone by the caller on an error.
func (p place) put(ctx context.Context, a *App, values ...secret.String) error {
	if err := p.Put(context.WithoutCancel(ctx), values...); err != nil {
		return sinkError(err)
	}
	for _, n := range p.Notices() {
		a.warnf("%s", n)
	}
	if p.advice != "" {
		a.notef("next: %s", p.advice)
	}
	return nil
}

// sinkError is why a secret cannot be saved: whatever the file's fault, it is one of
// the place and not of an input. A disk that is full or failing is one of its own.
func sinkError(err error) error {
	if ctxErr := errors.Is(err, context.Canceled); ctxErr || errors.Is(err, atomicfile.ErrBusy) {
		return err
	}
	code := exitExists
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EIO) || errors.Is(err, syscall.EDQUOT) {
		code = exitIO
	}
	e := failf(code, "%w", err)
	switch h := hint(err); {
	case strings.HasPrefix(h, "chmod"), errors.Is(err, envfile.ErrExists):
		e.hint = h
	default:
		e.hint = "another place with --save or --save-value"
	}
	return e
}

// saved names the place in a result: the file and the variable, or nothing.
func (p place) saved() string {
	if p.revealed != nil {
		return ""
	}
	return p.String()
}

// revealed is the sink of --reveal: the result shows the secret once.
type revealed struct{ value secret.String }

// Prove always succeeds.
func (*revealed) Prove(context.Context) error { return nil }

// Put keeps the secret for the result.
func (r *revealed) Put(_ context.Context, values ...secret.String) error {
	r.value = values[0]
	return nil
}

// Undo forgets it.
func (r *revealed) Undo(context.Context) error {
	r.value = ""
	return nil
}

// Notices are none.
func (*revealed) Notices() []string { return nil }

// String names the sink.
func (*revealed) String() string { return "standard output" }

// view is a result with the place of its secret. With --reveal it is the one answer
// that shows the secret: as a member of the object, or alone with -o value.
func (p place) view(data any, members [][]string, name string, value secret.String) output.View {
	if p.revealed == nil {
		return details(data, append(members, []string{"saved", p.saved()}))
	}
	return details(merged(data, name, value.Reveal()), [][]string{{name, value.Reveal()}})
}

// merged is data as an object with one more member.
func merged(data any, name, value string) any {
	encoded, err := json.Marshal(data)
	if err != nil || len(encoded) < 2 || encoded[0] != '{' {
		return map[string]any{name: value}
	}
	separator := ","
	if len(encoded) == len("{}") {
		separator = ""
	}
	return json.RawMessage(string(encoded[:len(encoded)-1]) + separator + string(quoteJSON(name)) + ":" + string(quoteJSON(value)) + "}")
}
