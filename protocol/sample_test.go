package protocol_test

import (
	"bytes"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// id makes a recognisable identifier: first, first+1, …
func id[K any](first byte) (id model.Ident[K]) {
	for i := range id {
		id[i] = first + byte(i)
	}
	return id
}

func record(first byte) model.RecordID { return model.RecordID(id[struct{}](first)) }
func change(first byte) model.ChangeID { return model.ChangeID(id[struct{}](first)) }
func user(first byte) model.UserID     { return model.UserID(id[struct{}](first)) }

func fill(n int, b byte) []byte { return bytes.Repeat([]byte{b}, n) }

const noon = model.Instant(1795003200000) // 2026-11-18 12:00 UTC

var (
	nonce  = [32]byte(fill(32, 0x4e))
	secret = [32]byte(fill(32, 0x5e))
	store  = [8]byte{1, 2, 3, 4, 5, 6, 7, 8}
	london = model.Clock{User: user(0x20), Boot: 0x1234567890abcdef, Mark: noon, Zone: "Europe/London"}
)

// status is what a tap on "travel" makes: an event of a visit.
func status(first byte) model.Change {
	c := change(first)
	return model.Change{
		ID: c, Author: london.User, Op: model.OpCreate, Collection: model.VisitEvents, Record: model.RecordID(c),
		Fields: []model.Assign{
			{Field: model.FieldParent, Value: model.Ref(record(0x60))},
			{Field: model.VisitEventKind, Value: model.Text("travel")},
			{Field: model.VisitEventVisit, Value: model.Int(1)},
		},
		Base:     string(fill(49, 0xb5)),
		Occurred: model.Occurrence{Wall: noon + 99_250, Elapsed: 99_000, Clock: london},
	}
}

// edit uses every element of a body.
func edit() model.Change {
	return model.Change{
		ID: change(0x81), Author: london.User, Op: model.OpEdit, Collection: model.Jobs, Record: record(0x60),
		Fields: []model.Assign{
			{Field: model.JobDescription, Value: model.Text("Boiler im Keller, Tür klemmt"), Seen: model.Text("Boiler").Hash()},
			{Field: model.JobPriority, Value: model.Null(), Seen: model.Int(2).Hash()},
			{Field: 1 << 20, Value: model.Int(-7), Seen: model.Null().Hash()},
		},
		Base: string(fill(49, 0xb5)), Over: []model.ChangeID{change(0x01), change(0x02)},
		After: []model.ChangeID{change(0x03)}, Group: model.GroupID(id[struct{}](0x70)), GroupSize: 3, AfterEnd: true,
		Occurred: model.Occurrence{Wall: noon - 3600_000, Elapsed: 12, Clock: london},
	}
}

// pushOf puts changes into one push.
func pushOf(tb testing.TB, number uint64, changes ...model.Change) *protocol.Push {
	tb.Helper()
	p := &protocol.Push{Number: number}
	for i := range changes {
		body, blobs, err := protocol.EncodeChange(&changes[i])
		if err != nil {
			tb.Fatalf("EncodeChange(%d) = %v", i, err)
		}
		if !p.Add(protocol.PushedChange{Number: uint64(100 + i), Body: body}, blobs) {
			tb.Fatalf("Add(%d): does not fit", i)
		}
	}
	return p
}

// oneField is the smallest ordinary page: one changed field of one record.
func oneField() *protocol.PageBody {
	return &protocol.PageBody{Rows: []model.Row{{
		ID: record(0x60), Collection: model.Jobs,
		Fields: []model.FieldValue{{Field: model.JobStatus, Value: model.Text("in_progress")}},
	}}}
}

// mixed has every part of a page's body and every kind of value.
func mixed() *protocol.PageBody {
	job := func(first byte, title string) model.Row {
		return model.Row{ID: record(first), Collection: model.Jobs, Fields: []model.FieldValue{
			{Field: model.FieldParent, Value: model.Null()},
			{Field: model.JobTitle, Value: model.Text(title)},
			{Field: model.JobPriority, Value: model.Int(-40)},
		}}
	}
	return &protocol.PageBody{
		Masks: []model.Mask{
			{Collection: model.Jobs, Fields: []model.FieldNo{model.JobCustomer, model.JobSite, 1 << 30}},
			{Collection: model.Invoices, Keep: true},
		},
		Retracts: []model.RecordID{record(0x10), record(0x11)},
		Rows: []model.Row{
			job(0x60, "Boiler"), job(0x61, "Lift"),
			{ID: record(0x62), Collection: model.Files, Fields: []model.FieldValue{
				{Field: model.FieldParent, Value: model.Ref(record(0x60))},
				{Field: 2, Value: model.Bytes(fill(32, 0xaa))},
				{Field: 3, Value: model.Bool(true)},
				{Field: 4, Value: model.Int(1 << 40)},
			}},
		},
	}
}

func page() *protocol.Page {
	cursor := fill(192, 0xc0)
	return &protocol.Page{
		Header: protocol.PageHeader{
			Continues: protocol.CursorTag(nil), Cursor: cursor, Final: true,
			Included: []model.ChangeID{change(0x81)}, Base: fill(49, 0xb5),
		},
		Body: protocol.EncodePageBody(oneField()),
	}
}

// found is an answer with two rows, the second of which comes first.
func found() *protocol.Found {
	m := &protocol.Found{Number: 3, More: true, Partial: true}
	row := func(first byte, name string) model.Row {
		return model.Row{ID: record(first), Collection: model.Customers, Fields: []model.FieldValue{{Field: 2, Value: model.Text(name)}}}
	}
	m.SetRows([]model.Row{row(0x61, "Müller"), row(0x60, "Müllers Söhne")}, false)
	return m
}

// samples is every message, with every element at work.
func samples(tb testing.TB) map[string]protocol.Message {
	tb.Helper()
	push := pushOf(tb, 7, status(0x80), edit())
	push.Have = []model.ChangeID{change(0x03)}
	push.Changes[1].Receipt = fill(16, 0xee)
	return map[string]protocol.Message{
		"challenge": &protocol.Challenge{Oldest: 1, Newest: 1, Nonce: nonce, Time: noon, Store: store},
		"hello": &protocol.Hello{
			Version: 1, Tenant: model.TenantID(id[struct{}](0x30)), Device: model.DeviceID(id[struct{}](0x40)), Secret: secret,
			Token: 1 << 60, Next: 4711, Features: protocol.FeatureZstd, App: "2.3.1", Signature: fill(71, 0x51),
		},
		"welcome": &protocol.Welcome{
			Version: 1, Device: model.DeviceID(id[struct{}](0x40)), User: london.User, Name: "Ben Ó Briain", Kind: model.Mobile,
			Token: 1<<60 + 1, Time: noon, Store: store, Safe: noon - 86_400_000, Features: protocol.FeatureZstd,
			MaxChanges: protocol.MaxChanges, MaxBytes: protocol.MaxFrame, Lease: 7 * 86_400_000,
		},
		"resume":       &protocol.Resume{Cursor: fill(192, 0xc0), Waiting: []model.ChangeID{change(0x81)}, Follow: true, Held: []model.ChangeID{change(0x82)}},
		"resume-fresh": &protocol.Resume{},
		"page":         page(),
		"page-reconcile": &protocol.Page{Header: protocol.PageHeader{
			Continues: protocol.CursorTag(fill(192, 0xc0)), Reconcile: true,
		}},
		"got":  &protocol.Got{Cursor: protocol.CursorTag(fill(192, 0xc0))},
		"push": push,
		"answers": &protocol.Answers{Number: 7, Time: noon, Answers: []model.Answer{
			{Outcome: model.OutcomeApplied, Receipt: model.Receipt(fill(16, 0xee))},
			{Outcome: model.OutcomeHeld, Reason: model.ReasonAge, Repeat: true, Receipt: model.Receipt(fill(16, 0xef))},
			{Outcome: model.OutcomeRetry},
		}},
		"poke": &protocol.Poke{},
		"ping": &protocol.Ping{
			Report: model.Report{Unsent: 3, Oldest: noon - 60_000, Space: 5 << 30, Skew: -2_220_000, Version: "2.3.1"},
			Wall:   noon - 2_220_000,
		},
		"pong":  &protocol.Pong{Time: noon, Wall: noon - 2_220_000},
		"drain": &protocol.Drain{Reason: model.EndSuperseded, Millis: 30_000},
		"bye": &protocol.Bye{
			Code: protocol.CodeEnded, Reason: model.EndOffice, By: "Amy", At: noon, Unsent: 3, After: 0,
			Text: "Amy ended this session. Your work is safe on this phone and is being handed in.",
			Fate: model.FateHandIn, Note: "Please use the new phone from today on.",
		},
		"error":         &protocol.ErrorMessage{Code: protocol.CodeBusy, Ref: 7, Text: "too much in flight"},
		"holdings":      &protocol.Holdings{Records: []model.RecordID{record(0x60), record(0x61)}, Last: true},
		"search":        &protocol.Search{Number: 3, Words: "müller 0958", Collections: []model.Collection{model.Customers, model.Sites}, Limit: 20},
		"found":         found(),
		"found-nothing": &protocol.Found{Number: 3},
		"wipe":          &protocol.Wipe{Code: protocol.CodeStolen},
		"wiped":         &protocol.Wiped{Unsent: 3},
		"decided":       &protocol.Decided{Changes: []model.ChangeID{model.ChangeID(record(0x70)), model.ChangeID(record(0x71))}},
		"found-busy":    &protocol.Found{Number: 4, Code: protocol.CodeBusy},
	}
}
