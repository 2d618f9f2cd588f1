package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// messages shows what there is of messages, and marks those as read that are to whoever looks. A message to the office is to everybody there.
func (t *terminal) messages(w io.Writer, _ []string) error {
	s := t.station
	all, err := s.List(model.Messages, model.RecordID{})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		fmt.Fprintln(w, "no messages")
		return nil
	}
	slices.SortFunc(all, func(a, b device.Record) int {
		return cmp.Compare(a.Value(model.MessageAt).Int(), b.Value(model.MessageAt).Int())
	})
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	var marks []device.Draft
	for _, m := range all {
		read := "not read yet"
		if at := m.Value(model.MessageRead); !at.IsNull() {
			read = "read " + clock(at)
		} else if t.isTo(m) {
			read = "new"
			marks = append(marks, edit(m, val(model.MessageRead, model.Int(time.Now().UnixMilli()))))
		}
		fmt.Fprintf(table, "%s\t%s to %s\t%s\t%s\n", clock(m.Value(model.MessageAt)), s.writer(m), s.reader(m), read, m.Value(model.MessageText).Text())
	}
	if err := table.Flush(); err != nil || len(marks) == 0 {
		return err
	}
	return t.save(w, marks...)
}

// isTo says whether a message is to whoever looks.
func (t *terminal) isTo(m device.Record) bool {
	who := t.station.Who()
	to := m.Value(model.MessageTo)
	return to.IsNull() && who.Kind == model.Desktop && personIn(m, model.MessageAuthor) != who.User || personIn(m, model.MessageTo) == who.User
}

// writer is who wrote a message: of one that the server has not seen yet, whoever looks.
func (s *station) writer(m device.Record) string {
	if m.Value(model.MessageAuthor).IsNull() {
		return s.Who().Name
	}
	return s.person(personIn(m, model.MessageAuthor))
}

// reader is whom a message is to.
func (s *station) reader(m device.Record) string {
	if m.Value(model.MessageTo).IsNull() {
		return "the office"
	}
	return s.person(personIn(m, model.MessageTo))
}

// tell writes to the office, and tellPerson to somebody.
func (t *terminal) tell(w io.Writer, args []string) error {
	words, err := rest(args, 0, "what to say")
	if err != nil {
		return err
	}
	return t.save(w, create(model.Messages, val(model.MessageText, model.Text(words))))
}

func (t *terminal) tellPerson(w io.Writer, args []string) error {
	words, err := rest(args, 1, "the name or what to say")
	if err != nil {
		return err
	}
	who, err := t.station.assignee(args[0])
	if err != nil {
		return err
	}
	if who.Field != model.AssignmentUser {
		return errors.New("a message is to a person, not to a company")
	}
	return t.save(w, create(model.Messages, val(model.MessageTo, who.Value), val(model.MessageText, model.Text(words))))
}
