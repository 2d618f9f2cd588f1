package protocol_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestSizes holds what the design promises of bytes on the wire, so that a convenience in the codec does not eat a
// phone's tariff. Tokens have their real sizes: a base token 49 bytes, a cursor 192, a receipt 16.
func TestSizes(t *testing.T) {
	var twenty []model.Change
	for i := range byte(20) {
		c := status(0x80 + i)
		c.After = []model.ChangeID{change(0x7f + i)} // each event names the one before
		twenty = append(twenty, c)
	}
	answers := func(n int) *protocol.Answers {
		a := &protocol.Answers{Number: 5000, Time: noon}
		for range n {
			a.Answers = append(a.Answers, model.Answer{Outcome: model.OutcomeApplied, Receipt: model.Receipt(fill(16, 1))})
		}
		return a
	}
	batch := pushOf(t, 5000, twenty...)
	batch.Changes[0].Number = 5000
	alone := page()
	alone.Header.Included = nil
	for _, row := range []struct {
		what string
		m    protocol.Message
		per  int // changes to share the frame
		most int
	}{
		{"a status change alone", pushOf(t, 5000, status(0x80)), 1, 200},
		{"a status change of twenty", batch, 20, 110},
		{"an answer alone", answers(1), 1, 40},
		{"an answer of twenty", answers(20), 20, 40},
		{"a page with one changed field", alone, 1, 320},
		{"a poke", &protocol.Poke{}, 1, 2},
		{"a ping", samples(t)["ping"], 1, 50},
	} {
		got := len(protocol.Encode(row.m))
		t.Logf("%-30s %5d bytes, %.1f each", row.what, got, float64(got)/float64(row.per))
		if got > row.per*row.most {
			t.Errorf("%s: %d bytes, want at most %d × %d", row.what, got, row.per, row.most)
		}
	}
}
