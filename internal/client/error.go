package client

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/go-resty/resty/v2"

	"github.com/realmctl/realmctl/internal/esapi"
)

// APIError is an answer with an error status.
type APIError struct {
	Method, Path string
	Status       int
	Type         string          // Elasticsearch's exception name; empty when it sent none
	Reason       string          // its text; empty when the body holds only a result
	CausedBy     string          // the innermost cause's text; empty: none
	Body         json.RawMessage // the answer as it came; nil when it is not JSON
}

// Error implements error: the server's reason, and its cause where that says more.
func (e *APIError) Error() string {
	text := cmp.Or(e.Reason, fmt.Sprintf("%s %s answered %d %s", e.Method, e.Path, e.Status, http.StatusText(e.Status)))
	if e.CausedBy != "" && !strings.Contains(text, e.CausedBy) {
		text += ": " + e.CausedBy
	}
	return text
}

// NoHandler reports whether the server does not have the call at all.
func (e *APIError) NoHandler() bool {
	return e.Status == http.StatusMethodNotAllowed || e.Type == "" && strings.HasPrefix(e.Reason, "no handler found for uri")
}

// Kind sorts the ways in which no usable answer came.
type Kind uint8

// The kinds of TransportError.
const (
	Unreachable Kind = iota // refused, reset, unknown host
	Timeout                 // no answer in time; a change may have been made
	TLS                     // certificate or handshake
	Protocol                // an answer, but not Elasticsearch's
)

// TransportError is a request that got no usable answer.
type TransportError struct {
	Kind Kind
	URL  string
	Sent bool // the request may have reached the server
	Err  error
}

// Error implements error.
func (e *TransportError) Error() string { return e.URL + ": " + e.Err.Error() }

// Unwrap gives the cause.
func (e *TransportError) Unwrap() error { return e.Err }

// ReadOnlyError refuses a change of a target that is marked read-only.
type ReadOnlyError struct{ Why string }

// Error implements error.
func (e *ReadOnlyError) Error() string { return e.Why }

// errNotElasticsearch is a protocol error: official clients check the same header.
var errNotElasticsearch = errors.New("this is not Elasticsearch: the answer has no X-elastic-product header")

// errWantsHTTPS is what net/http, nginx and others say in words of their own.
var errWantsHTTPS = errors.New("the server wants https")

// answer sorts a response into a body or an error.
func (c *Client) answer(r request, resp *resty.Response) ([]byte, error) {
	status := resp.StatusCode()
	genuine := resp.Header().Get("X-elastic-product") == "Elasticsearch"
	if !genuine && !mayOmitProduct(status) {
		err := errNotElasticsearch
		if status == http.StatusBadRequest && bytes.Contains(resp.Body(), []byte("HTTPS")) {
			err = errWantsHTTPS
		}
		return nil, &TransportError{Kind: Protocol, URL: c.url, Sent: true, Err: err}
	}
	if status < http.StatusBadRequest {
		return resp.Body(), nil
	}
	return nil, apiError(r, status, resp.Body())
}

// mayOmitProduct lists what Elasticsearch itself answers without its header (401,
// 403) and what a proxy before it may answer.
func mayOmitProduct(status int) bool {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusRequestTimeout, http.StatusTooManyRequests,
		http.StatusRequestEntityTooLarge, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

func apiError(r request, status int, body []byte) *APIError {
	e := &APIError{Method: r.method, Path: r.path, Status: status}
	if !json.Valid(body) {
		return e
	}
	e.Body = body
	var envelope esapi.ErrorResponse
	if err := json.Unmarshal(body, &envelope); err != nil || envelope.Error == nil {
		return e
	}
	if json.Unmarshal(envelope.Error, &e.Reason) == nil {
		if envelope.Description != "" {
			e.Type, e.Reason = e.Reason, envelope.Description
		}
		return e
	}
	var cause esapi.ErrorCause
	if json.Unmarshal(envelope.Error, &cause) != nil {
		return e
	}
	e.Type, e.Reason = cause.Type, cause.Reason
	for by := cause.CausedBy; by != nil; by = by.CausedBy {
		e.CausedBy = by.Reason
	}
	return e
}

// transportError classifies what the HTTP client returned.
func (c *Client) transportError(ctx context.Context, err error) error {
	if errors.Is(ctx.Err(), context.Canceled) {
		return context.Cause(ctx)
	}
	t := &TransportError{URL: c.url, Err: plain(err), Sent: !neverSent(err)}
	var timeout net.Error
	switch {
	case errors.Is(err, resty.ErrAutoRedirectDisabled):
		t.Kind, t.Err = Protocol, errors.New("the server answered with a redirect; redirects are not followed")
		if redirect, ok := errors.AsType[*url.Error](err); ok {
			t.Err = fmt.Errorf("the server redirects to %s; redirects are not followed", host(redirect.URL))
		}
	case isTLS(err):
		t.Kind = TLS
	case errors.As(err, &timeout) && timeout.Timeout(), errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		t.Kind, t.Err = Timeout, errors.New("no answer in time")
	case strings.Contains(err.Error(), "malformed HTTP"): // net/http has no type for it
		t.Kind, t.Err = Protocol, errors.New("the answer is not HTTP; does the server want https?")
	default:
		t.Kind = Unreachable
	}
	return t
}

// plain strips url.Error, whose text repeats method and URL.
func plain(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}

func host(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return raw
	}
	return u.Host
}

// neverSent reports whether the failure came before a byte of the request left.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial" || isTLS(err)
}

func isTLS(err error) bool {
	var verify *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	var invalid x509.CertificateInvalidError
	var roots x509.SystemRootsError
	return errors.As(err, &verify) || errors.As(err, &record) || errors.As(err, &alert) || errors.As(err, &authority) ||
		errors.As(err, &hostname) || errors.As(err, &invalid) || errors.As(err, &roots) ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") // net/http has no type for it
}
