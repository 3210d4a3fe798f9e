package document

import (
	"encoding/json"

	"github.com/realmctl/realmctl/internal/fault"
)

// Index is the one that holds users, roles, privileges and keys.
const Index = ".security-7"

// noUUID stands for the uuid of an index that is not there as such.
const noUUID = "_na_"

// QueryFailed is a search that failed because its query means nothing
// (SearchPhaseExecutionException). Its one shard is on the node with that id.
func QueryFailed(node, reason string) error {
	where := []fault.Field{{Name: "index_uuid", Value: noUUID}, {Name: "index", Value: Index}}
	root := &fault.Error{Kind: fault.Invalid, Type: "query_shard_exception", Reason: "failed to create query: " + reason, Meta: where}
	shard := *root
	shard.Cause = fault.Invalidf("%s", reason)
	detail, err := shown(&shard)
	if err != nil {
		return err
	}
	return &fault.Error{
		Kind: fault.Invalid, Type: "search_phase_execution_exception", Reason: "all shards failed", Root: root,
		Meta: []fault.Field{{Name: "phase", Value: "query"}, {Name: "grouped", Value: true}, {Name: "failed_shards", Value: []any{struct {
			Shard  int             `json:"shard"`
			Index  string          `json:"index"`
			Node   string          `json:"node"`
			Reason json.RawMessage `json:"reason"`
		}{Index: Index, Node: node, Reason: detail}}}},
	}
}

// shown is a fault as a part of an answer.
func shown(f *fault.Error) (json.RawMessage, error) {
	fields := append([]fault.Field{{Name: "type", Value: f.Type}, {Name: "reason", Value: f.Reason}}, f.Meta...)
	if f.Type == "" {
		fields[0].Value = f.Kind.Type()
	}
	if f.Cause != nil {
		cause, err := shown(f.Cause)
		if err != nil {
			return nil, err
		}
		fields = append(fields, fault.Field{Name: "caused_by", Value: cause})
	}
	list := make([]member, 0, len(fields))
	for _, field := range fields {
		value, err := encode(field.Value)
		if err != nil {
			return nil, err
		}
		list = append(list, member{field.Name, value})
	}
	return object(list)
}
