package esapi

// ServiceAccount is one entry of GET /_security/service.
type ServiceAccount struct {
	RoleDescriptor Role `json:"role_descriptor"`
}

// ServiceAccounts is the answer of GET /_security/service, by namespace/service.
type ServiceAccounts map[string]ServiceAccount

// CreatedServiceToken is what may be printed of a new service token.
type CreatedServiceToken struct {
	Created bool             `json:"created"`
	Token   ServiceTokenName `json:"token"`
}

// ServiceTokenName is a service token without its value.
type ServiceTokenName struct {
	Name string `json:"name"`
}

// NewServiceToken is the whole answer that creates a service token. It holds the
// secret and must never be printed.
type NewServiceToken struct {
	Created bool              `json:"created"`
	Token   ServiceTokenValue `json:"token"`
}

// ServiceTokenValue is a service token with its value, which is the secret.
type ServiceTokenValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// ServiceCredentials is the answer of GET /_security/service/{namespace}/{service}/credential.
// Count is of index and file tokens together.
type ServiceCredentials struct {
	ServiceAccount   string           `json:"service_account"`
	Count            int              `json:"count"`
	Tokens           map[string]Empty `json:"tokens"`
	NodesCredentials NodesCredentials `json:"nodes_credentials"`
}

// NodesCredentials lists the file tokens and the nodes that have them.
type NodesCredentials struct {
	Nodes      NodesSummary         `json:"_nodes"`
	FileTokens map[string]FileToken `json:"file_tokens"`
}

// FileToken is a token of the service_tokens file of the nodes named.
type FileToken struct {
	Nodes []string `json:"nodes"`
}
