package engine

import (
	"crypto/hmac"
	"crypto/sha256"

	"github.com/fieldsync/fieldsync/sync/model"
)

// derived is the id of something that the server makes of other things: always the same, so that deciding twice makes it once, and
// with the tenant's secret, so that nobody takes the id first and nobody tells from it what it was made of.
func (t *tx) derived(what string, of ...[]byte) (id model.RecordID) {
	h := hmac.New(sha256.New, t.tenant.Secret[:])
	h.Write([]byte(what))
	for _, part := range of {
		h.Write(part)
	}
	copy(id[:], h.Sum(nil))
	return id
}
