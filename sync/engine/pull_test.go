package engine_test

import (
	"context"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// sealing is what a token costs besides its padded plaintext: key id, nonce, tag.
const sealing = 1 + 12 + 16

func TestD5_ACursorOf20AudiencesFitsTheWire(t *testing.T) {
	v := model.View{}
	for a := range model.Audience(20) {
		v.Audiences = append(v.Audiences, 1<<30+a)
	}
	for _, s := range model.Builtin() {
		v.Classes[s.No] = model.ClassesOf(model.ClassStructure, model.ClassCoarse, model.ClassWork)
	}
	v.Classes[model.Invoices] = model.AllClasses
	if got := engine.CursorLength(v) + sealing; got > 192 {
		t.Errorf("a cursor of 20 audiences takes %d bytes, want at most the 192 that SPEC.md reckons with", got)
	}
}

// TestS6_TheCursorsLengthTellsNothing: whatever is written, a device's cursor stays as long as it is.
func TestS6_TheCursorsLengthTellsNothing(t *testing.T) {
	c := newCompany(t)
	c.newJob(c.ben, 1)
	ben := c.phone(c.ben, model.Mobile)
	held := map[model.RecordID]map[model.FieldNo]model.Value{}
	cursor := c.sync(ben, nil, held)
	lengths := []int{len(cursor)}
	for range 20 {
		c.newJob(c.sue, 3) // nothing of it is Ben's
		job, _ := c.newJob(c.ben, 1)
		cursor = c.sync(ben, cursor, held)
		if held[job] == nil {
			t.Fatal("the job did not arrive")
		}
		lengths = append(lengths, len(cursor))
	}
	if len(slices.Compact(lengths)) != 1 {
		t.Errorf("lengths %v, want one", lengths)
	}
}

// TestSpeed_APageWithOneChangedField reports what a change of one field costs on the wire down, whole.
func TestSpeed_APageWithOneChangedField(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	cursor := c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.sync(c.phone(c.amy, model.Desktop), nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.push(c.office(), c.edit(c.amy, job, model.JobPriority, model.Int(1)))
	p, err := c.e.Pull(context.Background(), model.Pull{Connection: ben, Cursor: cursor}, c.now)
	if err != nil || p == nil || p.Checkpoint == nil || len(p.Rows) != 1 || len(p.Rows[0].Fields) != 1 {
		t.Fatalf("Pull = %+v, %v, want a checkpoint with one field", p, err)
	}
	frame := protocol.Encode(&protocol.Page{
		Header: protocol.PageHeader{Cursor: p.Cursor, Final: true, Base: p.Checkpoint.Base},
		Body:   protocol.EncodePageBody(&protocol.PageBody{Rows: p.Rows}),
	})
	if len(frame) > 320 {
		t.Errorf("a page with one changed field takes %d bytes, want at most 320", len(frame))
	}
}

// BenchmarkPull is one page with one changed field, for a device with a few hundred records.
func BenchmarkPull(b *testing.B) {
	c := newCompany(b)
	job, _ := c.newJob(c.ben, 200)
	ben := c.phone(c.ben, model.Mobile)
	cursor := c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.sync(c.phone(c.amy, model.Desktop), nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.push(c.office(), c.edit(c.amy, job, model.JobPriority, model.Int(1)))
	b.ReportAllocs()
	for b.Loop() {
		if p, err := c.e.Pull(context.Background(), model.Pull{Connection: ben, Cursor: cursor}, c.now); err != nil || p == nil {
			b.Fatal(p, err)
		}
	}
}

// BenchmarkSilence is a look that finds nothing to say.
func BenchmarkSilence(b *testing.B) {
	c := newCompany(b)
	c.newJob(c.ben, 200)
	ben := c.phone(c.ben, model.Mobile)
	cursor := c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	c.newJob(c.sue, 1)
	b.ReportAllocs()
	for b.Loop() {
		if p, err := c.e.Pull(context.Background(), model.Pull{Connection: ben, Cursor: cursor}, c.now); err != nil || p != nil {
			b.Fatal(p, err)
		}
	}
}

// BenchmarkFirstSync is all pages of a device that gets 1,000 records.
func BenchmarkFirstSync(b *testing.B) {
	c := newCompany(b)
	c.newJob(c.ben, 1000)
	ben := c.phone(c.ben, model.Mobile)
	b.ReportAllocs()
	for b.Loop() {
		c.sync(ben, nil, map[model.RecordID]map[model.FieldNo]model.Value{})
	}
}
