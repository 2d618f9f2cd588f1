package protocol

import (
	"fmt"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Describe prints a captured frame for people. Of secrets it prints the length alone: session and connection tokens,
// signatures, cursors, base tokens, receipts. Values of fields are printed: a captured frame is as secret as they are.
func Describe(frame []byte) string {
	p := new(printer)
	unit := "bytes"
	if len(frame) == 1 {
		unit = "byte"
	}
	p.line("%d %s", len(frame), unit)
	m, err := Decode(frame)
	if err != nil {
		p.line("%v", err)
		return p.String()
	}
	p.line("%s", m.Type())
	p.depth++
	switch m := m.(type) {
	case *Challenge:
		p.challenge(m)
	case *Hello:
		p.hello(m)
	case *Welcome:
		p.welcome(m)
	case *Page:
		p.page(m)
	case *Push:
		p.push(m)
	case *Answers:
		p.answers(m)
	case *Bye:
		p.bye(m)
	case *Search:
		p.line("search %d, at most %d, in %v", m.Number, m.Limit, m.Collections)
		p.line("words %q", m.Words)
	case *Found:
		p.found(m)
	default:
		p.small(m)
	}
	return p.String()
}

// DescribeChange prints a change's body; blobs may be incomplete.
func DescribeChange(body string, blobs []string) string {
	p := new(printer)
	c := DecodeChange(body, blobs)
	p.change(&c)
	return p.String()
}

// DescribePageBody prints a page's body.
func DescribePageBody(body []byte, compressed bool) string {
	p := new(printer)
	p.body(body, compressed)
	return p.String()
}

// printer writes indented lines.
type printer struct {
	strings.Builder
	depth int
}

func (p *printer) line(format string, args ...any) {
	p.WriteString(strings.Repeat("  ", p.depth))
	fmt.Fprintf(p, format, args...)
	p.WriteByte('\n')
}

// instant shows a point in time as people write it; 0 is none.
func instant(t model.Instant) string {
	if t == 0 {
		return "none"
	}
	return time.UnixMilli(int64(t)).UTC().Format("2006-01-02T15:04:05.000Z")
}

func secret[T ~[]byte | ~string](b T) string { return fmt.Sprintf("(%d bytes)", len(b)) }

func (p *printer) challenge(m *Challenge) {
	p.line("versions %d to %d", m.Oldest, m.Newest)
	p.line("nonce %x", m.Nonce)
	p.line("time %s", instant(m.Time))
	p.line("store %x", m.Store)
}

func (p *printer) hello(m *Hello) {
	p.line("version %d, features %d, app %q", m.Version, m.Features, m.App)
	p.line("tenant %s", m.Tenant)
	p.line("device %s", m.Device)
	p.line("session token %s, connection token %t, signature %s", secret(m.Secret[:]), m.Token != 0, secret(m.Signature))
	p.line("next change %d, hand-in %t", m.Next, m.HandIn)
}

func (p *printer) welcome(m *Welcome) {
	p.line("version %d, features %d", m.Version, m.Features)
	p.line("device %s", m.Device)
	p.line("user %s %q, %s", m.User, m.Name, m.Kind)
	p.line("hand-in %t, connection token %t", m.HandIn, m.Token != 0)
	p.line("time %s, store %x, safe %s", instant(m.Time), m.Store, instant(m.Safe))
	p.line("in flight at most %d changes, %d bytes", m.MaxChanges, m.MaxBytes)
	p.line("lease %d ms", m.Lease)
}

func (p *printer) page(m *Page) {
	h := &m.Header
	p.line("continues %x, cursor %s %x", h.Continues, secret(h.Cursor), CursorTag(h.Cursor))
	p.line("reconcile %t, final %t, base token %s", h.Reconcile, h.Final, secret(h.Base))
	for _, id := range h.Included {
		p.line("included %s", id)
	}
	p.body(m.Body, m.Compressed)
}

func (p *printer) body(body []byte, compressed bool) {
	p.line("body of %d bytes, compressed %t", len(body), compressed)
	b, err := DecodePageBody(body, compressed)
	if err != nil {
		p.line("%v", err)
		return
	}
	p.depth++
	defer func() { p.depth-- }()
	for _, m := range b.Masks {
		but := ""
		if m.Keep {
			but = "all but "
		}
		p.line("mask collection %d fields %s%v", m.Collection, but, m.Fields)
	}
	for _, id := range b.Retracts {
		p.line("retract %s", id)
	}
	for _, row := range b.Rows {
		p.line("row %s collection %d", row.ID, row.Collection)
		p.depth++
		for _, f := range row.Fields {
			p.line("%d = %s", f.Field, show(f.Value))
		}
		p.depth--
	}
}

func (p *printer) push(m *Push) {
	p.line("push %d", m.Number)
	for _, b := range m.Blobs {
		p.line("blob %x %s", BlobTag(b), secret(b))
	}
	for _, id := range m.Have {
		p.line("have %s", id)
	}
	for i, s := range m.Submitted() {
		p.line("change %d, body of %d bytes, receipt %s", s.Number, len(m.Changes[i].Body), secret(s.Receipt))
		p.depth++
		p.change(&s.Change)
		p.depth--
	}
}

func (p *printer) change(c *model.Change) {
	p.line("id %s", c.ID)
	p.line("hash %x", c.Hash)
	if c.Fault != model.ReasonNone {
		p.line("malformed, reason %d", c.Fault)
		return
	}
	op := [...]string{model.OpCreate: "create", model.OpEdit: "edit", model.OpDelete: "delete"}[c.Op]
	p.line("%s collection %d record %s", op, c.Collection, c.Record)
	p.depth++
	for _, a := range c.Fields {
		if c.Op == model.OpEdit {
			p.line("%d = %s, seen %016x", a.Field, show(a.Value), uint64(a.Seen))
		} else {
			p.line("%d = %s", a.Field, show(a.Value))
		}
	}
	p.depth--
	clock := &c.Occurred.Clock
	p.line("author %s, base token %s", c.Author, secret(c.Base))
	p.line("wall %s, elapsed %d ms since %s", instant(c.Occurred.Wall), c.Occurred.Elapsed, instant(clock.Mark))
	p.line("boot %016x, offset %d min, zone %q", clock.Boot, clock.Offset, clock.Zone)
	for _, id := range c.After {
		p.line("after %s", id)
	}
	for _, id := range c.Over {
		p.line("over %s", id)
	}
	if c.GroupSize > 0 {
		p.line("group %s of %d", c.Group, c.GroupSize)
	}
	if c.AfterEnd {
		p.line("made after the end of the session")
	}
}

func (p *printer) answers(m *Answers) {
	p.line("push %d, time %s", m.Number, instant(m.Time))
	for _, a := range m.Answers {
		p.line("%s, reason %d, repeat %t, receipt %t", a.Outcome, a.Reason, a.Repeat, a.Receipt != model.Receipt{})
	}
}

func (p *printer) found(m *Found) {
	p.line("search %d, code %d %s, more %t, partial %t", m.Number, m.Code, m.Code, m.More, m.Partial)
	for _, id := range m.Records {
		p.line("found %s", id)
	}
	p.body(m.Body, m.Compressed)
}

func (p *printer) bye(m *Bye) {
	p.line("code %d %s, reason %d", m.Code, m.Code, m.Reason)
	p.line("by %q at %s, unsent %d", m.By, instant(m.At), m.Unsent)
	p.line("not before %d ms, text %q", m.After, m.Text)
	p.line("unsent work %d, note %q", m.Fate, m.Note)
}

// small prints the messages that need no more than a line or two.
func (p *printer) small(m Message) {
	switch m := m.(type) {
	case *Resume:
		p.line("cursor %s %x, follow %t", secret(m.Cursor), CursorTag(m.Cursor), m.Follow)
		for _, id := range m.Waiting {
			p.line("waiting %s", id)
		}
		for _, id := range m.Held {
			p.line("held %s", id)
		}
	case *Got:
		p.line("cursor %x", m.Cursor)
	case *Ping:
		r := &m.Report
		p.line("unsent %d, oldest %s, space %d, skew %d ms, version %q", r.Unsent, instant(r.Oldest), r.Space, r.Skew, r.Version)
		p.line("wall %s", instant(m.Wall))
	case *Pong:
		p.line("time %s, wall %s", instant(m.Time), instant(m.Wall))
	case *Drain:
		p.line("reason %d, %d ms", m.Reason, m.Millis)
	case *Wipe:
		p.line("code %d %s", m.Code, m.Code)
	case *Wiped:
		p.line("unsent %d", m.Unsent)
	case *Decided:
		for _, id := range m.Changes {
			p.line("change %s", id)
		}
	case *ErrorMessage:
		p.line("code %d %s, push %d, text %q", m.Code, m.Code, m.Ref, m.Text)
	case *Holdings:
		for _, id := range m.Records {
			p.line("record %s", id)
		}
		p.line("last %t", m.Last)
	}
}

// show prints a value so that its kind can be told.
func show(v model.Value) string {
	switch v.Kind() {
	case model.KindText:
		return fmt.Sprintf("%q", v.Text())
	case model.KindBytes:
		return "0x" + v.String()
	case model.KindNull:
		return "null"
	default:
		return v.String()
	}
}
