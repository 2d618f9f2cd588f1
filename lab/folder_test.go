package lab_test

import (
	"crypto/rand"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/lab"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// tidy is a database whose Close can be seen.
type tidy struct {
	*client.SQLite
	closed bool
}

func (c *tidy) Close() error {
	c.closed = true
	return c.SQLite.Close()
}

// What a crash leaves is what was durable, in the files as they lay there: closing a database would have tidied the log
// away, which no killed process does.
func TestCrashLeavesWhatWasDurable(t *testing.T) {
	dir, key := t.TempDir(), make([]byte, 32)
	local, err := client.OpenSQLite(lab.Database(dir), key)
	check(t, err)
	r, err := replica.Open(local, replica.Config{Random: rand.Reader})
	check(t, err)
	check(t, r.SignedIn(replica.Identity{Tenant: model.TenantID{1}, User: model.UserID{2}, Device: model.DeviceID{3}, Session: model.SessionID{4}}))
	_, err = r.ApplyPage(protocol.PageHeader{Continues: protocol.CursorTag(nil), Cursor: []byte("cursor"), Final: true, Base: []byte("a base token")}, protocol.PageBody{})
	check(t, err)
	saved, err := r.Save(replica.Moment{Wall: 1, Mono: 1, Boot: 1}, replica.Draft{
		Op: model.OpCreate, Collection: model.Jobs, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text("work")}},
	})
	check(t, err)
	open := &tidy{SQLite: local}
	check(t, lab.Crash(dir, open))
	if !open.closed {
		t.Error("the database of the killed app was left open")
	}
	if log, err := os.Stat(lab.Database(dir) + "-wal"); err != nil || log.Size() == 0 {
		t.Errorf("the log was tidied away: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "killed")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("copies were left behind: %v", err)
	}
	again, err := client.OpenSQLite(lab.Database(dir), key)
	check(t, err)
	defer again.Close()
	after, err := replica.Open(again, replica.Config{Random: rand.Reader})
	check(t, err)
	if all := after.Outbox(); len(all) != 1 || all[0].Change != saved[0].Change {
		t.Errorf("after the crash the outbox is %v", all)
	}
}

func TestPlainDrawsNothing(t *testing.T) {
	cases := []struct{ in, want, why string }{
		{"a\x1b[2Jb", "a [2Jb", "an escape sequence"},
		{"two\nlines\tand a tab", "two lines and a tab", "one line"},
		{"bad\xffbytes", "bad bytes", "no UTF-8"},
		{"\u202eback\u200bwards", "back wards", "direction and width of nothing"},
		{"Größe 日本", "Größe 日本", "letters stay"},
	}
	for _, c := range cases {
		if got := lab.Plain(c.in); got != c.want {
			t.Errorf("Plain(%q) = %q, want %q: %s", c.in, got, c.want, c.why)
		}
	}
}
