package cli

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"

	"github.com/realmctl/realmctl/internal/envfile"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/usersfile"
)

// handover is where the credential of a temporary superuser goes: a .env file of its
// own, with all that --env-file needs, or a sink that was asked for.
type handover struct {
	place

	file string // that has address and user too; empty: only the password is there
}

// handoverFile is the default; it goes with the user.
const handoverFile = "./.env.recover"

// places chooses and proves where secrets go.
func (r *recovery) places(ctx context.Context) error {
	save := r.o.save
	if r.o.resetUser != "" {
		if save.variable == "" && r.o.resetUser == "elastic" && save.github == "" && !save.reveal {
			save.variable = "ELASTIC_PASSWORD" // what realmctl itself calls it
		}
		to, err := r.app.place(save, r.o.resetUser, "PASSWORD")
		if err != nil {
			return err
		}
		r.reset = &to
		if err := to.prove(ctx, r.app); err != nil {
			return err
		}
		save = saveFlags{overwrite: save.overwrite}
	}
	if !r.o.stays() {
		return nil
	}
	var err error
	if r.handover, err = r.handoverTo(save); err != nil {
		return err
	}
	err = r.handover.prove(ctx, r.app)
	if own, ok := errors.AsType[*exitError](err); ok && errors.Is(err, envfile.ErrExists) && r.handover.file != "" {
		return own.withHint("realmctl file recover --cleanup removes what an earlier run left; --save FILE is another place")
	}
	return err
}

func (r *recovery) handoverTo(save saveFlags) (*handover, error) {
	if save.variable != "" || save.value != "" || save.kubernetes != "" || save.github != "" || save.reveal {
		to, err := r.app.place(save, r.name, "PASSWORD")
		return &handover{place: to}, err
	}
	if err := save.check(r.app); err != nil {
		return nil, err
	}
	file := save.file
	if file == "" {
		if r.app.inCI() {
			return nil, &usageError{text: "with CI set there is no default place for a secret", hint: "--save FILE, --save-value FILE"}
		}
		file = handoverFile
	}
	names := []string{"ELASTICSEARCH_URL", "ELASTICSEARCH_USERNAME", "ELASTICSEARCH_PASSWORD"}
	if r.node.ca != "" && !strings.Contains(r.node.ca, "-----BEGIN") {
		names = append(names, "CA_CERT")
	}
	return &handover{place: place{sink: envfile.NewLines(file, save.overwrite, names...)}, file: file}, nil
}

func (h *handover) put(ctx context.Context, r *recovery) error {
	if h.file == "" {
		return h.place.put(ctx, r.app, r.password)
	}
	values := []secret.String{secret.String(r.node.url.String()), secret.String(r.name), r.password}
	if r.node.ca != "" && !strings.Contains(r.node.ca, "-----BEGIN") {
		values = append(values, secret.String(r.node.ca))
	}
	if err := h.Put(context.WithoutCancel(ctx), values...); err != nil {
		return sinkError(err)
	}
	for _, n := range h.Notices() {
		r.app.warnf("%s", n)
	}
	return nil
}

// dropHandover removes the file of a run that was killed. It is left alone when it
// holds anything but a temporary user.
func (a *App) dropHandover() error {
	path := filepath.Join(a.world.Dir, handoverFile)
	f, err := envfile.Read(path, envfile.Options{Environ: a.world.Lookup})
	if err != nil {
		return nil //nolint:nilerr // without such a file there is nothing to remove
	}
	if user, _ := f.Lookup("ELASTICSEARCH_USERNAME"); !usersfile.Leftover(user) || a.planning() {
		return nil
	}
	a.notef("removed %s", handoverFile)
	return os.Remove(path)
}

// showReady says how to use the superuser.
func (r *recovery) showReady() error {
	end := "never"
	if !r.o.keep {
		end = r.app.when(r.app.Now().Add(r.o.lifetime).UnixMilli())
	}
	data := struct {
		Username string `json:"username"`
		URL      string `json:"url"`
		Realm    string `json:"realm_type"`
		Conf     string `json:"conf"`
		Kept     bool   `json:"kept"`
	}{r.name, r.node.url.String(), "file", r.conf.dir, r.o.keep}
	members := [][]string{{"username", r.name}, {"url", data.URL}, {"conf", r.conf.dir}, {"removed", end}}
	r.app.notef("%s is a superuser of the node at %s and of no other", r.name, r.node.url)
	if r.handover.file != "" {
		r.app.notef("in another terminal: realmctl --env-file %s authenticate", r.handover.file)
	}
	if r.handover.file != "" {
		return r.app.Show(details(data, append(members, []string{"saved", r.handover.file})))
	}
	return r.app.Show(r.handover.view(data, members, "password", r.password))
}
