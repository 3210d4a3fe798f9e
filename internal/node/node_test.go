package node_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/node"
	"github.com/realmctl/realmctl/internal/rest"
	"github.com/realmctl/realmctl/internal/sqlite"
)

func openDB(t *testing.T, dir string) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "engine.db"), sqlite.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func load(t *testing.T, db *sqlite.DB, now time.Time) node.Info {
	t.Helper()
	info, err := node.Load(t.Context(), db, "n1", "c1", now)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func newService(t *testing.T) *node.Service {
	t.Helper()
	db := openDB(t, t.TempDir())
	return &node.Service{Info: load(t, db, time.Now()), DB: db, Now: time.Now}
}

// guard lets everybody in and refuses one action.
type guard struct{ refuse string }

// Authenticate implements rest.Guard.
func (guard) Authenticate(*http.Request) (identity.Identity, error) { return identity.Identity{}, nil }

// Authorize implements rest.Guard.
func (g guard) Authorize(_ context.Context, action string, _ identity.Target) error {
	if action == g.refuse {
		return errors.New("refused")
	}
	return nil
}

func serve(t *testing.T, s *node.Service, method, path, body string) (int, string, http.Header) {
	t.Helper()
	h, err := rest.New(s.Routes(), rest.Options{Guard: guard{}, Version: node.Version, BuildHash: "h"})
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w.Code, w.Body.String(), w.Header()
}

func TestTheNodeKeepsItsIDs(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	made := time.UnixMilli(1_700_000_000_000)
	db := openDB(t, dir)
	first := load(t, db, made)
	if len(first.ID) != 22 || len(first.ClusterUUID) != 22 || len(first.LicenseUID) != 36 || !first.Created.Equal(made) {
		t.Errorf("a new node is %+v", first)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(first, load(t, openDB(t, dir), time.Now())); diff != "" {
		t.Errorf("after it was opened again (-first +again):\n%s", diff)
	}
	if other := load(t, openDB(t, t.TempDir()), made); other.ID == first.ID || other.ClusterUUID == first.ClusterUUID {
		t.Errorf("another node is %+v, the first one %+v", other, first)
	}
}

func TestBanner(t *testing.T) {
	t.Parallel()
	s := newService(t)
	want := `{"name":"n1","cluster_name":"c1","cluster_uuid":"` + s.Info.ClusterUUID + `","version":{"number":"9.5.3","build_flavor":"default","build_type":"tar",` +
		`"build_hash":"367ec317ec5f668dd864d41be06052a567102fec","build_date":"2026-09-01T16:11:59.322249404Z","build_snapshot":false,"lucene_version":"10.5.1",` +
		`"minimum_wire_compatibility_version":"8.19.0","minimum_index_compatibility_version":"8.0.0"},"tagline":"You Know, for Search"}`
	if code, got, _ := serve(t, s, http.MethodGet, "/?pretty=false", ""); code != 200 || got != want {
		t.Errorf("GET / = %d %s, want %s", code, got, want)
	}
	if code, got, _ := serve(t, s, http.MethodGet, "/?filter_path=name", ""); code != 200 || got != "{\n  \"name\" : \"n1\"\n}\n" {
		t.Errorf("GET / = %d %q, want it pretty", code, got)
	}
	if code, got, _ := serve(t, s, http.MethodHead, "/", ""); code != 200 || got != "" {
		t.Errorf("HEAD / = %d %q, want 200 without a body", code, got)
	}
	if code, _, h := serve(t, s, http.MethodPost, "/", ""); code != 405 || h.Get("Allow") != "DELETE,GET,HEAD" {
		t.Errorf("POST / = %d, allowed %q", code, h.Get("Allow"))
	}
}

func TestCleared(t *testing.T) {
	t.Parallel()
	got, err := json.Marshal(node.Info{Name: "n1", ClusterName: "c1", ID: "i"}.Cleared())
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"_nodes":{"total":1,"successful":1,"failed":0},"cluster_name":"c1","nodes":{"i":{"name":"n1"}}}`; string(got) != want {
		t.Errorf("Cleared() = %s, want %s", got, want)
	}
}

func TestHealth(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const green = `{"cluster_name":"c1","status":"green","timed_out":false,"number_of_nodes":1,"number_of_data_nodes":1,"active_primary_shards":1,` +
		`"active_shards":1,"relocating_shards":0,"initializing_shards":0,"unassigned_shards":0,"unassigned_primary_shards":0,"delayed_unassigned_shards":0,` +
		`"number_of_pending_tasks":0,"number_of_in_flight_fetch":0,"task_max_waiting_in_queue_millis":0,"active_shards_percent_as_number":100.0}`
	human := strings.NewReplacer(`"task_max`, `"task_max_waiting_in_queue":"0s","task_max`, `"active_shards_percent_`, `"active_shards_percent":"100.0%","active_shards_percent_`)
	late := strings.Replace(green, `"timed_out":false`, `"timed_out":true`, 1)
	for query, want := range map[string]string{
		"": "200 " + green,
		"?wait_for_status=yellow&timeout=1ms&local=true&master_timeout=1s": "200 " + green,
		"?wait_for_nodes=1":                       "200 " + green,
		"?wait_for_nodes=%3E=1":                   "200 " + green,
		"?wait_for_nodes=le(1)":                   "200 " + green,
		"?wait_for_nodes=%3C2":                    "200 " + green,
		"?wait_for_nodes=2&timeout=1ms":           "408 " + late,
		"?wait_for_nodes=gt(1)&timeout=1ms":       "408 " + late,
		"?wait_for_nodes=%3C1&timeout=1ms":        "408 " + late,
		"?wait_for_active_shards=all&timeout=1ms": "200 " + green,
		"?wait_for_active_shards=2&timeout=1ms":   "408 " + late,
		"?human":                                  "200 " + human.Replace(green),
	} {
		code, got, _ := serve(t, s, http.MethodGet, "/_cluster/health"+query, "")
		if got := strconv.Itoa(code) + " " + got; got != want {
			t.Errorf("health%s = %s\nwant %s", query, got, want)
		}
	}
	for path, want := range map[string]string{
		"/.security-7?level=indices&filter_path=indices": `200 {"indices":{".security-7":{"active_primary_shards":1,"active_shards":1,"initializing_shards":0,` +
			`"number_of_replicas":0,"number_of_shards":1,"relocating_shards":0,"status":"green","unassigned_primary_shards":0,"unassigned_shards":0}}}`,
		"?level=shards&filter_path=indices.*.shards.*.status": `200 {"indices":{".security-7":{"shards":{"0":{"status":"green"}}}}}`,
		"/nope?timeout=1ms&filter_path=timed_out":             `408 {"timed_out":true}`,
	} {
		code, got, _ := serve(t, s, http.MethodGet, "/_cluster/health"+path, "")
		if got := strconv.Itoa(code) + " " + got; got != want {
			t.Errorf("health%s = %s, want %s", path, got, want)
		}
	}
	for query, want := range map[string]string{
		"?wait_for_status=nope":     "No enum constant org.elasticsearch.cluster.health.ClusterHealthStatus.NOPE",
		"?wait_for_events=nope":     "No enum constant org.elasticsearch.common.Priority.NOPE",
		"?level=":                   "level parameter must be one of [cluster] or [indices] or [shards] but was []",
		"?level=nope":               "level parameter must be one of [cluster] or [indices] or [shards] but was [nope]",
		"?timeout=30x":              "failed to parse setting [timeout] with value [30x] as a time value: unit is missing or unrecognized",
		"?wait_for_nodes=x":         `For input string: \"x\"`,
		"?wait_for_active_shards=x": "cannot parse ActiveShardCount[x]",
		"?local=maybe":              "Failed to parse value [maybe] as only [true] or [false] are allowed.",
	} {
		code, got, _ := serve(t, s, http.MethodGet, "/_cluster/health"+query, "")
		if code != 400 || !strings.Contains(got, `"reason":"`+want+`"`) {
			t.Errorf("health%s = %d %s, want 400 %s", query, code, got, want)
		}
	}
}

