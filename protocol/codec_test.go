package protocol_test

import (
	"bytes"
	"errors"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestMessages(t *testing.T) {
	for name, m := range samples(t) {
		frame := protocol.Encode(m)
		back, err := protocol.Decode(frame)
		if err != nil {
			t.Errorf("%s: Decode = %v", name, err)
			continue
		}
		if !reflect.DeepEqual(back, m) {
			t.Errorf("%s: got %+v, want %+v", name, back, m)
		}
		if again := protocol.Encode(back); !bytes.Equal(again, frame) {
			t.Errorf("%s: re-encodes to %x, want %x", name, again, frame)
		}
	}
}

// TestLacking cuts the last element off every sample: what lacks an element is fatal, never zero.
func TestLacking(t *testing.T) {
	for name, m := range samples(t) {
		frame := protocol.Encode(m)
		if frame[0] == 0x91 {
			continue // a poke has no element to lack
		}
		for end := 2; end < len(frame); end++ {
			short := bytes.Clone(frame[:end])
			short[0]--
			if back, err := protocol.Decode(short); err == nil {
				t.Errorf("%s cut at %d decodes to %+v", name, end, back)
			}
			if back, err := protocol.Decode(frame[:end]); err == nil {
				t.Errorf("%s truncated at %d decodes to %+v", name, end, back)
			}
		}
	}
}

// TestNewer puts elements of a newer peer behind every sample.
func TestNewer(t *testing.T) {
	for name, m := range samples(t) {
		frame := protocol.Encode(m)
		frame[0] += 2
		frame = append(frame, 0x81, 0xa1, 'k', 0x92, 0x01, 0xc0) // {"k": [1, nil]}
		frame = append(frame, 0xa3, 'n', 'e', 'w')
		if name == "welcome" { // 15 elements and two more need the next form of the array
			frame = append([]byte{0xdc, 0, 17}, frame[1:]...)
		}
		back, err := protocol.Decode(frame)
		if err != nil {
			t.Errorf("%s: Decode = %v", name, err)
		} else if !reflect.DeepEqual(back, m) {
			t.Errorf("%s: got %+v, want %+v", name, back, m)
		}
	}
}

func TestLargest(t *testing.T) {
	many := make([]model.ChangeID, protocol.MaxIDs)
	for i := range many {
		many[i] = change(byte(i))
	}
	big := uint64(1<<64 - 1)
	answers := make([]model.Answer, protocol.MaxChanges)
	for i := range answers {
		answers[i] = model.Answer{Outcome: 63, Reason: 1<<16 - 1, Repeat: true, Receipt: model.Receipt(fill(16, 1))}
	}
	far := model.Instant(1 << 53)
	long := strings.Repeat("é", 1000)
	rows := make([]model.RecordID, protocol.MaxHoldings)
	for _, m := range []protocol.Message{
		&protocol.Challenge{Oldest: big, Newest: big, Time: -far},
		&protocol.Hello{Version: big, Token: big, Next: big, Features: big, App: long, Signature: fill(80, 1)},
		&protocol.Welcome{
			Version: big, Name: long, Kind: 255, Token: big, Time: far, Safe: far, Features: big, MaxChanges: big, MaxBytes: big, Lease: 1 << 53,
		},
		&protocol.Resume{Cursor: fill(protocol.MaxCursor, 1), Waiting: many, Held: many},
		&protocol.Page{
			Header: protocol.PageHeader{Cursor: fill(protocol.MaxCursor, 1), Included: many, Base: fill(protocol.MaxBase, 1)},
			Body:   fill(protocol.MaxSentBody, 1),
		},
		&protocol.Answers{Number: big, Time: far, Answers: answers},
		&protocol.Ping{
			Report: model.Report{Unsent: 1<<32 - 1, Oldest: far, Space: 1<<63 - 1, Skew: int64(-far), Version: long}, Wall: far,
		},
		&protocol.Pong{Time: far, Wall: far},
		&protocol.Drain{Reason: 255, Millis: 1 << 53},
		&protocol.Bye{Code: 65535, Reason: 255, By: long, At: far, Unsent: big, After: 1 << 53, Text: long, Fate: 255, Note: long},
		&protocol.ErrorMessage{Code: 65535, Ref: big, Text: long},
		&protocol.Wipe{Code: 65535},
		&protocol.Wiped{Unsent: big},
		&protocol.Decided{Changes: many},
		&protocol.Holdings{Records: rows},
		&protocol.Search{Number: big, Words: long, Collections: slices.Repeat([]model.Collection{1<<16 - 1}, protocol.MaxSearched), Limit: protocol.MaxFound},
		&protocol.Found{Number: big, Code: 199, Records: rows[:protocol.MaxFound], Body: fill(protocol.MaxFrame-2048, 1)},
	} {
		frame := protocol.Encode(m)
		if _, err := protocol.Decode(frame); err != nil {
			t.Errorf("%s of %d bytes: Decode = %v", m.Type(), len(frame), err)
		}
	}
}

func TestFate(t *testing.T) {
	tooMany := &protocol.Push{Number: 9}
	for range protocol.MaxChanges + 1 {
		tooMany.Changes = append(tooMany.Changes, protocol.PushedChange{Body: fill(30, 1)})
	}
	for _, row := range []struct {
		frame []byte
		fate  protocol.Fate
		code  protocol.Code
		ref   uint64
		why   string
	}{
		{nil, protocol.Fatal, 0, 0, "nothing at all"},
		{[]byte{0x90}, protocol.Fatal, 0, 0, "no number"},
		{[]byte{0xc0}, protocol.Fatal, 0, 0, "not an array"},
		{[]byte{0x91, 0x00}, protocol.Fatal, 0, 0, "numbers begin at 1"},
		{[]byte{0x91, 0x15}, protocol.Respond, protocol.CodeUnknownMessage, 0, "the next number there may be one day"},
		{[]byte{0x91, 0x7f}, protocol.Respond, protocol.CodeUnknownMessage, 0, "the last number that fits one byte"},
		{[]byte{0x91, 0xcc, 0x80}, protocol.Fatal, 0, 0, "numbers are one byte, for ever"},
		{protocol.Encode(tooMany), protocol.Respond, protocol.CodeTooManyChanges, 9, "the device can send them in two"},
		{append(protocol.Encode(&protocol.Poke{}), fill(100, 0)...), protocol.Fatal, 0, 0, "trailing bytes"},
	} {
		_, err := protocol.Decode(row.frame)
		var bad *protocol.FrameError
		if !errors.As(err, &bad) {
			t.Errorf("%s: err = %v, want a FrameError", row.why, err)
			continue
		}
		if bad.Fate != row.fate || bad.Code != row.code || bad.Ref != row.ref {
			t.Errorf("%s: got %d %d %d, want %d %d %d", row.why, bad.Fate, bad.Code, bad.Ref, row.fate, row.code, row.ref)
		}
	}
}

// allocated is how many bytes f takes from the heap, the least of a few runs: pools fill and other goroutines allocate.
func allocated(f func()) uint64 {
	least := uint64(1<<64 - 1)
	for range 5 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		f()
		runtime.ReadMemStats(&after)
		least = min(least, after.TotalAlloc-before.TotalAlloc)
	}
	return least
}

