package client_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What is on the device is found on the device; the server is asked only when somebody asks it, and finds what is not here.
func TestWholeSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newCompany(t)
		office, phone := c.device("olga"), c.device("bob")
		job := office.assigned(phone.Who().User)
		phone.do(noteOn(job, "valve leaks"))
		time.Sleep(3 * time.Second)
		q := model.Search{Words: "valve", Limit: 5}
		here, err := phone.Search(q)
		if err != nil || len(here.Records) != 1 {
			t.Errorf("on the phone: %+v, %v", here, err)
		}
		for name, d := range map[string]*device{"phone": phone, "office": office} {
			there, err := d.SearchServer(t.Context(), q)
			if err != nil || len(there.Records) != 1 || there.Records[0].Value(model.NoteText).Text() != "valve leaks" {
				t.Errorf("%s at the server: %+v, %v", name, there, err)
			}
		}
		_ = phone.stop()
		if _, err := phone.SearchServer(t.Context(), q); !errors.Is(err, client.ErrOffline) {
			t.Errorf("offline: %v", err)
		}
		phone.do(noteOn(job, "second valve"))
		if here, err := phone.Search(q); err != nil || len(here.Records) != 2 {
			t.Errorf("offline, on the phone: %+v, %v", here, err)
		}
		_ = office.stop()
		time.Sleep(time.Minute)
	})
}

// answering is a desk that welcomes with the feature and answers searches as it is told.
func (d *desk) answering(answer func(*protocol.Search) protocol.Message) {
	d.features = protocol.FeatureSearch
	d.respond = func(m protocol.Message) []protocol.Message {
		if s, ok := m.(*protocol.Search); ok {
			if out := answer(s); out != nil {
				return []protocol.Message{out}
			}
			return []protocol.Message{}
		}
		return nil
	}
}

func TestSearchServer_HowItFails(t *testing.T) {
	q := model.Search{Words: "x", Limit: 1}
	for name, row := range map[string]struct {
		old    bool // the server does not search
		answer func(*protocol.Search) protocol.Message
		want   error
	}{
		"an older server": {old: true, want: client.ErrNoSearch},
		"busy": {answer: func(s *protocol.Search) protocol.Message {
			return &protocol.Found{Number: s.Number, Code: protocol.CodeBusy}
		}, want: client.ErrBusy},
		"the connection ends": {answer: func(*protocol.Search) protocol.Message {
			return &protocol.Bye{Code: protocol.CodeTrouble}
		}, want: client.ErrOffline},
		"other rows than it names": {answer: func(s *protocol.Search) protocol.Message {
			return &protocol.Found{Number: s.Number, Records: []model.RecordID{{1}}}
		}, want: client.ErrOffline},
		"no answer": {answer: func(*protocol.Search) protocol.Message { return nil }, want: context.DeadlineExceeded},
		"an answer to another search": {answer: func(s *protocol.Search) protocol.Message {
			return &protocol.Found{Number: s.Number + 1}
		}, want: context.DeadlineExceeded},
	} {
		synctest.Test(t, func(t *testing.T) {
			d := newDesk(t)
			if d.answering(row.answer); row.old {
				d.features = 0
			}
			c, stop := d.start(bobs(t, replica.NewMemory()))
			ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
			defer cancel()
			if _, err := c.SearchServer(ctx, q); !errors.Is(err, row.want) {
				t.Errorf("%s: %v, want %v", name, err, row.want)
			}
			_ = stop()
			if d.conn != nil {
				_ = d.conn.Close(protocol.CodeNone, "")
			}
		})
	}
}

// BenchmarkSearch looks words up among 5,000 records, a worker's working copy, in the sealed database on the disk.
func BenchmarkSearch(b *testing.B) {
	local, err := client.OpenSQLite(filepath.Join(b.TempDir(), "user.db"), testKey)
	if err != nil {
		b.Fatal(err)
	}
	r, err := replica.Open(local, replica.Config{Random: rand.Reader})
	if err != nil {
		b.Fatal(err)
	}
	defer r.Close()
	var rows []model.Row
	for i := range 5000 {
		row := job(0, fmt.Sprintf("Boiler %d at Mill Lane, second floor, the key is at the desk", i))
		_, _ = rand.Read(row.ID[:])
		rows = append(rows, row)
	}
	if err := r.SignedIn(bob); err != nil {
		b.Fatal(err)
	}
	for n, part := range slices.Collect(slices.Chunk(rows, 1000)) {
		head := protocol.PageHeader{Continues: protocol.CursorTag(r.Cursor()), Cursor: []byte{byte(n + 1)}, Final: n == 4, Base: []byte("a base token")}
		if _, err := r.ApplyPage(head, protocol.PageBody{Rows: part}); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		if found, _, err := r.Search(model.Search{Words: "boil 4017", Limit: 20}); err != nil || len(found) != 1 {
			b.Fatal(found, err)
		}
	}
}
