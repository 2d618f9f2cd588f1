package api

import (
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TenantHeader names the company of a session's token, in hexadecimal. A key names its own.
const TenantHeader = "Fieldsync-Tenant"

// bearer finds who calls by the request's token: a key of a back end, or the session of an office user. Whatever is wrong
// with it is one error.
func (s *service) bearer(r *http.Request) (model.Caller, error) {
	scheme, text, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	if !ok || !strings.EqualFold(scheme, "Bearer") {
		return model.Caller{}, model.ErrToken
	}
	if tenant, secret, ok := ParseKey(text); ok {
		return s.office.KeyCaller(r.Context(), tenant, sha256.Sum256(secret[:]))
	}
	var tenant model.TenantID
	token, err := hex.DecodeString(text)
	if err != nil || len(token) != 32 || tenant.UnmarshalText([]byte(r.Header.Get(TenantHeader))) != nil {
		return model.Caller{}, model.ErrToken
	}
	return s.office.SessionCaller(r.Context(), tenant, sha256.Sum256(token))
}

// pathPart is a part of the path, unescaped. chi routes by the raw path where there is one, and by the path, which is
// unescaped already, else: unescaped twice, the name a%2Fb would be that of a/b.
func pathPart(r *http.Request, name string) string {
	text := chi.URLParam(r, name)
	if r.URL.RawPath == "" || r.URL.RawPath == r.URL.Path {
		return text
	}
	if plain, err := url.PathUnescape(text); err == nil {
		return plain
	}
	return text
}