// TestAllocation holds the promise of Decode with what a device could send to break it: the most structure for the
// fewest bytes.
func TestAllocation(t *testing.T) {
	thin := &protocol.Push{}
	for range protocol.MaxChanges {
		thin.Changes = append(thin.Changes, protocol.PushedChange{Body: fill(protocol.MinChange, 1)})
	}
	for range protocol.MaxBlobs {
		thin.Blobs = append(thin.Blobs, fill(protocol.MinBlob, 1))
	}
	ids := &protocol.Resume{Waiting: make([]model.ChangeID, protocol.MaxIDs)}
	frames := map[string][]byte{
		"thin push":       protocol.Encode(thin),
		"many ids":        protocol.Encode(ids),
		"thin answers":    protocol.Encode(&protocol.Answers{Answers: make([]model.Answer, protocol.MaxChanges)}),
		"16Mi declared":   {0x98, 0x07, 0x01, 0xdd, 0x01, 0x00, 0x00, 0x00},
		"deep":            fill(protocol.MaxFrame, 0x91),
		"wide":            append([]byte{0xdc, 0x27, 0x10}, fill(10_000, 0x01)...),
		"text declared":   {0x92, 0x0e, 0xdb, 0xff, 0xff, 0xff, 0xff},
		"bytes declared":  {0x92, 0x06, 0xc6, 0xff, 0xff, 0xff, 0xff},
		"100 million ops": {0x81, 0xa3, 0x6f, 0x70, 0x73, 0xdd, 0x05, 0xf5, 0xe1, 0x00},
	}
	for name, m := range samples(t) {
		frames[name] = protocol.Encode(m)
	}
	for name, frame := range frames {
		limit := uint64(4<<10 + 2*len(frame))
		if got := allocated(func() { _, _ = protocol.Decode(frame) }); got > limit {
			t.Errorf("%s: %d bytes of frame allocate %d, want at most %d", name, len(frame), got, limit)
		}
	}
}
