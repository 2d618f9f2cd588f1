package payroll

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Kinds of lines.
const (
	Regular    = "regular"
	Adjustment = "adjustment" // of a timesheet that an earlier batch exported (E18)
)

// Sheet is the lines of one timesheet in a batch, with what its person was called when it was exported.
type Sheet struct {
	Worker   model.UserID
	Person   string // what another system calls them
	Name     string
	From, To model.Day // of the timesheet; To is not in it
	Adjusts  bool      // it was exported before
	Lines    []Sum
}

// Batch is one payroll file.
type Batch struct {
	ID       model.BatchID
	From, To model.Day // what was asked for; To is not in it
	Made     model.Instant
	Rounding int64 // minutes
	Sheets   []Sheet
}

// columns of the CSV.
var columns = []string{
	"batch", "line", "kind", "worker", "person", "name", "helper", "period_from", "period_to", "day", "sort", "raw_seconds", "paid_seconds",
}

// Line is one line of the file.
type Line struct {
	ID     string          `json:"line"`
	Kind   string          `json:"kind"`
	Worker model.UserID    `json:"worker"`
	Person string          `json:"person"`
	Name   string          `json:"name"`
	Helper string          `json:"helper"` // who has no login and worked with the person; empty: the person
	From   string          `json:"period_from"`
	To     string          `json:"period_to"`
	Day    string          `json:"day"`
	Sort   string          `json:"sort"`
	Raw    json.RawMessage `json:"raw_seconds"`
	Paid   json.RawMessage `json:"paid_seconds"`
}

// Lines are the batch's lines, in its order.
func (b *Batch) Lines() []Line {
	out := []Line{}
	for i := range b.Sheets {
		s := &b.Sheets[i]
		kind := Regular
		if s.Adjusts {
			kind = Adjustment
		}
		for _, sum := range s.Lines {
			out = append(out, Line{
				ID: lineID(b.ID, s, sum), Kind: kind, Worker: s.Worker, Person: s.Person, Name: s.Name, Helper: sum.Helper, From: s.From.String(), To: s.To.String(),
				Day: sum.Day.String(), Sort: sum.Sort, Raw: json.RawMessage(seconds(sum.Raw)), Paid: json.RawMessage(seconds(sum.Paid)),
			})
		}
	}
	return out
}

// lineID names a line for whoever reads batches twice: it follows from what the line is of.
func lineID(batch model.BatchID, s *Sheet, sum Sum) string {
	h := sha256.New()
	h.Write(batch[:])
	h.Write(s.Worker[:])
	fmt.Fprintf(h, "%s %s %s %s", s.From, sum.Day, sum.Sort, sum.Helper)
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// seconds is exact: 32400, or 32400.25.
func seconds(ms int64) string {
	sign := ""
	if ms < 0 {
		sign, ms = "-", -ms
	}
	text := sign + strconv.FormatInt(ms/1000, 10)
	if rest := ms % 1000; rest != 0 {
		text += strings.TrimRight(fmt.Sprintf(".%03d", rest), "0")
	}
	return text
}

// CSV is the batch as RFC 4180 has it, with line feeds. A text that a spreadsheet takes for a formula has an apostrophe
// before it.
func (b *Batch) CSV() []byte {
	var out bytes.Buffer
	w := csv.NewWriter(&out) // writing to a buffer does not fail
	_ = w.Write(columns)
	id := b.ID.String()
	for _, l := range b.Lines() {
		_ = w.Write([]string{
			id, l.ID, l.Kind, l.Worker.String(), guard(l.Person), guard(l.Name), guard(l.Helper), l.From, l.To, l.Day, l.Sort, string(l.Raw), string(l.Paid),
		})
	}
	w.Flush()
	return out.Bytes()
}

func guard(text string) string {
	if text != "" && strings.ContainsRune("=+-@\t\r", rune(text[0])) {
		return "'" + text
	}
	return text
}

// Hash is the SHA-256 of the CSV: a batch that is asked for again must have it.
func (b *Batch) Hash() model.ContentHash { return sha256.Sum256(b.CSV()) }

// JSON is the batch as JSON.
func (b *Batch) JSON() ([]byte, error) {
	hash := b.Hash()
	text, err := json.Marshal(struct {
		Batch    model.BatchID `json:"batch"`
		From     string        `json:"from"`
		To       string        `json:"to"`
		Made     string        `json:"made_at"`
		Rounding int64         `json:"rounding_minutes"`
		Hash     string        `json:"content_hash"`
		Lines    []Line        `json:"lines"`
	}{
		b.ID, b.From.String(), b.To.String(), time.UnixMilli(int64(b.Made)).UTC().Format(time.RFC3339Nano), b.Rounding,
		hex.EncodeToString(hash[:]), b.Lines(),
	})
	if err != nil {
		return nil, fmt.Errorf("write a payroll batch: %w", err)
	}
	return append(text, '\n'), nil
}
