package node

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest"
)

// securityIndex is the one index that the node is said to have.
const securityIndex = ".security-7"

// health is the answer of GET /_cluster/health.
type health struct {
	ClusterName         string         `json:"cluster_name"`
	Status              string         `json:"status"`
	TimedOut            bool           `json:"timed_out"`
	Nodes               int            `json:"number_of_nodes"`
	DataNodes           int            `json:"number_of_data_nodes"`
	ActivePrimary       int            `json:"active_primary_shards"`
	Active              int            `json:"active_shards"`
	Relocating          int            `json:"relocating_shards"`
	Initializing        int            `json:"initializing_shards"`
	Unassigned          int            `json:"unassigned_shards"`
	UnassignedPrimary   int            `json:"unassigned_primary_shards"`
	DelayedUnassigned   int            `json:"delayed_unassigned_shards"`
	PendingTasks        int            `json:"number_of_pending_tasks"`
	InFlightFetch       int            `json:"number_of_in_flight_fetch"`
	MaxWaiting          string         `json:"task_max_waiting_in_queue,omitempty"`
	MaxWaitingMillis    int            `json:"task_max_waiting_in_queue_millis"`
	ActivePercent       string         `json:"active_shards_percent,omitempty"`
	ActivePercentNumber json.Number    `json:"active_shards_percent_as_number"`
	Indices             map[string]any `json:"indices,omitempty"`
}

// asked is what a request for the health wants.
type asked struct {
	index   string // empty: all
	nodes   string
	shards  string
	level   string
	human   bool
	timeout time.Duration
}

func (s *Service) parseHealth(r *rest.Request) (rest.Call, error) {
	a, err := parseAsked(r)
	if err != nil {
		return rest.Call{}, err
	}
	met, err := a.met()
	if err != nil {
		return rest.Call{}, err
	}
	return rest.Call{
		Action: "cluster:monitor/health",
		Do: func(ctx context.Context) (any, error) {
			if met {
				return s.health(a), nil
			}
			select { // nothing here will change while somebody waits
			case <-ctx.Done():
				return nil, ctx.Err()
			case <-time.After(a.timeout):
			}
			h := s.health(a)
			h.TimedOut = true
			return rest.Result{Status: http.StatusRequestTimeout, Body: h}, nil
		},
	}, nil
}

func parseAsked(r *rest.Request) (asked, error) {
	a := asked{index: r.Path("index"), nodes: r.Text("wait_for_nodes"), shards: r.Text("wait_for_active_shards"), level: "cluster"}
	// They say how to wait for, or where to look at, what is the same here.
	for _, name := range []string{"local", "wait_for_no_relocating_shards", "wait_for_no_initializing_shards", "ignore_unavailable", "allow_no_indices"} {
		if _, err := r.Bool(name, false); err != nil {
			return a, err
		}
	}
	_ = r.Text("expand_wildcards")
	err := errors.Join(
		enum(r, "wait_for_status", "org.elasticsearch.cluster.health.ClusterHealthStatus", "GREEN", "YELLOW", "RED"),
		enum(r, "wait_for_events", "org.elasticsearch.common.Priority", "IMMEDIATE", "URGENT", "HIGH", "NORMAL", "LOW", "LANGUID"),
	)
	if err != nil {
		return a, err
	}
	if level, ok := r.Lookup("level"); ok {
		a.level = level
	}
	if !slices.Contains([]string{"cluster", "indices", "shards"}, a.level) {
		return a, fault.Invalidf("level parameter must be one of [cluster] or [indices] or [shards] but was [%s]", a.level)
	}
	if a.human, err = r.Bool("human", false); err != nil {
		return a, err
	}
	if _, err = duration(r, "master_timeout", 0); err != nil {
		return a, err
	}
	a.timeout, err = duration(r, "timeout", 30*time.Second)
	return a, err
}

// enum refuses a parameter that is no constant of one of Java's enums.
func enum(r *rest.Request, name, class string, constants ...string) error {
	if value := strings.ToUpper(r.Text(name)); value != "" && !slices.Contains(constants, value) {
		return fault.Invalidf("No enum constant %s.%s", class, value)
	}
	return nil
}

// met reports whether the node is as it is asked to be. It always will be, or never.
func (a asked) met() (bool, error) {
	if a.index != "" && !slices.Contains([]string{"_all", "*", ".security", securityIndex}, a.index) {
		return false, nil
	}
	if a.shards != "" && a.shards != "all" {
		n, err := strconv.ParseInt(a.shards, 10, 32)
		if err != nil {
			f := fault.Invalidf("cannot parse ActiveShardCount[%s]", a.shards)
			f.Cause = noNumber(a.shards)
			return false, f
		}
		if n > 1 {
			return false, nil
		}
	}
	return a.nodesMet(1)
}

// nodesMet compares the number of nodes as wait_for_nodes says: 2, >=2, ge(2) ...
func (a asked) nodesMet(have int) (bool, error) {
	if a.nodes == "" {
		return true, nil
	}
	for _, c := range []struct {
		symbol, word string
		holds        func(want int) bool
	}{
		{">=", "ge", func(want int) bool { return have >= want }},
		{"<=", "le", func(want int) bool { return have <= want }},
		{">", "gt", func(want int) bool { return have > want }},
		{"<", "lt", func(want int) bool { return have < want }},
		{"", "", func(want int) bool { return have == want }},
	} {
		text, ok := strings.CutPrefix(a.nodes, c.symbol)
		if inner, worded := strings.CutPrefix(a.nodes, c.word+"("); worded && c.word != "" {
			text, ok = strings.TrimSuffix(inner, ")"), true
		}
		if !ok {
			continue
		}
		want, err := number(text)
		return err == nil && c.holds(want), err
	}
	return false, nil
}

func number(text string) (int, error) {
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, noNumber(text)
	}
	return int(n), nil
}

// noNumber is Java's complaint.
func noNumber(text string) *fault.Error {
	return &fault.Error{Kind: fault.Invalid, Type: "number_format_exception", Reason: `For input string: "` + text + `"`}
}

func (s *Service) health(a asked) health {
	h := health{
		ClusterName: s.Info.ClusterName, Status: "green", Nodes: 1, DataNodes: 1, ActivePrimary: 1, Active: 1, ActivePercentNumber: "100.0",
	}
	if a.human {
		h.MaxWaiting, h.ActivePercent = "0s", "100.0%"
	}
	if a.level == "indices" || a.level == "shards" {
		shard := map[string]any{
			"status": "green", "primary_active": true, "active_shards": 1, "relocating_shards": 0, "initializing_shards": 0,
			"unassigned_shards": 0, "unassigned_primary_shards": 0,
		}
		index := map[string]any{
			"status": "green", "number_of_shards": 1, "number_of_replicas": 0, "active_primary_shards": 1, "active_shards": 1,
			"relocating_shards": 0, "initializing_shards": 0, "unassigned_shards": 0, "unassigned_primary_shards": 0,
		}
		if a.level == "shards" {
			index["shards"] = map[string]any{"0": shard}
		}
		h.Indices = map[string]any{securityIndex: index}
	}
	return h
}