func TestSomebodyWhoGivesUpIsNotKeptWaiting(t *testing.T) {
	t.Parallel()
	s := newService(t)
	h, err := rest.New(s.Routes(), rest.Options{Guard: guard{}, Version: node.Version})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(ctx, http.MethodGet, "/_cluster/health?wait_for_nodes=2&timeout=1h", nil))
	}()
	<-done // or the test itself times out
}

func TestLicenceNeverEnds(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.Info.Created = time.UnixMilli(1_700_000_000_000)
	s.Now = func() time.Time { return time.UnixMilli(1_900_000_000_000) }
	want := `{"license":{"status":"active","uid":"` + s.Info.LicenseUID + `","type":"trial","issue_date":"2023-11-14T22:13:20.000Z","issue_date_in_millis":1700000000000,` +
		`"expiry_date":"2030-04-17T00:00:00.000Z","expiry_date_in_millis":1902614400000,"max_nodes":1000,"max_resource_units":null,"issued_to":"c1",` +
		`"issuer":"elasticsearch","start_date_in_millis":-1}}`
	if code, got, _ := serve(t, s, http.MethodGet, "/_license", ""); code != 200 || got != want {
		t.Errorf("GET /_license = %d %s\nwant %s", code, got, want)
	}
	code, got, h := serve(t, s, http.MethodGet, "/_license?accept_enterprise=true&human&filter_path=license.start_date", "")
	if code != 200 || got != `{"license":{"start_date":"1969-12-31T23:59:59.999Z"}}` || !strings.Contains(h.Get("Warning"), "Including [accept_enterprise]") {
		t.Errorf("with the deprecated parameter: %d %s, warning %q", code, got, h.Get("Warning"))
	}
	if code, got, _ := serve(t, s, http.MethodGet, "/_license?accept_enterprise=false", ""); code != 400 || !strings.Contains(got, "The [accept_enterprise] parameters may not be false") {
		t.Errorf("with it set to false: %d %s", code, got)
	}
}

