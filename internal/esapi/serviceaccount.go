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

// ServiceTokenSecret is the secret part of the answer that creates a service token.
// It must never be printed.
type ServiceTokenSecret struct {
	Token struct {
		Value string `json:"value"`
	} `json:"token"`
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
