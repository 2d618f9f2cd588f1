package api

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
)

// keyPrefix begins the text of every key, so that a key that got into a log or a repository can be searched for.
const keyPrefix = "fsk_"

// KeyText is a key as its owner has it: the prefix, the company's id in hexadecimal, and the secret in base64url. The
// core knows it by the secret's SHA-256.
func KeyText(t model.TenantID, secret [32]byte) string {
	return keyPrefix + t.String() + "_" + base64.RawURLEncoding.EncodeToString(secret[:])
}

// ParseKey takes a key's text apart; ok is false when it is none.
func ParseKey(text string) (t model.TenantID, secret [32]byte, ok bool) {
	rest, ok := strings.CutPrefix(text, keyPrefix)
	id, tail, cut := strings.Cut(rest, "_")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(tail)
	if !ok || !cut || err != nil || len(raw) != len(secret) || len(id) != hex.EncodedLen(len(t)) {
		return t, secret, false
	}
	return t, [32]byte(raw), t.UnmarshalText([]byte(id)) == nil
}

// Key is a key of a back end, without its text.
type Key struct {
	ID      model.KeyID  `json:"id"`
	Name    string       `json:"name" doc:"What its owner calls it."`
	User    model.UserID `json:"user" doc:"Whose rights it uses; the key ends with them."`
	Scopes  []string     `json:"scopes" doc:"What of these rights it may use."`
	Made    *time.Time   `json:"made_at"`
	MadeBy  model.UserID `json:"made_by,omitzero" doc:"Absent: the operator of the server."`
	Expires *time.Time   `json:"expires_at,omitempty" doc:"Absent: never."`
	Used    *time.Time   `json:"used_at,omitempty" doc:"Last use, to the hour; absent: not yet."`
}

// MadeKey is a key just made. Its text is in no other answer.
type MadeKey struct {
	Key
	Text string `json:"key" doc:"Send it as Authorization: Bearer. It is shown here and never again."`
}

// NewKey is a key to be made.
type NewKey struct {
	Name    string       `json:"name" minLength:"1" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$" example:"ERP, nightly"`
	Scopes  []string     `json:"scopes" minItems:"1" maxItems:"100" doc:"read, write, manage, COLLECTION:read or COLLECTION:write." example:"[\"customers:write\", \"jobs:read\"]"`
	User    model.UserID `json:"user,omitzero" doc:"Whose rights it uses; absent: the caller's own."`
	Expires time.Time    `json:"expires_at,omitzero" doc:"Absent: it does not expire."`
}

// keys adds the endpoints of keys.
func (s *service) keys(h huma.API) {
	tag := []string{"keys"}
	manage(s, h, huma.Operation{
		OperationID: "list-keys", Method: http.MethodGet, Path: "/v1/keys", Tags: tag,
		Summary: "List the keys of the company", Description: "Needs the level full of web.admin.",
	}, func(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[Key], error) {
		all, err := s.office.Keys(ctx, c)
		return items(each(all, keyOf)), err
	})
	manage(s, h, huma.Operation{
		OperationID: "add-key", Method: http.MethodPost, Path: "/v1/keys", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary: "Make a key",
		Description: "Needs the level full of web.admin. The key's text is shown in this answer and never again. Nobody hands on a scope that they do not have, " +
			"or makes a key of somebody who may more than they do. Sent twice it makes two.",
	}, func(ctx context.Context, c model.Caller, in *struct{ Body NewKey }) (*struct{ Body MadeKey }, error) {
		k := model.APIKey{Name: in.Body.Name, User: in.Body.User, Scopes: in.Body.Scopes}
		if !in.Body.Expires.IsZero() {
			k.Expires = max(1, model.Instant(in.Body.Expires.UnixMilli())) // 0 would be never
		}
		made, text, err := s.office.AddKey(ctx, c, k)
		return &struct{ Body MadeKey }{MadeKey{Key: keyOf(made), Text: text}}, err
	})
	manage(s, h, huma.Operation{
		OperationID: "revoke-key", Method: http.MethodDelete, Path: "/v1/keys/{id}", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Revoke a key", Description: "Needs the level full of web.admin. It opens nothing from now on.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		ID model.KeyID `path:"id"`
	},
	) (*struct{}, error) {
		return nil, s.office.RevokeKey(ctx, c, in.ID)
	})
}

func keyOf(k model.APIKey) Key {
	return Key{
		ID: k.ID, Name: k.Name, User: k.User, Scopes: k.Scopes, Made: moment(k.Made), MadeBy: k.MadeBy,
		Expires: moment(k.Expires), Used: moment(k.Used),
	}
}
