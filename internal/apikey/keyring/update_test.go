package keyring_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/apikey/keyring"
)

func TestUpdateChangesOnlyWhatDiffers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	bob := owner("bob", "native1")
	made := key("k", bob)
	made.Metadata, made.Assigned = nil, json.RawMessage(`{"x":{},"y":{"cluster":["a","b"]}}`)
	k, plain := f.issue(t, made, "")
	other := bob
	other.FullName = nil
	pattern := "CN=a"
	for _, c := range []struct {
		about string
		c     keyring.Change
		want  bool
	}{
		{"nothing", keyring.Change{}, false},
		{"empty metadata where none were given", keyring.Change{Metadata: json.RawMessage(`{}`)}, true},
		{"and again", keyring.Change{Metadata: json.RawMessage(`{}`)}, false},
		{"metadata", keyring.Change{Metadata: json.RawMessage(`{"a":1,"b":2}`)}, true},
		{"the same metadata in another order", keyring.Change{Metadata: json.RawMessage(`{"b":2,"a":1}`)}, false},
		{"the same descriptors in another order", keyring.Change{Assigned: json.RawMessage(`{"y":{"cluster":["a","b"]},"x":{}}`)}, false},
		{"a list in another order", keyring.Change{Assigned: json.RawMessage(`{"y":{"cluster":["b","a"]},"x":{}}`)}, true},
		{"other metadata", keyring.Change{Metadata: json.RawMessage(`{"a":1}`)}, true},
		{"no descriptors", keyring.Change{Assigned: json.RawMessage(`{}`)}, true},
		{"a lifetime", keyring.Change{Lifetime: in(t, "1d")}, true},
		{"the same lifetime, counted from now", keyring.Change{Lifetime: in(t, "1d")}, true},
		{"a certificate", keyring.Change{Certificate: &pattern, SetIdentity: true}, true},
		{"no word about the certificate", keyring.Change{}, false},
		{"no certificate", keyring.Change{SetIdentity: true}, true},
		{"other rights of the owner", keyring.Change{LimitedBy: json.RawMessage(`{}`)}, true},
		{"an owner without a name", keyring.Change{Owner: other, LimitedBy: json.RawMessage(`{}`)}, true},
	} {
		c.c.Type = keyring.REST
		if c.c.Owner.Username == "" {
			c.c.Owner = bob
		}
		if c.c.LimitedBy == nil {
			c.c.LimitedBy = k.LimitedBy
		}
		out, err := f.Update(t.Context(), []string{k.ID}, c.c)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := out.One(); err != nil || got != c.want {
			t.Errorf("%s: %v, %v, want %v", c.about, got, err, c.want)
		}
	}
	stored, _, err := f.ByID(t.Context(), k.ID)
	if err != nil {
		t.Fatal(err)
	}
	if string(stored.Metadata) != `{"a":1}` || string(stored.Assigned) != `{}` || string(stored.LimitedBy) != `{}` || stored.Owner.FullName != nil ||
		stored.ExpiresAt.IsZero() || stored.Certificate != nil || stored.Name != "k" {
		t.Errorf("afterwards: %+v", stored)
	}
	if id, outcome := f.login(t, k.ID, plain); outcome != "ok" || string(id.APIKey.LimitedBy) != `{}` || id.User.FullName != nil {
		t.Errorf("login afterwards: %s as %+v limited by %s", outcome, id.User, id.APIKey.LimitedBy)
	}
}

func TestUpdateIsForTheOwnerAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, "ssha256")
	bob := owner("bob", "native1")
	k, _ := f.issue(t, key("k", bob), "2h")
	ended, _ := f.issue(t, key("k", bob), "1h")
	revoked, _ := f.issue(t, key("k", bob), "")
	foreign, _ := f.issue(t, key("k", owner("bob", "native2")), "")
	f.revoke(t, revoked.ID)
	f.sleep(90 * time.Minute)
	c := keyring.Change{Type: keyring.REST, Owner: bob, LimitedBy: k.LimitedBy, Metadata: json.RawMessage(`{"a":1}`)}
	out, err := f.Update(t.Context(), []string{k.ID, ended.ID, revoked.ID, foreign.ID, "nope", k.ID}, c)
	if err != nil {
		t.Fatal(err)
	}
	var failed []string
	for _, x := range out.Failed {
		failed = append(failed, x.ID+": "+reason(x.Err))
	}
	want := []string{
		ended.ID + ": cannot update expired API key [" + ended.ID + "]",
		revoked.ID + ": cannot update invalidated API key [" + revoked.ID + "]",
		foreign.ID + ": resource_not_found_exception: no API key owned by requesting user found for ID [" + foreign.ID + "]",
		"nope: resource_not_found_exception: no API key owned by requesting user found for ID [nope]",
	}
	if diff := cmp.Diff(want, failed); diff != "" {
		t.Errorf("failed (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{k.ID}, out.IDs); diff != "" {
		t.Errorf("changed (-want +got):\n%s", diff)
	}
	endless := c
	endless.Lifetime = in(t, "106751991168d")
	out, err = f.Update(t.Context(), []string{"nope", k.ID}, endless)
	if err != nil || len(out.Failed) != 2 || reason(out.Failed[1].Err) != "arithmetic_exception: long overflow" {
		t.Errorf("a lifetime that overflows: %+v, %v, want a failure of each key", out.Failed, err)
	}
	c.Type = keyring.CrossCluster
	out, err = f.Update(t.Context(), []string{k.ID}, c)
	if err != nil {
		t.Fatal(err)
	}
	_, err = out.One()
	if want := "cannot update API key of type [rest] while expected type is [cross_cluster]"; reason(err) != want {
		t.Errorf("as a key of another type: %v, want %s", err, want)
	}
}
