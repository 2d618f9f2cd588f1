package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// TestE20_CorrectedWhileItRuns: the office corrects the beginning of what a phone out of signal is still timing. Its events stand, the
// correction on top of them, flagged, and the end that comes later ends it.
func TestE20_CorrectedWhileItRuns(t *testing.T) {
	c := payday(t)
	noon := c.now
	ben := c.phone(c.ben, model.Mobile)
	k := clockOf{boot: 1, mark: c.now - 8*hour}
	start := c.tick(c.ben, k, "work_start", model.RecordID{}, noon-5*hour)
	c.applied(ben, start)
	c.applied(c.office(), c.corrects(c.amy, model.RecordID(start.ID), set(model.CorrectionAt, model.Int(int64(noon-4*hour)))))
	c.applied(ben, c.tick(c.ben, k, "work_end", model.RecordID{}, noon-hour))
	s := c.sheet(c.ben, "2026-10-25", "2026-10-26")
	if len(s.Entries) != 1 || s.Paid != 3*hour || s.Worked != 4*hour || !strings.Contains(strings.Join(s.Entries[0].Flags, " "), workflow.FlagCorrected) {
		t.Errorf("paid %d min of %d worked, %+v; want 180 of 240, corrected", s.Paid/minute, s.Worked/minute, s.Entries)
	}
}

// TestE27_ASubcontractorsTimeIsInNoFile: it is kept, listed and approved like anybody's, and nobody pays it as wages.
func TestE27_ASubcontractorsTimeIsInNoFile(t *testing.T) { found(t, unpaidSubcontractor(t)) }

func unpaidSubcontractor(t *testing.T) string {
	c := payday(t)
	sue := c.phone(c.sue, model.Subcontractor)
	k := clockOf{boot: 1, mark: at("2026-10-12T07:00:00Z")}
	monday := at("2026-10-12T08:00:00Z")
	c.applied(sue, c.tick(c.sue, k, "work_start", model.RecordID{}, monday), c.tick(c.sue, k, "work_end", model.RecordID{}, monday+hour))
	if s := c.sheet(c.sue, "2026-10-12", "2026-10-19"); s.Worked != hour {
		return fmt.Sprintf("%d min are listed, want 60", s.Worked/minute)
	}
	check(t, c.moves(model.SheetApprove, c.sue, "2026-10-12", "2026-10-19"))
	if p, err := c.exports(1, "2026-10-12", "2026-10-19"); !errors.Is(err, model.ErrNothing) {
		return fmt.Sprintf("a file of a subcontractor's time alone: %+v, %v", p, err)
	}
	return ""
}