func TestXPack(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.Now = func() time.Time { return time.UnixMilli(1_900_000_000_000) }
	for query, want := range map[string]string{
		"categories=build":   `200 {"build":{"hash":"367ec317ec5f668dd864d41be06052a567102fec","date":"2026-09-01T16:11:59.322249404Z"},"tagline":"You know, for X"}`,
		"categories=license": `200 {"license":{"uid":"` + s.Info.LicenseUID + `","type":"trial","mode":"trial","status":"active","expiry_date_in_millis":1902614400000},"tagline":"You know, for X"}`,
		"categories=":        `200 {"tagline":"You know, for X"}`,
		"filter_path=features.security,features.ml": `200 {"features":{"ml":{"available":false,"enabled":false},"security":{"available":true,"enabled":true}}}`,
		"human&filter_path=license.expiry_date":     `200 {"license":{"expiry_date":"2030-04-17T00:00:00.000Z"}}`,
	} {
		code, got, _ := serve(t, s, http.MethodGet, "/_xpack?"+query, "")
		if got := strconv.Itoa(code) + " " + got; got != want {
			t.Errorf("_xpack?%s = %s, want %s", query, got, want)
		}
	}
	if code, got, _ := serve(t, s, http.MethodGet, "/_xpack?categories=nope", ""); code != 400 ||
		!strings.Contains(got, "No enum constant org.elasticsearch.protocol.xpack.XPackInfoRequest.Category.NOPE") {
		t.Errorf("an unknown category: %d %s", code, got)
	}
}

func TestUsageTakesWhatOthersKnow(t *testing.T) {
	t.Parallel()
	s := newService(t)
	s.Usage = map[string]func(context.Context) (any, error){
		"anonymous": func(context.Context) (any, error) { return map[string]bool{"enabled": true}, nil },
	}
	code, got, _ := serve(t, s, http.MethodGet, "/_xpack/usage?filter_path=security.anonymous,security.available,security.realms.ldap,security.roles.native", "")
	want := `{"security":{"anonymous":{"enabled":true},"available":true,"realms":{"ldap":{"available":true,"enabled":false}},` +
		`"roles":{"native":{"dls":false,"fls":false,"remote_cluster":0,"remote_indices":0,"size":0}}}}`
	if code != 200 || got != want {
		t.Errorf("usage = %d %s, want %s", code, got, want)
	}
	s.Usage["realms"] = func(context.Context) (any, error) { return nil, errors.New("no") }
	if code, got, _ := serve(t, s, http.MethodGet, "/_xpack/usage", ""); code != 500 || strings.Contains(got, "anonymous") {
		t.Errorf("when a count fails: %d %s", code, got)
	}
}

func TestSettingsAreKept(t *testing.T) {
	t.Parallel()
	s := newService(t)
	get := func(path string) string {
		t.Helper()
		_, got, _ := serve(t, s, http.MethodGet, "/_security/settings?filter_path="+path, "")
		return got
	}
	if got, want := get("security"), `{"security":{"index":{"auto_expand_replicas":"0-1","number_of_replicas":"0",`+
		`"routing":{"allocation":{"include":{"_tier_preference":"data_hot,data_content"}}}}}}`; got != want {
		t.Errorf("before a change: %s, want %s", got, want)
	}
	for _, body := range []string{
		`{"security":{"index.auto_expand_replicas":"0-all"},"security-tokens":{"index.number_of_replicas":2}}`,
		`{"security":{"index.number_of_replicas":"3"},"security-profile":{"index.number_of_replicas":7}}`,
		`{"security-profile":{"index.number_of_replicas":null}}`,
	} {
		if code, got, _ := serve(t, s, http.MethodPut, "/_security/settings?timeout=1s&master_timeout=1s", body); code != 200 || got != `{"acknowledged":true}` {
			t.Errorf("PUT %s = %d %s", body, code, got)
		}
	}
	if got, want := get("*.index.*_replicas"), `{"security":{"index":{"auto_expand_replicas":"0-all","number_of_replicas":"3"}},`+
		`"security-profile":{"index":{"auto_expand_replicas":"0-1","number_of_replicas":"0"}},"security-tokens":{"index":{"auto_expand_replicas":"0-1","number_of_replicas":"2"}}}`; got != want {
		t.Errorf("after the changes: %s, want %s", got, want)
	}
}

