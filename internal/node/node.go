// Package node answers what is asked about the server itself: its banner, health,
// licence and features, and the settings of its security indices, which exist here
// in name only.
package node

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strconv"
	"time"

	"github.com/realmctl/realmctl/internal/esapi"
	"github.com/realmctl/realmctl/internal/sqlite"
)

// The Elasticsearch that is impersonated.
const (
	Version   = "9.5.3"
	BuildHash = "367ec317ec5f668dd864d41be06052a567102fec"
	buildDate = "2026-09-01T16:11:59.322249404Z"
	lucene    = "10.5.1"
	minWire   = "8.19.0"
	minIndex  = "8.0.0"
)

// Info says who the node is.
type Info struct {
	Name        string // node.name
	ClusterName string // cluster.name
	ID          string // 22 characters
	ClusterUUID string
	LicenseUID  string
	Created     time.Time // when the data directory was made
}

// Load reads what the data directory knows of its node; a new one gets its ids.
func Load(ctx context.Context, db *sqlite.DB, name, cluster string, now time.Time) (Info, error) {
	info := Info{Name: name, ClusterName: cluster}
	if ok, err := info.read(ctx, db); err != nil || ok {
		return info, err
	}
	fresh := map[string]string{
		"node_id": newID(), "cluster_uuid": newID(), "license_uid": newUUID(), "created_at": strconv.FormatInt(now.UnixMilli(), 10),
	}
	if err := db.Write(ctx, func(tx *sqlite.Tx) error { return keep(tx, fresh) }); err != nil {
		return Info{}, fmt.Errorf("name the node: %w", err)
	}
	if ok, err := info.read(ctx, db); err != nil || !ok {
		return Info{}, fmt.Errorf("name the node: it has no name after all: %w", err)
	}
	return info, nil
}

// read fills in what is stored; false: nothing is.
func (i *Info) read(ctx context.Context, db *sqlite.DB) (bool, error) {
	m, err := values(ctx, db)
	if err != nil || m["node_id"] == "" {
		return false, err
	}
	created, err := strconv.ParseInt(m["created_at"], 10, 64)
	if err != nil {
		return false, fmt.Errorf("read age of the node: %w", err)
	}
	i.ID, i.ClusterUUID, i.LicenseUID, i.Created = m["node_id"], m["cluster_uuid"], m["license_uid"], time.UnixMilli(created)
	return true, nil
}

// Cleared is the answer of every _clear_cache call that succeeds.
func (i Info) Cleared() esapi.ClearedCache {
	return esapi.ClearedCache{
		Nodes:       esapi.NodesSummary{Total: 1, Successful: 1},
		ClusterName: i.ClusterName,
		ByID:        map[string]esapi.NodeName{i.ID: {Name: i.Name}},
	}
}

// Banner is the answer of GET /.
func (i Info) Banner() esapi.Info {
	return esapi.Info{
		Name: i.Name, ClusterName: i.ClusterName, ClusterUUID: i.ClusterUUID, Tagline: "You Know, for Search",
		Version: esapi.Version{
			Number: Version, BuildFlavor: "default", BuildType: "tar", BuildHash: BuildHash, BuildDate: buildDate, LuceneVersion: lucene,
			MinimumWireCompatibilityVersion: minWire, MinimumIndexCompatibilityVersion: minIndex,
		},
	}
}

// newID is a random id as Elasticsearch writes it.
func newID() string {
	var b [16]byte
	_, _ = rand.Read(b[:]) // it never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// newUUID is a random UUID, RFC 9562 version 4.
func newUUID() string {
	var b [16]byte
	_, _ = rand.Read(b[:])
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	h := hex.EncodeToString(b[:])
	return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:]
}
