package rest

import (
	"errors"
	"net/http"
	"strings"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/rest/media"
)

// mediaTypes reads Accept and Content-Type.
func (x *exchange) mediaTypes() error {
	var err error
	if x.content, err = x.mediaHeader("Content-Type"); err != nil {
		return err
	}
	x.accept, err = x.mediaHeader("Accept")
	return err
}

// versions compares what the two ask to be compatible with. When they may not, they do
// not count for the answer either.
func (x *exchange) versions() error {
	if x.accept == nil && x.content == nil {
		return nil
	}
	if text := media.Versions(x.accept, x.content, x.hasBody()); text != "" {
		x.plainFormat()
		return mediaFault("Accept, Content-Type", &fault.Error{Kind: fault.Invalid, Type: "status_exception", Reason: text})
	}
	return nil
}

func (x *exchange) mediaHeader(name string) (*media.Type, error) {
	values := x.r.Header[name]
	if len(values) == 0 {
		return nil, nil
	}
	var bad *fault.Error
	switch {
	case len(values) > 1:
		bad = fault.Invalidf("Incorrect header [%s]. Only one value should be provided", name)
	case strings.TrimSpace(values[0]) == "":
		bad = fault.Invalidf("Header [%s] cannot be empty.", name)
	default:
		m, err := media.Parse(values[0])
		if !errors.As(err, &bad) {
			return m, err
		}
	}
	return nil, mediaFault(name, bad)
}

func mediaFault(headers string, cause *fault.Error) error {
	return &fault.Error{
		Kind:   fault.Invalid,
		Type:   "media_type_header_exception",
		Reason: "Invalid media-type value on headers [" + headers + "]",
		Cause:  cause,
	}
}

// checkContentType refuses bodies of formats that are not understood
// (RestController.dispatchRequest).
func (x *exchange) checkContentType() error {
	if k, _ := x.content.Format(); k == media.JSON || k == media.YAML || !x.hasBody() {
		return nil
	}
	return plain(http.StatusNotAcceptable, "Content-Type header ["+strings.Join(x.r.Header["Content-Type"], ",")+"] is not supported")
}
