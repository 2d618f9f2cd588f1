package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxHours is how many events the list of hours has: about two weeks.
const maxHours = 200

// ownHours is the newest events of the user's time, the oldest first. What the server has not heard of yet has no place in
// time, and comes last.
func (s *station) ownHours() ([]device.Record, error) {
	all, err := s.List(model.TimesheetEvents, model.RecordID{})
	all = slices.DeleteFunc(all, func(r device.Record) bool {
		return !r.Value(model.TimeWorker).IsNull() && personIn(r, model.TimeWorker) != s.Who().User
	})
	at := func(r device.Record) uint64 { return uint64(r.Value(model.TimeAt).Int() - 1) } // none: the largest
	slices.SortFunc(all, func(a, b device.Record) int { return cmp.Or(cmp.Compare(at(a), at(b)), a.ID.Compare(b.ID)) })
	return all[max(0, len(all)-maxHours):], err
}

// listHours shows the user's hours, what the office changed of them and why, and how far they are approved (domain E25).
func (t *terminal) listHours(w io.Writer) error {
	s := t.station
	events, err := s.ownHours()
	if err != nil {
		return err
	}
	corrections, err := s.List(model.TimesheetCorrections, model.RecordID{})
	if err != nil {
		return err
	}
	sheets, err := s.List(model.TimesheetApprovals, model.RecordID{})
	if err != nil {
		return err
	}
	if len(events)+len(corrections)+len(sheets) == 0 {
		fmt.Fprintln(w, "no hours yet; hours start begins your day")
		return nil
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	said := map[model.RecordID][]device.Record{}
	for _, c := range corrections {
		of := model.RefOf(c.Value(model.CorrectionEvent))
		said[of] = append(said[of], c)
	}
	for i, e := range events {
		what := strings.ReplaceAll(e.Value(model.TimeKind).Text(), "_", " ")
		if n := e.Value(model.TimeAmount); !n.IsNull() {
			what += fmt.Sprintf(" of %d min", n.Int())
		}
		fmt.Fprintf(table, "%d\t%s\t%s\t%s\n", i+1, hourOf(e.Value(model.TimeAt)), what, e.Value(model.TimeFlags).Text())
		sayCorrections(table, said[e.ID])
	}
	sayCorrections(table, said[model.RecordID{}])
	for _, a := range sheets {
		fmt.Fprintf(table, "\t%s to %s\t%s\t%s\n", a.Value(model.ApprovalFromDay).Text(), a.Value(model.ApprovalUntilDay).Text(),
			a.Value(model.ApprovalState).Text(), a.Value(model.ApprovalNote).Text())
	}
	return table.Flush()
}

// hourOf is when something was, where the phone is.
func hourOf(at model.Value) string {
	if at.IsNull() {
		return "not sent yet"
	}
	return time.UnixMilli(at.Int()).Format("Mon 2 Jan 15:04 -07:00")
}

func sayCorrections(w io.Writer, list []device.Record) {
	for _, c := range list {
		who := "you"
		if c.Value(model.CorrectionOffice).Bool() {
			who = "the office"
		}
		var what []string
		if at := c.Value(model.CorrectionAt); !at.IsNull() {
			what = append(what, "at "+hourOf(at))
		}
		if n := c.Value(model.CorrectionMinutes); !n.IsNull() {
			what = append(what, fmt.Sprintf("%+d min", n.Int()))
		}
		if c.Value(model.CorrectionVoid).Bool() {
			what = append(what, "it does not count")
		}
		fmt.Fprintf(w, "\t\t%s: %s\t%s\n", who, strings.Join(what, ", "), c.Value(model.CorrectionReason).Text())
	}
}

// dispute says that an event of the user's was as it was told, whatever the office made of it (domain E17).
func (t *terminal) dispute(w io.Writer, args []string) error {
	reason, err := rest(args, 1, "why")
	if err != nil {
		return err
	}
	events, err := t.station.ownHours()
	if err != nil {
		return err
	}
	n, err := strconv.Atoi(args[0])
	if err != nil || n < 1 || n > len(events) {
		return fmt.Errorf("%q is no number in the list that hours shows", args[0])
	}
	e := events[n-1]
	return t.save(w, create(model.TimesheetCorrections,
		val(model.CorrectionEvent, model.Ref(e.ID)), val(model.CorrectionAt, e.Value(model.TimeAt)), val(model.CorrectionReason, model.Text(reason))))
}