func TestSettingsThatAreRefusedChangeNothing(t *testing.T) {
	t.Parallel()
	s := newService(t)
	const only = ", this setting may not be configured. Only the following settings may be configured for that index: " +
		"[index.auto_expand_replicas, index.number_of_replicas, index.routing.allocation.include._tier_preference];"
	for body, want := range map[string]string{
		`{}`:              "Validation Failed: 1: No settings given to update;",
		`{"security":{}}`: "Validation Failed: 1: No settings given to update;",
		`{"security":{"index.codec":"x"},"security-tokens":{"a":1}}`: "Validation Failed: 1: illegal setting for index [security]: [index.codec]" + only +
			"2: illegal setting for index [security-tokens]: [a]" + only,
		`{"security":{"index":{"number_of_replicas":1}}}`:                              "Validation Failed: 1: illegal setting for index [security]: [index]" + only,
		`{"security":{"index.number_of_replicas":1,"index.auto_expand_replicas":"x"}}`: "failed to parse [index.auto_expand_replicas] from value: [x] at index -1",
		`{"security":{"index.auto_expand_replicas":"0-x"}}`:                            "failed to parse [index.auto_expand_replicas] from value: [0-x] at index 1",
		`{"security":{"index.auto_expand_replicas":"3-2"}}`:                            "[index.auto_expand_replicas] minReplicas must be =< maxReplicas but wasn't 3 > 2",
		`{"security":{"index.number_of_replicas":-1}}`:                                 "Failed to parse value [-1] for setting [index.number_of_replicas] must be >= 0",
		`{"security":{"index.number_of_replicas":"x"}}`:                                "Failed to parse value [x] for setting [index.number_of_replicas]",
		`{"security":{"index.number_of_replicas":{}}}`:                                 "No settings to update",
		`{"security":{"index.routing.allocation.include._tier_preference":"data_hot,nope"}}`: "Validation Failed: 1: disallowed data tiers [nope] found, " +
			"allowed tiers are [data_hot,data_cold,data_warm,data_content;",
		`{"security":[]}`: "[1:13] [update_security_settings_request] security doesn't support values of type: START_ARRAY",
	} {
		code, got, _ := serve(t, s, http.MethodPut, "/_security/settings", body)
		if code != 400 || !strings.Contains(got, `"reason":"`+want+`"`) {
			t.Errorf("PUT %s = %d %s\nwant 400 %s", body, code, got, want)
		}
	}
	if _, got, _ := serve(t, s, http.MethodGet, "/_security/settings?filter_path=security.index.number_of_replicas", ""); got != `{"security":{"index":{"number_of_replicas":"0"}}}` {
		t.Errorf("afterwards: %s", got)
	}
}

func TestEnrollmentIsOffForEverybody(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/_security/enroll/kibana", "/_security/enroll/node"} {
		code, got, h := serve(t, newService(t), http.MethodGet, path, "")
		if code != 403 || !strings.Contains(got, "Enrollment mode is not enabled. Set [xpack.security.enrollment.enabled] to true, in order to use this API.") || h.Get("WWW-Authenticate") != "" {
			t.Errorf("GET %s = %d %s", path, code, got)
		}
	}
}

func TestStats(t *testing.T) {
	t.Parallel()
	s := newService(t)
	want := `{"nodes":{"` + s.Info.ID + `":{"roles":{"dls":{"bit_set_cache":{"count":0,"evictions":0,"hits":0,"hits_time_in_millis":0,"memory":"0b",` +
		`"memory_in_bytes":0,"misses":0,"misses_time_in_millis":0}}}}}}`
	if code, got, _ := serve(t, s, http.MethodGet, "/_security/stats", ""); code != 200 || got != want {
		t.Errorf("GET /_security/stats = %d %s, want %s", code, got, want)
	}
}

func TestEveryRouteNamesTheActionThatARealNodeAsks(t *testing.T) {
	t.Parallel()
	s := newService(t)
	for path, action := range map[string]string{
		"/": "cluster:monitor/main", "/_cluster/health": "cluster:monitor/health", "/_license": "cluster:monitor/xpack/license/get",
		"/_xpack": "cluster:monitor/xpack/info", "/_xpack/usage": "cluster:monitor/xpack/usage", "/_security/stats": "cluster:monitor/xpack/security/stats",
		"/_security/settings": "cluster:admin/xpack/security/settings/get",
	} {
		h, err := rest.New(s.Routes(), rest.Options{Guard: guard{refuse: action}, Version: node.Version})
		if err != nil {
			t.Fatal(err)
		}
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
		if w.Code != 500 {
			t.Errorf("GET %s does not ask for %s", path, action)
		}
	}
}
