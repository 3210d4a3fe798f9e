package client

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// retrying repeats requests that are safe to repeat: reads that failed on the way
// or met a server that is busy, and anything that never left this machine.
type retrying struct {
	next    http.RoundTripper
	retries int
}

// firstPause doubles with every attempt.
const firstPause = 200 * time.Millisecond

// RoundTrip implements http.RoundTripper.
func (t retrying) RoundTrip(req *http.Request) (*http.Response, error) {
	pause := firstPause
	for attempt := 0; ; attempt++ {
		resp, err := t.next.RoundTrip(req)
		if attempt >= t.retries || !again(req, resp, err) {
			return resp, err
		}
		next, ok := rewind(req)
		if !ok {
			return resp, err
		}
		if resp != nil {
			_ = resp.Body.Close() // the next attempt's answer counts
		}
		if err := sleep(req.Context(), pause); err != nil {
			return nil, err
		}
		req, pause = next, 2*pause
	}
}

// again reports whether another attempt may help and cannot do harm.
func again(req *http.Request, resp *http.Response, err error) bool {
	if req.Context().Err() != nil {
		return false
	}
	if err != nil && neverSent(err) && !isTLS(err) {
		return true
	}
	if req.Method != http.MethodGet && req.Method != http.MethodHead {
		return false
	}
	if err != nil {
		return !isTLS(err) && !errors.Is(err, context.DeadlineExceeded)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true
	}
	return false
}

// rewind copies a request with a fresh body.
func rewind(req *http.Request) (*http.Request, bool) {
	next := req.Clone(req.Context())
	if req.Body == nil || req.Body == http.NoBody {
		return next, true
	}
	if req.GetBody == nil {
		return nil, false
	}
	body, err := req.GetBody()
	if err != nil {
		return nil, false
	}
	next.Body = body
	return next, true
}

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// observing tells about every request, with credentials masked.
type observing struct {
	next    http.RoundTripper
	observe func(Exchange)
	now     func() time.Time
}

// RoundTrip implements http.RoundTripper.
func (t observing) RoundTrip(req *http.Request) (*http.Response, error) {
	if t.observe == nil {
		return t.next.RoundTrip(req)
	}
	begun := t.now()
	resp, err := t.next.RoundTrip(req)
	x := Exchange{Method: req.Method, Path: req.URL.RequestURI(), Took: t.now().Sub(begun), Request: masked(req.Header), Err: plainOrNil(err)}
	if resp != nil {
		x.Status, x.Response = resp.StatusCode, resp.Header.Clone()
	}
	t.observe(x)
	return resp, err
}

func plainOrNil(err error) error {
	if err == nil {
		return nil
	}
	return plain(err)
}

// masked hides the credentials of a request.
func masked(h http.Header) http.Header {
	out := h.Clone()
	for _, name := range []string{"Authorization", "Es-Client-Authentication"} {
		if out.Get(name) != "" {
			out.Set(name, "***")
		}
	}
	return out
}
