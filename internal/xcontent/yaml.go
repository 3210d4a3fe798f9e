package xcontent

// NewYAML reads a YAML document as the same tokens.
func NewYAML(data []byte) (*Reader, error) { return New(data), nil }
