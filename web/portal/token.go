package portal

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// tokenPrefix begins the text of every token, so that one that got into a log can be searched for.
const tokenPrefix = "fsp_"

// Token is a session's token as its client has it: the prefix, the id of the field-service company, and the secret. The core
// knows it by the secret's SHA-256.
func Token(t model.TenantID, secret [32]byte) string {
	return tokenPrefix + t.String() + "_" + base64.RawURLEncoding.EncodeToString(secret[:])
}

// ParseToken takes an Authorization header apart; ok is false when it has no token of the portal.
func ParseToken(header string) (t model.TenantID, secret [32]byte, ok bool) {
	scheme, text, _ := strings.Cut(header, " ")
	rest, ok := strings.CutPrefix(text, tokenPrefix)
	id, tail, cut := strings.Cut(rest, "_")
	raw, err := base64.RawURLEncoding.Strict().DecodeString(tail)
	if !ok || !strings.EqualFold(scheme, "Bearer") || !cut || err != nil || len(raw) != len(secret) || len(id) != hex.EncodedLen(len(t)) {
		return t, secret, false
	}
	return t, [32]byte(raw), t.UnmarshalText([]byte(id)) == nil
}

func hash(token [32]byte) [32]byte { return sha256.Sum256(token[:]) }
