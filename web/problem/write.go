package problem

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"log/slog"
	"net/http"
	"strings"
)

// RequestHeader names a request, in its answer and in the log.
const RequestHeader = "X-Request-Id"

type requestKey struct{}

// Identify gives every request a name of its own: the client's, when it sent one that can be written into a log, or one
// that is drawn.
func Identify(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := r.Header.Get(RequestHeader)
		if !nameable(id) {
			var drawn [8]byte
			rand.Read(drawn[:])
			id = hex.EncodeToString(drawn[:])
		}
		w.Header().Set(RequestHeader, id)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), requestKey{}, id)))
	})
}

// nameable says whether a client's name of a request is 1 to 64 of a–z, A–Z, 0–9, ., _ and -.
func nameable(id string) bool {
	for _, c := range id {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return id != "" && len(id) <= 64
}

// RequestID is the name that [Identify] gave a request, by its context; empty when there is none.
func RequestID(ctx context.Context) string {
	id, _ := ctx.Value(requestKey{}).(string)
	return id
}

// Told is the problem that a request is answered with. An error that is not known is logged and told as internal; where the request
// was given up, by whoever asked or on the way, it took too long: nothing said would pass for a success. about is logged besides.
func Told(ctx context.Context, log *slog.Logger, err error, about ...any) *Problem {
	id := RequestID(ctx)
	known := Of(err)
	switch {
	case known != nil:
	case ctx.Err() != nil:
		known = New("timeout", "")
	default:
		log.Error("request failed", append(about, slog.String("request", id), slog.String("error", err.Error()))...)
		known = New("internal", "")
		if planted("leak-internal-errors") {
			known.Detail = err.Error()
		}
	}
	p := *known
	p.RequestID = id
	return &p
}

// NotAllowed answers a request whose address is right and whose method is not; has says which methods there are.
func NotAllowed(w http.ResponseWriter, r *http.Request, log *slog.Logger, has func(method string) bool) {
	var have []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		if has(method) {
			have = append(have, method)
		}
	}
	if len(have) == 0 { // the address is no one's either
		Write(w, r, log, New("not_found", ""))
		return
	}
	w.Header().Set("Allow", strings.Join(have, ", "))
	Write(w, r, log, New("method_not_allowed", ""))
}

// Write answers with a problem.
func Write(w http.ResponseWriter, r *http.Request, log *slog.Logger, err error) {
	p := Told(r.Context(), log, err, slog.String("path", r.URL.Path))
	for name, values := range p.GetHeaders() {
		w.Header()[name] = values
	}
	w.Header().Set("Content-Type", MediaType)
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // nobody is told when nobody listens any more
}
