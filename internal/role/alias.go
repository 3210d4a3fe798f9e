package role

import (
	"github.com/realmctl/realmctl/internal/role/descriptor"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// Descriptors have a package of their own, which API keys and service accounts use
// without the rest; here they go by the names that read well outside.

// Descriptor is descriptor.Role.
type Descriptor = descriptor.Role

// Indices is descriptor.Indices.
type Indices = descriptor.Indices

// FieldSecurity is descriptor.FieldSecurity.
type FieldSecurity = descriptor.FieldSecurity

// Application is descriptor.Application.
type Application = descriptor.Application

// RemoteIndices is descriptor.RemoteIndices.
type RemoteIndices = descriptor.RemoteIndices

// RemoteCluster is descriptor.RemoteCluster.
type RemoteCluster = descriptor.RemoteCluster

// Global is descriptor.Global.
type Global = descriptor.Global

// ManageIndices is descriptor.ManageIndices.
type ManageIndices = descriptor.ManageIndices

// List is descriptor.List.
type List = descriptor.List

// ParseOptions is descriptor.Options.
type ParseOptions = descriptor.Options

// ParseDescriptor is descriptor.Parse.
func ParseDescriptor(r *xcontent.Reader, name string, o ParseOptions) (Descriptor, error) {
	return descriptor.Parse(r, name, o)
}

// Decode is descriptor.Decode.
func Decode(stored []byte) ([]Descriptor, error) { return descriptor.Decode(stored) }
