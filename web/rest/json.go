package rest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
)

// JSON is huma's own but for its errors: encoding/json quotes what was sent, which may be a secret, and Go's types.
var JSON = huma.Format{Marshal: huma.DefaultJSONFormat.Marshal, Unmarshal: func(data []byte, into any) error {
	if err := huma.DefaultJSONFormat.Unmarshal(data, into); err != nil {
		return errors.New(JSONFault(err))
	}
	return nil
}}

// JSONFault says what is wrong with JSON, without repeating what was sent.
func JSONFault(err error) string {
	if syntax, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("is no JSON from byte %d on", syntax.Offset)
	}
	if kind, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return strings.TrimSpace(fmt.Sprintf("%s must not be a JSON %s", kind.Field, strings.Fields(kind.Value)[0]))
	}
	if errors.Is(err, model.ErrIdent) {
		return "has an id that is none: want 32 hexadecimal digits"
	}
	return "has a value that is not what its field wants"
}

// Heads answers HEAD as GET; the server leaves the body away by itself (RFC 9110 §9.3.2).
func Heads(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			r = r.WithContext(r.Context()) // the server's own request stays what it is
			r.Method = http.MethodGet
		}
		next.ServeHTTP(w, r)
	})
}
