package main

import (
	"context"
	"encoding/json"
	"regexp"

	"github.com/realmctl/realmctl/internal/client"
	"github.com/realmctl/realmctl/internal/esapi"
)

// operatorRole is what init gives an operator.
const operatorRole = `{"cluster":["manage_security","manage_api_key","grant_api_key","manage_token","manage_service_account","manage_user_profile","monitor"]}`

func makeOperator(ctx context.Context, admin *client.Client) error {
	if _, err := admin.PutRole(ctx, "realmctl_operator", json.RawMessage(operatorRole)); err != nil {
		return err
	}
	_, err := admin.PutUser(ctx, operatorName, esapi.PutUser{Roles: []string{"realmctl_operator"}}, client.Password{Plain: operatorPassword})
	return err
}

// contents are the names of what a server holds; keys by id with their owners.
type contents struct {
	users, roles, tokens map[string]bool
	keys                 map[string]string
}

// fleet is the service account that scripts make tokens of.
var fleet = client.ServicePrincipal{Namespace: "elastic", Service: "fleet-server"}

func look(ctx context.Context, admin *client.Client) (contents, error) {
	c := contents{users: map[string]bool{}, roles: map[string]bool{}, keys: map[string]string{}, tokens: map[string]bool{}}
	users, err := admin.Users(ctx)
	if err != nil {
		return c, err
	}
	roles, err := admin.Roles(ctx)
	if err != nil {
		return c, err
	}
	keys, err := admin.APIKeys(ctx, client.APIKeyFilter{ActiveOnly: true})
	if err != nil {
		return c, err
	}
	tokens, err := admin.ServiceCredentials(ctx, fleet)
	if err != nil {
		return c, err
	}
	for name := range users {
		c.users[name] = true
	}
	for name := range roles {
		c.roles[name] = true
	}
	for _, k := range keys.APIKeys {
		c.keys[k.ID] = k.Username
	}
	for name := range tokens.Tokens {
		c.tokens[name] = true
	}
	return c, nil
}

// ours is how names of the scripts begin. Others may use the server meanwhile, so
// nothing else is ever removed.
var ours = regexp.MustCompile(`^([a-z]{2}-|operator$|realmctl_operator$)`)

// restore removes what the scripts made: of what was not there before, that which
// has a name of theirs, and the keys of their users.
func (before contents) restore(ctx context.Context, admin *client.Client) {
	now, err := look(ctx, admin)
	if err != nil {
		return
	}
	var ids []string
	for id, owner := range now.keys {
		if before.keys[id] == "" && ours.MatchString(owner) {
			ids = append(ids, id)
		}
	}
	if len(ids) > 0 {
		_, _ = admin.InvalidateAPIKeys(ctx, esapi.InvalidateAPIKeys{IDs: ids})
	}
	for name := range now.tokens {
		if !before.tokens[name] && ours.MatchString(name) {
			_, _ = admin.DeleteServiceToken(ctx, fleet, name)
		}
	}
	for name := range now.users {
		if !before.users[name] && ours.MatchString(name) {
			_, _ = admin.DeleteUser(ctx, name)
		}
	}
	for name := range now.roles {
		if !before.roles[name] && ours.MatchString(name) {
			_, _ = admin.DeleteRole(ctx, name)
		}
	}
}
