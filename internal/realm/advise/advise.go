// Package advise says which way to authenticate fits a deployment and a use. What is
// available where follows Elastic's documentation of realms ("applies to").
package advise

import (
	"fmt"
	"slices"
	"strings"
)

// The kinds of deployment.
const (
	Self       = "self"       // on one's own machines
	ECK        = "eck"        // Elastic Cloud on Kubernetes
	ECE        = "ece"        // Elastic Cloud Enterprise
	ECH        = "ech"        // Elastic Cloud Hosted
	Serverless = "serverless" // Elastic Cloud Serverless
)

// The uses.
const (
	REST    = "rest"    // a program that calls the API
	Browser = "browser" // people in Kibana
	CI      = "ci"      // a pipeline
	DR      = "dr"      // disaster recovery: nothing else works any more
)

// Deployments and Uses list what For takes.
func Deployments() []string { return []string{Self, ECK, ECE, ECH, Serverless} }

// Uses list what For takes.
func Uses() []string { return []string{REST, Browser, CI, DR} }

// Fit says how well a way fits.
type Fit string

// The fits, the best first.
const (
	Recommended Fit = "recommended"
	Possible    Fit = "possible"
	Unsuitable  Fit = "unsuitable"
	Unavailable Fit = "unavailable"
)

func (f Fit) rank() int {
	return slices.Index([]Fit{Recommended, Possible, Unsuitable, Unavailable}, f)
}

// NoLicense is where the cluster's licence does not matter.
const NoLicense = "-"

// Advice is one way to authenticate.
type Advice struct {
	Method  string `json:"method"` // a realm's type, or api_key, service_token, organization
	Fit     Fit    `json:"fit"`
	License string `json:"license"` // the lowest with which it works, or NoLicense
	Why     string `json:"why"`
	Next    string `json:"next,omitempty"` // what to type; empty: nothing here
}

// For lists the ways, the best first.
func For(deployment, use string) ([]Advice, error) {
	if !slices.Contains(Deployments(), deployment) {
		return nil, fmt.Errorf("deployment %q: one of %s", deployment, strings.Join(Deployments(), ", "))
	}
	if !slices.Contains(Uses(), use) {
		return nil, fmt.Errorf("use %q: one of %s", use, strings.Join(Uses(), ", "))
	}
	var list []Advice
	for _, w := range ways() {
		v, ok := w.on[use]
		if !ok {
			continue
		}
		a := Advice{Method: w.method, Fit: v.fit, License: w.license, Why: v.why, Next: v.next}
		if !slices.Contains(strings.Fields(w.where), deployment) {
			a.Fit, a.Why, a.Next = Unavailable, w.elsewhere, ""
		}
		list = append(list, a)
	}
	slices.SortStableFunc(list, func(a, b Advice) int { return a.Fit.rank() - b.Fit.rank() })
	return list, nil
}

// verdict is a way for one use.
type verdict struct {
	fit       Fit
	why, next string
}

// way is a way to authenticate with where it exists.
type way struct {
	method, license string
	where           string // deployments
	elsewhere       string // why not on the others
	on              map[string]verdict
}

const (
	everywhere  = "self eck ece ech serverless"
	stateful    = "self eck ece ech"
	noRealms    = "realms are not configurable on Serverless: people log in through the Elastic Cloud organization, programs with API keys"
	notYours    = "the files of a node are the operator's here"
	needsIndex  = "lives in the security index, which may be what is down"
	needsOthers = "needs another server and the security index's role mappings, at the worst moment"
)

// checkSettings is where a realm begins that has no commands of its own here.
const checkSettings = "realmctl realm lint elasticsearch.yml"
