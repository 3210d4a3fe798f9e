package user

import (
	"encoding/json"
	"strings"
	"unicode/utf16"

	"github.com/realmctl/realmctl/internal/fault"
	"github.com/realmctl/realmctl/internal/identity"
	"github.com/realmctl/realmctl/internal/pwhash"
	"github.com/realmctl/realmctl/internal/secret"
	"github.com/realmctl/realmctl/internal/xcontent"
)

// minPassword is the shortest password, in UTF-16 units (Validation.Users).
const minPassword = 6

// NewPassword is a password to set, or a hash of one. The zero value is neither.
type NewPassword struct {
	Plain secret.String
	Hash  string
}

// given reports whether there is one.
func (p NewPassword) given() bool { return p.Plain != "" || p.Hash != "" }

// set reads the value of field password or password_hash. What is wrong with it is
// said at once, as the request builders do, before the rest of the body is read.
func (p *NewPassword) set(r *xcontent.Reader, field string) error {
	text, err := stringField(r, field)
	if err != nil {
		return err
	}
	if field == "password" && len(utf16.Encode([]rune(text))) < minPassword {
		return late("passwords must be at least [%d] characters long", minPassword)
	}
	if field == "password_hash" {
		if err := pwhash.CheckStored(text); err != nil {
			return err
		}
	}
	if p.given() {
		return late("password_hash has already been set")
	}
	if field == "password" {
		p.Plain = secret.String(text)
	} else {
		p.Hash = text
	}
	return nil
}

// NewUser is what a put makes of a user.
type NewUser struct {
	identity.User

	Password NewPassword // none: keep the one there is
}

// parsePut reads the body of a put as PutUserRequestBuilder does.
func parsePut(r *xcontent.Reader, username string) (NewUser, error) {
	in := NewUser{User: identity.User{Username: username, Enabled: true}}
	return in, members(r, func(field string) error { return in.set(r, field) })
}

// validate follows PutUserRequest.validate; names are looked at after authorization.
func (in *NewUser) validate() error {
	var p fault.Problems
	if in.Roles == nil {
		p.Addf("roles are missing")
	}
	if reservedMetadata(in.Metadata) {
		p.Addf("metadata keys may not start with [_]")
	}
	return p.Err()
}

func (in *NewUser) set(r *xcontent.Reader, field string) (err error) {
	switch field {
	case "password", "password_hash":
		return in.Password.set(r, field)
	case "roles":
		in.Roles, err = rolesField(r)
	case "full_name":
		in.FullName, err = nullableField(r, field)
	case "email":
		in.Email, err = nullableField(r, field)
	case "metadata":
		in.Metadata, err = objectField(r, field)
	case "enabled":
		in.Enabled, err = boolField(r, field)
	case "username":
		var name string
		if name, err = stringField(r, field); err == nil && name != in.Username {
			return fault.Invalidf("[username] in source does not match the username provided [%s]", in.Username)
		}
	default:
		return fault.Parsef("failed to parse add user request. unexpected field [%s]", field)
	}
	return err
}

// parsePassword reads the body of a password change as ChangePasswordRequestBuilder
// does.
func parsePassword(r *xcontent.Reader) (NewPassword, error) {
	var in NewPassword
	return in, members(r, func(field string) error {
		if field == "password" || field == "password_hash" {
			return in.set(r, field)
		}
		return fault.Parsef("failed to parse change password request. unexpected field [%s]", field)
	})
}

// validate follows ChangePasswordRequest.validate.
func (p NewPassword) validate() error {
	var problems fault.Problems
	if !p.given() {
		problems.Addf("password is missing")
	}
	return problems.Err()
}

// members reads the object that the body must be (XContentUtils.verifyObject).
func members(r *xcontent.Reader, do func(field string) error) error {
	token, err := r.Next()
	if err != nil {
		return err
	}
	if token != xcontent.StartObject {
		return fault.Parsef("expected an object, but found token [%s]", token)
	}
	return r.Members(do)
}

func stringField(r *xcontent.Reader, field string) (string, error) {
	if r.Token() != xcontent.String {
		return "", wrongType(r, field, "string")
	}
	return r.Text()
}

func nullableField(r *xcontent.Reader, field string) (*string, error) {
	if r.Token() != xcontent.String && r.Token() != xcontent.Null {
		return nil, wrongType(r, field, "string")
	}
	return r.TextOrNull()
}

func boolField(r *xcontent.Reader, field string) (bool, error) {
	if r.Token() != xcontent.Boolean {
		return false, wrongType(r, field, "boolean")
	}
	return r.Bool()
}

func objectField(r *xcontent.Reader, field string) (json.RawMessage, error) {
	if r.Token() != xcontent.StartObject {
		return nil, wrongType(r, field, "object")
	}
	return r.Raw()
}

// rolesField is an array of names or one text with commas, which is split but not
// trimmed (Strings.commaDelimitedListToStringArray).
func rolesField(r *xcontent.Reader) ([]string, error) {
	if r.Token() != xcontent.String {
		return r.Strings()
	}
	text, err := r.Text()
	if err != nil || text == "" {
		return []string{}, err
	}
	return strings.Split(text, ","), nil
}

func wrongType(r *xcontent.Reader, field, want string) error {
	return fault.Parsef("expected field [%s] to be of type %s, but found [%s] instead", field, want, r.Token())
}

// reservedMetadata reports whether a top-level key begins with an underscore
// (MetadataUtils.containsReservedMetadata).
func reservedMetadata(object json.RawMessage) bool {
	var m map[string]json.RawMessage
	if len(object) == 0 || json.Unmarshal(object, &m) != nil {
		return false
	}
	for key := range m {
		if strings.HasPrefix(key, "_") {
			return true
		}
	}
	return false
}

// late is a complaint of a request builder.
func late(format string, args ...any) error {
	var p fault.Problems
	p.Addf(format, args...)
	return p.LateErr()
}
