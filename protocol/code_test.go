package protocol_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestCodeOf: every way a session ends has a code that stops the device, or it would come back for ever (domain F4).
func TestCodeOf(t *testing.T) {
	seen := map[protocol.Code]bool{}
	for reason := model.EndSuperseded; reason <= model.LastEnd; reason++ {
		code := protocol.CodeOf(reason)
		if !code.Stops() || code.Reconnects() || code.Wipes() {
			t.Errorf("CodeOf(%d) = %d, want a code that stops and wipes nothing", reason, code)
		}
		if seen[code] {
			t.Errorf("CodeOf(%d) = %d, which another reason has", reason, code)
		}
		seen[code] = true
	}
	if got := protocol.CodeOf(200); !got.Stops() {
		t.Errorf("CodeOf(a newer reason) = %d, want a code that stops", got)
	}
}

func TestCodeRanges(t *testing.T) {
	for _, row := range []struct {
		code                     protocol.Code
		reconnects, stops, wipes bool
		why                      string
	}{
		{protocol.CodeNone, false, false, false, "everything was said"},
		{1006, true, false, false, "the network's own"},
		{protocol.CodeRestart, true, false, false, "the first to come back after"},
		{4099, true, false, false, "a newer one of the range"},
		{protocol.CodeSuperseded, false, true, false, "the first to stop at"},
		{4199, false, true, false, "a newer one of the range"},
		{protocol.CodeStolen, false, true, true, "a wipe stops too"},
		{4299, false, true, true, "a newer one of the range"},
		{4300, true, false, false, "a range that is not there yet must not strand anybody"},
	} {
		c := row.code
		if c.Reconnects() != row.reconnects || c.Stops() != row.stops || c.Wipes() != row.wipes {
			t.Errorf("%d (%s): %t %t %t, want %t %t %t", c, row.why, c.Reconnects(), c.Stops(), c.Wipes(),
				row.reconnects, row.stops, row.wipes)
		}
	}
}
