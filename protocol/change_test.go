package protocol_test

import (
	"crypto/sha256"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

func texts(blobs [][]byte) []string {
	var out []string
	for _, b := range blobs {
		out = append(out, string(b))
	}
	return out
}

func TestChange(t *testing.T) {
	bare := status(0x80)
	bare.Base = ""
	deleted := model.Change{
		ID: change(0x82), Author: london.User, Op: model.OpDelete, Collection: model.Notes, Record: record(0x60),
		Occurred: model.Occurrence{Wall: 5, Clock: london},
	}
	late := status(0x83)
	late.AfterEnd = true
	stacked := edit()
	stacked.Group, stacked.GroupSize, stacked.AfterEnd = model.GroupID{}, 0, false
	for _, row := range []struct {
		change model.Change
		why    string
	}{
		{status(0x80), "the everyday change"},
		{edit(), "every element"},
		{bare, "a device that has no checkpoint yet has no base"},
		{deleted, "no fields"},
		{late, "the last element alone, the others empty"},
		{stacked, "the tail ends before the group"},
	} {
		body, blobs, err := protocol.EncodeChange(&row.change)
		if err != nil {
			t.Errorf("%s: EncodeChange = %v", row.why, err)
			continue
		}
		want := row.change
		want.Body, want.Blobs, want.Hash = string(body), texts(blobs), sha256.Sum256(body)
		if got := protocol.DecodeChange(string(body), texts(blobs)); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", row.why, got, want)
		}
	}
}

func TestEncodeChangeRefuses(t *testing.T) {
	for _, row := range []struct {
		spoil func(*model.Change)
		why   string
	}{
		{func(c *model.Change) { c.ID = model.ChangeID{} }, "no id"},
		{func(c *model.Change) { c.Record = model.RecordID{} }, "no record"},
		{func(c *model.Change) { c.Op = 4 }, "no such operation"},
		{func(c *model.Change) { c.Collection = 0 }, "collections begin at 1"},
		{func(c *model.Change) { c.Fields[0], c.Fields[1] = c.Fields[1], c.Fields[0] }, "fields must ascend"},
		{func(c *model.Change) { c.Fields[0].Seen = 0; c.Fields = nil }, "an edit of nothing"},
		{func(c *model.Change) { c.GroupSize = 101 }, "a group larger than what may be in flight"},
		{func(c *model.Change) { c.GroupSize = 0 }, "a group without a size"},
		{func(c *model.Change) { c.Base = "short" }, "no token is that short"},
		{func(c *model.Change) { c.Base = string(fill(65, 1)) }, "no token is that long"},
		{func(c *model.Change) { c.Author = user(0x99) }, "the clock is another user's"},
		{func(c *model.Change) { c.Author = model.UserID{}; c.Occurred.Clock.User = model.UserID{} }, "nobody's"},
		{func(c *model.Change) { c.Fields[0].Value = model.Text("\xff") }, "not UTF-8: it would read back as another"},
		{func(c *model.Change) { c.Fields[0].Value = model.Text(strings.Repeat("x", 64<<10)) }, "larger than a change"},
		{func(c *model.Change) { c.Over = make([]model.ChangeID, protocol.MaxOver+1) }, "too many edits below"},
		{func(c *model.Change) { c.After = make([]model.ChangeID, protocol.MaxAfter+1) }, "too many predecessors"},
		{func(c *model.Change) { c.Occurred.Wall = 1<<53 + 1 }, "no double holds it"},
		{func(c *model.Change) { c.Occurred.Clock.Offset = 1081 }, "no such place"},
	} {
		c := edit()
		row.spoil(&c)
		if body, _, err := protocol.EncodeChange(&c); !errors.Is(err, protocol.ErrChange) {
			t.Errorf("%s: EncodeChange = %x, %v, want ErrChange", row.why, body, err)
		}
	}
}

