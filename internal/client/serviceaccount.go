package client

import (
	"context"
	"slices"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/secret"
)

const servicePath = "/_security/service"

// ServicePrincipal is a service account, namespace/service.
type ServicePrincipal struct{ Namespace, Service string }

// String is namespace/service.
func (p ServicePrincipal) String() string { return p.Namespace + "/" + p.Service }

func (p ServicePrincipal) path(more ...string) string {
	return join(join(servicePath, p.Namespace, p.Service, "credential"), more...)
}

// ServiceAccounts returns the accounts of a namespace, the one named, or all. An
// unknown one is an empty answer.
func (c *Client) ServiceAccounts(ctx context.Context, p ServicePrincipal) (esapi.ServiceAccounts, error) {
	return do[esapi.ServiceAccounts](ctx, c, get(join(servicePath, some(p.Namespace, p.Service)...)))
}

// CreateServiceToken makes a token; an empty name lets the server choose one.
func (c *Client) CreateServiceToken(ctx context.Context, p ServicePrincipal, name string) (esapi.CreatedServiceToken, secret.String, error) {
	t, err := do[esapi.NewServiceToken](ctx, c, post(p.path(some("token", name)...), nil))
	return esapi.CreatedServiceToken{Created: t.Created, Token: esapi.ServiceTokenName{Name: t.Token.Name}}, secret.String(t.Token.Value), err
}

// some leaves out empty segments, which would change the meaning of a path.
func some(segments ...string) []string {
	return slices.DeleteFunc(segments, func(s string) bool { return s == "" })
}

// ServiceCredentials lists the tokens of a service account, of the index and of files.
func (c *Client) ServiceCredentials(ctx context.Context, p ServicePrincipal) (esapi.ServiceCredentials, error) {
	return do[esapi.ServiceCredentials](ctx, c, get(p.path()))
}

// DeleteServiceToken removes an index token; no such token is a 404.
func (c *Client) DeleteServiceToken(ctx context.Context, p ServicePrincipal, name string) (esapi.Found, error) {
	return do[esapi.Found](ctx, c, remove(p.path("token", name), nil))
}
