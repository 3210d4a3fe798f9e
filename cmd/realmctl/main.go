// Command realmctl manages users, roles, API keys and tokens of Elasticsearch, on a
// cluster or on an embedded engine.
package main

import (
	"os"

	"github.com/realmctl/realmctl/internal/cli"
)

func main() { os.Exit(cli.Main()) }
