package realm

import "github.com/realmctl/realmctl/internal/secret"

// Ticket is a Kerberos ticket as SPNEGO carries it (RFC 4559), decoded.
type Ticket struct{ Token secret.String }

// Principal implements Credential: the ticket's name is known only once it is read.
func (Ticket) Principal() string { return "<Kerberos Token>" }
