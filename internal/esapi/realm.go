package esapi

// RealmUsage is what GET /_xpack/usage says about realms, by type. Realms that are
// disabled are not in it.
type RealmUsage map[string]RealmTypeUsage

// RealmTypeUsage are the realms of a type. Name and Order go together.
type RealmTypeUsage struct {
	Enabled   bool     `json:"enabled"`   // there is one
	Available bool     `json:"available"` // the licence allows them
	Name      []string `json:"name"`
	Order     []int    `json:"order"`
}
