package api

import (
	"encoding/base64"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// sinceNow asks for a feed that begins now.
const sinceNow = "now"

// encodeCursor is a sealed cursor as text.
func encodeCursor(sealed string) string { return base64.RawURLEncoding.EncodeToString([]byte(sealed)) }

// decodeCursor is the inverse of encodeCursor; model.ErrHistory when it is none.
func decodeCursor(text string) (sealed string, err error) {
	if text == "" || text == sinceNow {
		return text, nil
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || strings.ContainsAny(text, "\r\n") { // which base64 passes over
		return "", model.ErrHistory
	}
	return string(raw), nil
}
