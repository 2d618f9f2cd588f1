package api

import (
	"bufio"
	"context"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Limits of the change feed.
const (
	// MaxEvents is how many events a page of the feed has at most.
	MaxEvents = 1000
	// MaxWait is how long a request may wait for something to happen.
	MaxWait = 60 * time.Second
)

// feed adds the change feed and the snapshot that it follows.
func (s *service) feed(h huma.API) {
	s.serve(h, changesOperation(h), s.changes)
	s.serve(h, snapshotOperation(h), s.snapshot)
}

// changes answers with the events after a cursor; it waits for one when it was asked to.
func (s *service) changes(c *call) error {
	asked, err := c.feedQuery()
	if err != nil {
		return err
	}
	wait, stop := context.WithTimeout(c, asked.wait)
	defer stop()
	for {
		woken, unwatch := s.office.Woken(c.Tenant) // before the look, or what comes in between is missed
		page, err := s.office.Events(c, c.Caller, asked.cursor, asked.of, asked.limit)
		if err != nil || len(page.Events) > 0 || asked.wait == 0 || !s.sleep(wait, woken) {
			unwatch()
			if err != nil {
				return err
			}
			c.events(page)
			return nil
		}
		unwatch()
		asked.cursor = page.Cursor
	}
}

// sleep waits for the next commit; false: it is time to answer.
func (s *service) sleep(ctx context.Context, woken <-chan struct{}) bool {
	select {
	case <-woken:
		return true
	case <-ctx.Done():
	case <-s.done:
	}
	return false
}

// feedQuery is what a page of the feed is asked for.
type feedQuery struct {
	cursor string
	of     []model.Collection
	limit  int
	wait   time.Duration
}

func (c *call) feedQuery() (q feedQuery, err error) {
	q.limit = defaultLimit
	var faults []problem.Fault
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		value, message := c.query[name], ""
		switch name {
		case "since":
			if q.cursor, err = decodeCursor(value); err != nil {
				return q, err
			}
		case "collections":
			q.of, message = c.collections(value)
		case "limit":
			if q.limit, err = strconv.Atoi(value); err != nil || q.limit < 1 || q.limit > MaxEvents {
				message = "want a number from 1 to " + strconv.Itoa(MaxEvents)
			}
		case "wait":
			if q.wait, err = time.ParseDuration(value); err != nil || q.wait < 0 || q.wait > MaxWait {
				message = "want a duration of at most 60s, as 30s"
			}
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + name, Message: message})
		}
	}
	return q, asked(faults)
}

// collections reads a list of collections by name.
func (c *call) collections(list string) (of []model.Collection, message string) {
	for name := range strings.SplitSeq(list, ",") {
		spec, ok := c.table.Named(name)
		if !ok {
			return nil, "names a collection that there is not"
		}
		of = append(of, spec.No)
	}
	return of, ""
}

// events answers with a page of the feed.
func (c *call) events(page model.Events) {
	b := []byte(`{"events":[`)
	for i := range page.Events {
		if i > 0 {
			b = append(b, ',')
		}
		b = document.AppendEvent(b, c.table, &page.Events[i])
	}
	b = append(b, `],"cursor":"`+encodeCursor(page.Cursor)+`","more":`...)
	b = strconv.AppendBool(b, page.More)
	c.json(http.StatusOK, append(b, '}'))
}

// snapshot streams every record that the caller sees, a document a line, and the feed's cursor as the last line. A stream
// that was cut has no cursor, so that nobody takes it for whole.
func (s *service) snapshot(c *call) error {
	var of []model.Collection
	if list, ok := c.query["collections"]; ok {
		var message string
		if of, message = c.collections(list); message != "" {
			return asked([]problem.Fault{{Location: "query.collections", Message: message}})
		}
	}
	// A snapshot may take longer than any other answer; it ends when nobody takes it any more.
	deadline := http.NewResponseController(c.w)
	lines := bufio.NewWriterSize(c.w, 64<<10)
	var line []byte
	begun := 0
	cursor, err := s.office.Snapshot(c, c.Caller, of, func(r model.Shown) error {
		if begun == 0 {
			c.w.Header().Set("Content-Type", "application/x-ndjson")
		}
		if begun++; begun%1000 == 1 {
			_ = deadline.SetWriteDeadline(time.Now().Add(MaxWait)) // a recorder in a test has none
		}
		line = append(document.AppendOf(line[:0], c.table, &r), '\n')
		_, err := lines.Write(line)
		return err
	})
	switch {
	case err != nil && begun == 0:
		return err
	case err != nil:
		_ = lines.Flush()
		panic(http.ErrAbortHandler) // the only way to tell an HTTP client that this is not all
	}
	c.w.Header().Set("Content-Type", "application/x-ndjson")
	_, _ = lines.WriteString(`{"cursor":"` + encodeCursor(cursor) + "\"}\n")
	_ = lines.Flush() // nobody is told when nobody listens any more
	return nil
}
