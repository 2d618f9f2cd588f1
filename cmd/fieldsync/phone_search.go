package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// searchWait is how long a terminal waits for the server to search.
const searchWait = 15 * time.Second

// search finds records by words: on this device, or at the server.
func (t *terminal) search(ctx context.Context, w io.Writer, args []string) error {
	there := len(args) > 0 && args[0] == "--server"
	if there {
		args = args[1:]
	}
	words, err := rest(args, 0, "what to look for")
	if err != nil {
		return err
	}
	q := model.Search{Words: words, Limit: 20}
	var found device.Findings
	if there {
		ctx, cancel := context.WithTimeout(ctx, searchWait)
		defer cancel()
		if err := t.station.until(ctx, t.station.greeted); err != nil {
			return err
		}
		found, err = t.station.SearchServer(ctx, q)
	} else {
		found, err = t.station.Search(q)
	}
	if err != nil {
		return err
	}
	switch {
	case len(found.Records) == 0 && there:
		fmt.Fprintln(w, "nothing")
	case len(found.Records) == 0:
		fmt.Fprintln(w, "nothing on this device; search --server looks there too")
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range found.Records {
		spec, _ := builtin().Spec(r.Collection)
		fmt.Fprintf(table, "%s\t%s\n", recordOf(spec), t.station.gist(r))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	if found.More {
		fmt.Fprintln(w, "there are more; more words find fewer")
	}
	if found.Partial {
		fmt.Fprintln(w, "there is too much to look through all of it")
	}
	return nil
}

// greeted says that a connection that was begun is there, or did not come about.
func (s *station) greeted() (bool, error) {
	_, running := s.ended()
	state := s.Status().State
	return !running || state != device.StateOff && state != device.StateConnecting, nil
}

// gist is a record in a line: which job it is or belongs to, and what it says.
func (s *station) gist(r device.Record) string {
	var parts []string
	switch parent, ok, err := s.Show(r.Parent()); {
	case r.Collection == model.Jobs:
		parts = append(parts, jobName(r))
	case err == nil && ok && parent.Collection == model.Jobs:
		parts = append(parts, jobName(parent))
	}
	spec, _ := builtin().Spec(r.Collection)
	for _, f := range spec.Fields {
		said := slices.Contains([]model.FieldNo{model.JobTitle, model.JobNumber}, f.No) && r.Collection == model.Jobs
		if text := r.Value(f.No).Text(); text != "" && !said && (f.Type == model.TypeText || f.Type == model.TypeLong) {
			parts = append(parts, text)
		}
	}
	return short(strings.Join(strings.Fields(strings.Join(parts, ", ")), " "), 100)
}

// short is a text of at most so many letters.
func short(text string, most int) string {
	if letters := []rune(text); len(letters) > most {
		return string(letters[:most-1]) + "…"
	}
	return text
}
