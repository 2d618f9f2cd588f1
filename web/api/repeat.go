package api

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// idempotency is what makes a request repeatable; the zero value is not.
type idempotency struct{ key, print [16]byte }

// request reads the request's Idempotency-Key. The key is the caller's own; the print is of everything that says what is
// wanted.
func (c *call) request(body []byte) (i idempotency, err error) {
	given := c.r.Header.Values("Idempotency-Key")
	if len(given) == 0 {
		return i, nil
	}
	text := given[0]
	invisible := func(r rune) bool { return r < '!' || r > '~' }
	if text == "" || len(text) > 255 || len(given) > 1 || strings.ContainsFunc(text, invisible) {
		return i, problem.New("bad_request", "", problem.Fault{Location: "header.Idempotency-Key", Message: "want 1 to 255 visible ASCII characters, once"})
	}
	who := c.Key[:]
	if c.Key.IsZero() {
		who = c.User[:]
	}
	i.key = digest("idempotency key", who, []byte(text))
	i.print = digest(c.r.Method, []byte(c.r.URL.EscapedPath()), []byte(c.r.Header.Get("If-Match")), []byte(c.r.Header.Get("If-None-Match")), body)
	return i, nil
}

// digest is half a SHA-256 of a label and parts, each with its length.
func digest(label string, parts ...[]byte) (out [16]byte) {
	h := sha256.New()
	for _, p := range append([][]byte{[]byte(label)}, parts...) {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(p))))
		h.Write(p)
	}
	copy(out[:], h.Sum(nil))
	return out
}

// ident is an identifier of a request's n-th operation: random, or derived from what makes the request repeatable.
func (s *service) ident(i idempotency, label string, n int) ([16]byte, error) {
	if i.key == [16]byte{} {
		return model.NewIdent[struct{}](s.random)
	}
	return digest(label, i.key[:], i.print[:], binary.BigEndian.AppendUint64(nil, uint64(n))), nil
}

// noted is what a request keeps of one operation for a repeat.
type noted struct {
	Status string         `json:"s"`
	ID     model.RecordID `json:"i,omitzero"`
	Code   string         `json:"c,omitempty"` // of its problem
	Change bool           `json:"h,omitempty"` // it had a change
}

// note is what the request keeps for a repeat: at most 110 bytes an operation.
func (p *performer) note() []byte {
	out := make([]noted, len(p.results))
	for i, r := range p.results {
		out[i] = noted{Status: r.status, ID: r.id, Change: slices.Contains(p.of, i)}
		if r.problem != nil {
			out[i].Code = r.problem.Code
		}
	}
	text, err := json.Marshal(out)
	if err != nil { // texts and ids have none
		return nil
	}
	return text
}

// again answers a repeat with what the first request was told.
func (p *performer) again(done model.Settlement) (performed, error) {
	var kept []noted
	if err := json.Unmarshal(done.Note, &kept); err != nil || len(kept) != len(p.ops) {
		return performed{}, fmt.Errorf("read what a request noted: %w", model.ErrReused)
	}
	p.of = nil
	for i, n := range kept {
		p.results[i] = result{status: n.Status, id: n.ID, external: p.external(i)}
		if n.Code != "" {
			p.results[i].problem = p.told(i, n.Code)
		}
		if n.Change {
			p.of = append(p.of, i)
		}
	}
	if len(p.of) != len(done.Answers) {
		return performed{}, model.ErrReused
	}
	p.settle(done)
	return performed{results: p.results, repeat: true}, nil
}

// told is the problem of an operation that a repeat has again. What is wrong with the request itself is found again: it is
// the same request.
func (p *performer) told(i int, code string) *problem.Problem {
	again := performer{call: p.call, ops: p.ops, results: make([]result, len(p.ops))}
	var content document.Content
	if code == "bad_request" && again.identify(i, &content) == nil && again.results[i].problem != nil {
		return again.results[i].problem
	}
	return problem.New(code, "")
}

// external is the external id that an operation names, beside its document or in it.
func (p *performer) external(i int) string {
	op := &p.ops[i]
	if op.external != "" || op.spec == nil || len(op.content) == 0 {
		return op.external
	}
	content, _, err := document.Decode(p.table, op.spec, op.content, document.Upsert, nil)
	if err != nil {
		return ""
	}
	return content.External
}
