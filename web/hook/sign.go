package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// The headers of a message, by the Standard Webhooks specification.
const (
	HeaderID        = "Webhook-Id"        // the same for every attempt
	HeaderTimestamp = "Webhook-Timestamp" // of the attempt, in seconds since 1970
	HeaderSignature = "Webhook-Signature" // "v1,BASE64", several with spaces between
)

// A secret is 24 to 64 bytes (Standard Webhooks, signature scheme).
const (
	MinSecret = 24
	MaxSecret = 64
)

const secretPrefix = "whsec_"

// ErrSecret says that a text is not the secret of a webhook.
var ErrSecret = errors.New("not a webhook secret: want whsec_ and 24 to 64 bytes in base64")

// ParseSecret is the inverse of [FormatSecret].
func ParseSecret(text string) ([]byte, error) {
	encoded, ok := strings.CutPrefix(text, secretPrefix)
	if !ok {
		return nil, ErrSecret
	}
	secret, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil || len(secret) < MinSecret || len(secret) > MaxSecret {
		return nil, ErrSecret
	}
	return secret, nil
}

// FormatSecret is a secret as people and libraries pass it on.
func FormatSecret(secret []byte) string {
	return secretPrefix + base64.StdEncoding.EncodeToString(secret)
}

// Sign is the signature header of a message: the HMAC-SHA256 of "id.timestamp.body" with each secret, in their order.
// An id must not contain a full stop.
func Sign(secrets [][]byte, id string, at time.Time, body []byte) string {
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		mac := hmac.New(sha256.New, secret)
		mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		mac.Write(body)
		signatures[i] = "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	return strings.Join(signatures, " ")
}

// secrets are those a hook's messages are signed with: the newest, and the one before it until its time is over.
func secrets(h *model.Hook, now time.Time) [][]byte {
	if len(h.Secrets) > 1 && now.UnixMilli() < int64(h.Until) {
		return h.Secrets[:2]
	}
	return h.Secrets[:min(len(h.Secrets), 1)]
}