func TestFault(t *testing.T) {
	c := status(0x80)
	body, blobs, err := protocol.EncodeChange(&c)
	if err != nil {
		t.Fatal(err)
	}
	good := string(body)
	for _, row := range []struct {
		body  string
		blobs []string
		fault model.Reason
		id    model.ChangeID
		why   string
	}{
		{good, texts(blobs), 0, c.ID, "as it was"},
		{good, texts(append([][]byte{fill(20, 9)}, blobs...)), 0, c.ID, "a blob more does no harm"},
		{good, nil, model.ReasonShape, c.ID, "no blobs"},
		{good, texts(blobs[:1]), model.ReasonShape, c.ID, "no clock"},
		{good, texts(blobs[1:]), model.ReasonShape, c.ID, "no base token"},
		{good + "\x00", texts(blobs), model.ReasonBody, c.ID, "a byte too many"},
		{good[:len(good)-1], texts(blobs), model.ReasonBody, c.ID, "a byte too few"},
		{"\x87" + good[1:], texts(blobs), model.ReasonBody, model.ChangeID{}, "a map"},
		{"", nil, model.ReasonBody, model.ChangeID{}, "nothing"},
		{strings.Replace(good, "\xa6travel", "\xa6trave\xff", 1), texts(blobs), model.ReasonBody, c.ID, "not UTF-8"},
		{strings.Replace(good, "\x02\xa6travel", "\x01\xa6travel", 1), texts(blobs), model.ReasonShape, c.ID, "a field twice"},
		{good + strings.Repeat("\x00", 64<<10), texts(blobs), model.ReasonTooLarge, c.ID, "too long"},
	} {
		got := protocol.DecodeChange(row.body, row.blobs)
		if got.Fault != row.fault || got.ID != row.id {
			t.Errorf("%s: fault %d of %s, want %d of %s", row.why, got.Fault, got.ID, row.fault, row.id)
		}
		if got.Body != row.body || got.Hash != sha256.Sum256([]byte(row.body)) || !reflect.DeepEqual(got.Blobs, row.blobs) {
			t.Errorf("%s: body, blobs or hash are not as given", row.why)
		}
	}
}

// TestSubmitted checks that one bad change of a push concerns no other, and that each gets its own blobs.
func TestSubmitted(t *testing.T) {
	first, last := status(0x80), edit()
	last.Base = string(fill(49, 0xb6))
	p := pushOf(t, 1, first, last)
	if len(p.Blobs) != 3 {
		t.Fatalf("%d blobs, want 3: one clock, two tokens", len(p.Blobs))
	}
	p.Changes = append(p.Changes[:1], protocol.PushedChange{Number: 5, Body: fill(30, 0xc1)}, p.Changes[1])
	m, err := protocol.Decode(protocol.Encode(p))
	if err != nil {
		t.Fatal(err)
	}
	got := m.(*protocol.Push).Submitted()
	for i, want := range []model.Reason{0, model.ReasonBody, 0} {
		if got[i].Change.Fault != want {
			t.Errorf("change %d: fault %d, want %d", i, got[i].Change.Fault, want)
		}
	}
	if c := got[2].Change; c.Base != last.Base || len(c.Blobs) != 2 || c.Occurred.Clock != london {
		t.Errorf("the last change has base %x, %d blobs, clock %+v", c.Base, len(c.Blobs), c.Occurred.Clock)
	}
	again := protocol.DecodeChange(got[0].Change.Body, got[0].Change.Blobs)
	if !reflect.DeepEqual(again, got[0].Change) {
		t.Errorf("read from the store: %+v, want %+v", again, got[0].Change)
	}
}

func TestAdd(t *testing.T) {
	c := edit()
	c.Fields[0].Value = model.Text(strings.Repeat("x", 60_000))
	body, blobs, err := protocol.EncodeChange(&c)
	if err != nil {
		t.Fatal(err)
	}
	p, n := &protocol.Push{Have: make([]model.ChangeID, 10)}, 0
	for p.Add(protocol.PushedChange{Number: 1 << 62, Body: body, Receipt: fill(16, 1)}, blobs) {
		n++
	}
	frame := protocol.Encode(p)
	if n != 4 || len(p.Changes) != 4 || len(frame) > protocol.MaxFrame {
		t.Errorf("%d changes in a frame of %d bytes, want 4 below %d", n, len(frame), protocol.MaxFrame)
	}
	if _, err := protocol.Decode(frame); err != nil {
		t.Errorf("Decode = %v", err)
	}
}

// TestChangeAllocation: a change costs what its fields cost, whatever its bytes say.
func TestChangeAllocation(t *testing.T) {
	c := status(0x80)
	c.Fields = nil
	for f := range protocol.MaxAssigns {
		c.Fields = append(c.Fields, model.Assign{Field: model.FieldNo(f + 1), Value: model.Bool(true)})
	}
	body, blobs, err := protocol.EncodeChange(&c)
	if err != nil {
		t.Fatal(err)
	}
	text, blobTexts := string(body), texts(blobs)
	limit := uint64(4<<10 + 2*len(body) + 48*len(c.Fields))
	if got := allocated(func() { _ = protocol.DecodeChange(text, blobTexts) }); got > limit {
		t.Errorf("%d bytes of body allocate %d, want at most %d", len(body), got, limit)
	}
}
