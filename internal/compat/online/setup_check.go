package online

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/compat/tool"
	"github.com/realmctl/realmctl/internal/keystore"
)

// checkBootstrap makes sure that the keystore's password is the one of elastic.
func (s *setup) checkBootstrap(ctx context.Context) error {
	const path = "/_security/_authenticate?pretty"
	url := s.node.url(path)
	s.Print(tool.Verbose, "\nTesting if bootstrap password is valid for %s", url)
	r, err := s.node.send(ctx, http.MethodGet, path, nil)
	switch {
	case errors.Is(err, errNotJSON):
		return tool.Failf(tool.CodeError, "%s: %w", url, err)
	case err != nil:
		return s.noConnection(url, err)
	}
	s.Print(tool.Verbose, "%s", r.text)
	switch r.status {
	case http.StatusOK:
		return nil
	case http.StatusUnauthorized:
		s.Tell(tool.Normal, "\nFailed to authenticate user 'elastic' against %s\nPossible causes include:\n"+
			" * The password for the 'elastic' user has already been changed on this cluster\n"+
			" * Your elasticsearch node is running against a different keystore\n"+
			"   This tool used the keystore at %s\n\n"+
			"You can use the `elasticsearch-reset-password` CLI tool to reset the password of the 'elastic' user\n", url, s.Path(keystore.Name))
		return tool.Failf(tool.Config, "Failed to verify bootstrap password")
	}
	s.Tell(tool.Normal, "\nUnexpected response code [%d] from calling GET %s", r.status, url)
	return s.explain(ctx)
}

func (s *setup) noConnection(url string, err error) error {
	if errors.Is(err, context.Canceled) {
		return err
	}
	if isTLS(err) {
		s.Tell(tool.Normal, "\nSSL connection to %s failed: %s\nPlease check the elasticsearch SSL settings under xpack.security.http.ssl.\n", url, reason(err))
		return tool.Failf(tool.Config, "Failed to establish SSL connection to elasticsearch at %s.", url)
	}
	s.Tell(tool.Normal, "\nConnection failure to: %s failed: %s\n", url, reason(err))
	return tool.Failf(tool.Config, "Failed to connect to elasticsearch at %s. Is the URL correct and elasticsearch running?", url)
}

const nextSteps = "* Try running this tool again.\n" +
	"* Verify that the tool is pointing to the correct Elasticsearch server.\n" +
	"* Check the elasticsearch logs for additional error details.\n"

// explain looks why the node knows no users.
func (s *setup) explain(ctx context.Context) error {
	const path = "/_xpack?categories=features&human=false&pretty"
	url := s.node.url(path)
	unclear := tool.Failf(tool.TempFailure, "Failed to determine x-pack security feature configuration.")
	r, err := s.node.send(ctx, http.MethodGet, path, nil)
	switch {
	case errors.Is(err, context.Canceled):
		return err
	case err != nil:
		s.Tell(tool.Normal, "\nConnection failure to: %s failed: %s\n", url, reason(err))
		return unclear
	}
	s.Print(tool.Verbose, "%s", r.text)
	if r.status != http.StatusOK {
		s.Tell(tool.Normal, "\nUnexpected response code [%d] from calling GET %s\n%s", r.status, url, nextSteps)
		return unclear
	}
	var features struct {
		Security *struct{ Available, Enabled bool }
	}
	if json.Unmarshal(r.object["features"], &features) != nil || features.Security == nil {
		s.Print(tool.Normal, "\nUnexpected response from calling GET %s\n%s", url, nextSteps)
		return unclear
	}
	switch {
	case !features.Security.Available:
		s.Tell(tool.Normal, "It doesn't look like the X-Pack security feature is available on this Elasticsearch node.\n"+
			"Please check if you have installed a license that allows access to X-Pack Security feature.\n")
		return tool.Failf(tool.Config, "X-Pack Security is not available.")
	case !features.Security.Enabled:
		s.Tell(tool.Normal, "It doesn't look like the X-Pack security feature is enabled on this Elasticsearch node.\n"+
			"Please check if you have enabled X-Pack security in your elasticsearch.yml configuration file.\n")
		return tool.Failf(tool.Config, "X-Pack Security is disabled by configuration.")
	}
	s.Tell(tool.Normal, "X-Pack security feature is available and enabled on this Elasticsearch node.\nPossible causes include:\n"+
		" * The relative path of the URL is incorrect. Is there a proxy in-between?\n"+
		" * The protocol (http/https) does not match the port.\n"+
		" * Is this really an Elasticsearch server?\n")
	return tool.Failf(tool.Config, "Unknown error")
}

// checkHealth warns of an unhealthy cluster, and asks whether to go on.
func (s *setup) checkHealth(ctx context.Context) error {
	const path = "/_cluster/health?pretty"
	url := s.node.url(path)
	s.Print(tool.Verbose, "\nChecking cluster health: %s", url)
	r, err := s.node.send(ctx, http.MethodGet, path, nil)
	switch {
	case errors.Is(err, errNotJSON):
		return tool.Failf(tool.CodeError, "%s: %w", url, err)
	case err != nil:
		return s.noConnection(url, err)
	}
	s.Print(tool.Verbose, "%s", r.text)
	status := r.member("status")
	switch {
	case r.status != http.StatusOK:
		s.Tell(tool.Normal, "\nFailed to determine the health of the cluster running at %s\nUnexpected response code [%d] from calling GET %s", s.node.base, r.status, url)
		if cause := r.cause(); cause != "" {
			s.Tell(tool.Normal, "Cause: %s", cause)
		}
	case status == "":
		s.Tell(tool.Normal, "\nFailed to determine the health of the cluster running at %s\nCould not find a 'status' value at %s", s.node.base, url)
	case strings.EqualFold(status, "red"):
		s.Tell(tool.Normal, "\nYour cluster health is currently RED.\nThis means that some cluster data is unavailable and your cluster is not fully functional.")
	default:
		return nil
	}
	s.Tell(tool.Normal, "\nIt is recommended that you resolve the issues with your cluster before running elasticsearch-setup-passwords.\n"+
		"It is very likely that the password changes will fail when run against an unhealthy cluster.\n")
	if !s.ask {
		return nil
	}
	yes, err := s.Confirm(ctx, "Do you want to continue with the password setup process")
	if err != nil {
		return err
	}
	if !yes {
		return cancelled()
	}
	s.Print(tool.Normal, "")
	return nil
}
