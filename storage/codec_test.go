package storage_test

import (
	"bytes"
	"errors"
	"fmt"
	"math"
	"math/rand"
	"reflect"
	"testing"
	"testing/quick"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// rows are all row types. Each reads bytes and writes what it read; seed makes one that is filled.
var rows = []struct {
	name   string
	reread func([]byte) ([]byte, error)
	seed   []byte
}{
	{"record", again(storage.ParseRecord, appendRecord), storage.AppendRecord(nil, sample())},
	{"head", again(storage.ParseHead, storage.Head.Append), storage.Head{
		Seq: 7, Time: 1e12, Horizon: 3, Lineage: model.Lineage{{Incarnation: 1 << 60}, {Incarnation: 1<<60 + 1, First: 4}},
	}.Append(nil)},
	{"tenant", again(storage.ParseTenant, storage.Tenant.Append), seed(storage.Tenant.Append)},
	{"account", again(storage.ParseAccount, storage.Account.Append), seed(storage.Account.Append)},
	{"closed partner", again(storage.ParseClosed, storage.Closed.Append), seed(storage.Closed.Append)},
	{"handover", again(storage.ParseHandover, storage.Handover.Append), seed(storage.Handover.Append)},
	{"rights", again(storage.ParseRights, storage.Rights.Append), seed(storage.Rights.Append)},
	{"confirmed", again(storage.ParseConfirmed, storage.Confirmed.Append), seed(storage.Confirmed.Append)},
	{"slot", again(storage.ParseSlot, storage.Slot.Append), seed(storage.Slot.Append)},
	{"device", again(storage.ParseDevice, storage.Device.Append), seed(storage.Device.Append)},
	{"latest numbers", again(storage.ParseLatest, storage.Latest.Append), latest(3)},
	{"ticket", again(storage.ParseTicket, storage.Ticket.Append), seed(storage.Ticket.Append)},
	{"device without a wipe", again(storage.ParseDevice, storage.Device.Append), storage.Device{Label: "Pixel"}.Append(nil)},
	{"session", again(storage.ParseSession, storage.Session.Append), seed(storage.Session.Append)},
	{"outcome", again(storage.ParseOutcome, storage.Outcome.Append), seed(storage.Outcome.Append)},
	{"held", again(storage.ParseHeld, storage.Held.Append), seed(storage.Held.Append)},
	{"audit", again(storage.ParseAuditEntry, storage.AuditEntry.Append), seed(storage.AuditEntry.Append)},
	{"history", again(storage.ParseHistory, storage.History.Append), history().Append(nil)},
	{"API key", again(storage.ParseAPIKey, storage.APIKey.Append), seed(storage.APIKey.Append)},
	{"request", again(storage.ParseRequest, storage.Request.Append), seed(storage.Request.Append)},
	{"webhook", again(storage.ParseHook, storage.Hook.Append), seed(storage.Hook.Append)},
	{"delivery", again(storage.ParseDelivery, storage.Delivery.Append), seed(storage.Delivery.Append)},
	{"calendar", again(storage.ParseCalendar, storage.Calendar.Append), seed(storage.Calendar.Append)},
	{"last event", again(storage.ParseTold, storage.Told.Append), seed(storage.Told.Append)},
	{"payroll batch", again(storage.ParsePayrollBatch, storage.PayrollBatch.Append), seed(storage.PayrollBatch.Append)},
	{"payroll sheet", again(storage.ParsePayrollSheet, storage.PayrollSheet.Append), seed(storage.PayrollSheet.Append)},
	{"exported timesheet", again(storage.ParseExported, storage.Exported.Append), seed(storage.Exported.Append)},
	{"late time", again(storage.ParseLatecomers, storage.Latecomers.Append), seed(storage.Latecomers.Append)},
	{"window of a job", again(storage.ParseJobWindow, storage.JobWindow.Append), seed(storage.JobWindow.Append)},
}

func appendRecord(r *model.Record, b []byte) []byte { return storage.AppendRecord(b, r) }

func again[T any](parse func([]byte) (T, error), put func(T, []byte) []byte) func([]byte) ([]byte, error) {
	return func(b []byte) ([]byte, error) {
		v, err := parse(b)
		if err != nil {
			return nil, err
		}
		return put(v, nil), nil
	}
}

// seed is a row with something in every field.
func seed[T any](put func(T, []byte) []byte) []byte {
	v, ok := quick.Value(reflect.TypeFor[T](), rand.New(rand.NewSource(1)))
	if !ok {
		panic("no random value")
	}
	return put(v.Interface().(T), nil)
}

// sample is a record with every shape of value, write and membership.
func sample() *model.Record {
	id := func(n byte) (i [16]byte) {
		for k := range i {
			i[k] = n
		}
		return i
	}
	return &model.Record{
		ID: id(1), Collection: model.Jobs, Seq: 900,
		Writes: []model.Write{
			{Seq: 1, Change: id(2), Author: id(3), Occurred: 1_700_000_000_000},
			{
				Seq: 899, Change: id(4), Author: id(5), Occurred: -1, Office: true,
				Orig: model.Stamp{Incarnation: 9, Seq: 8}, Over: []model.ChangeID{id(2), id(6)},
			},
		},
		Cells: []model.Cell{
			{Field: model.FieldParent, Value: model.Null()},
			{Field: 2, Value: model.Bool(true), Write: 1},
			{Field: 3, Value: model.Bool(false)},
			{Field: 4, Value: model.Int(-12345)},
			{Field: 5, Value: model.Text("Boiler, 2nd floor – mind the dog"), Write: 1},
			{Field: 6, Value: model.Text("")},
			{Field: 1<<32 - 1, Value: model.Bytes([]byte{0, 1, 255})},
		},
		Memberships: []model.Membership{
			{Audience: 0, Intervals: []model.Interval{{First: 1, In: 1}}},
			{Audience: 7, Intervals: []model.Interval{{First: 1, In: 3, Out: 9}, {First: 20, In: 20, Out: 800}}},
			{Audience: 1<<32 - 1},
		},
		Told: model.Position{Seq: 900, Index: 1<<32 - 1},
	}
}

func TestRecordRoundTrip(t *testing.T) {
	deleted := &model.Record{ID: sample().ID, Collection: 1 << 15, Deleted: true, Seq: 1<<64 - 1}
	for _, r := range []*model.Record{sample(), deleted, {}} {
		got, err := storage.ParseRecord(storage.AppendRecord(nil, r))
		if err != nil || !reflect.DeepEqual(got, r) {
			t.Errorf("ParseRecord(AppendRecord(%+v)) = %+v, %v", r, got, err)
		}
	}
}

// latest has n numbers.
func latest(n int) storage.Latest {
	var l storage.Latest
	for i := range n {
		l, _, _, _ = l.With([16]byte{byte(i)}, uint64(i))
	}
	return l
}

func TestLatest(t *testing.T) {
	l := latest(storage.LatestMax)
	if _, err := storage.ParseLatest(l); err != nil {
		t.Fatal(err)
	}
	for i := range storage.LatestMax {
		if n, ok := l.Find([16]byte{byte(i)}); !ok || n != uint64(i) {
			t.Fatalf("number %d = %d, %v", i, n, ok)
		}
	}
	again, _, _, lost := l.With([16]byte{0}, 700)
	if n, _ := again.Find([16]byte{0}); lost || n != 700 {
		t.Errorf("a number that is set again = %d, and one is lost: %v", n, lost)
	}
	more, oldest, was, lost := again.With([16]byte{200}, 7)
	if !lost || oldest != [16]byte{1} || was != 1 {
		t.Errorf("a full row lost %v = %d, %v; want what was set first", oldest, was, lost)
	}
	if _, ok := more.Find([16]byte{1}); ok || len(more) != len(l) {
		t.Errorf("a full row has %d bytes, want %d", len(more), len(l))
	}
	if n, ok := more.Without([16]byte{200}).Find([16]byte{200}); ok {
		t.Errorf("a number that was taken out is %d", n)
	}
	if n, _ := l.Find([16]byte{0}); n != 0 {
		t.Error("a row was changed in place")
	}
}

// history has every kind of event.
func history() storage.History {
	return storage.History{
		{
			Time: 1e12, Op: model.OpEdit, Collection: model.Jobs, Record: model.RecordID{1}, Change: model.ChangeID{2}, Author: model.UserID{3},
			Device: model.DeviceID{4}, Lane: model.LaneHandIn, Office: true, Occurred: -5,
			Fields: []model.EventField{
				{Field: 2, Before: model.Null(), After: model.Text("new")},
				{Field: 1<<32 - 1, Before: model.Int(-9), After: model.Bytes([]byte{0, 255})},
			},
		},
		{Op: model.OpDelete, Collection: model.Notes, Record: model.RecordID{5}, Shown: [][]model.Audience{{0, 7, 1<<32 - 1}, {7}}},
	}
}

func TestHistoryRoundTrip(t *testing.T) {
	for _, h := range []storage.History{nil, history()} {
		got, err := storage.ParseHistory(h.Append(nil))
		if err != nil || !reflect.DeepEqual(got, h) {
			t.Errorf("ParseHistory(%+v) = %+v, %v", h, got, err)
		}
	}
}

// TestRowRoundTrip fails for a field that was added to a row and forgotten in its codec.
func TestRowRoundTrip(t *testing.T) {
	roundTrip(t, storage.ParseHead, storage.Head.Append)
	roundTrip(t, storage.ParseTenant, storage.Tenant.Append)
	roundTrip(t, storage.ParseAccount, storage.Account.Append)
	roundTrip(t, storage.ParseSlot, storage.Slot.Append)
	roundTrip(t, storage.ParseDevice, storage.Device.Append)
	roundTrip(t, storage.ParseSession, storage.Session.Append)
	roundTrip(t, storage.ParseTicket, storage.Ticket.Append)
	roundTrip(t, storage.ParseOutcome, storage.Outcome.Append)
	roundTrip(t, storage.ParseHeld, storage.Held.Append)
	roundTrip(t, storage.ParseAuditEntry, storage.AuditEntry.Append)
	roundTrip(t, storage.ParseAPIKey, storage.APIKey.Append)
	roundTrip(t, storage.ParseRequest, storage.Request.Append)
	roundTrip(t, storage.ParseHook, storage.Hook.Append)
	roundTrip(t, storage.ParseDelivery, storage.Delivery.Append)
	roundTrip(t, storage.ParseCalendar, storage.Calendar.Append)
	roundTrip(t, storage.ParseJobWindow, storage.JobWindow.Append)
}

func roundTrip[T any](t *testing.T, parse func([]byte) (T, error), put func(T, []byte) []byte) {
	t.Helper()
	random := rand.New(rand.NewSource(2))
	for range 50 {
		v, _ := quick.Value(reflect.TypeFor[T](), random)
		got, err := parse(put(v.Interface().(T), nil))
		// What is printed is compared, since an empty list comes back as none.
		if have, want := fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", v); err != nil || have != want {
			t.Errorf("%T: read %.300s, %v, wrote %.300s", got, have, err, want)
			return
		}
	}
}

func TestOutcomeForms(t *testing.T) {
	at := model.Stamp{Incarnation: 1_800_000_000_000 << 16, Seq: 1 << 24}
	later := model.Stamp{Incarnation: at.Incarnation, Seq: 1 << 25}
	full := storage.Outcome{
		Hash: [16]byte{1}, Code: model.OutcomeMerged, Reason: model.ReasonTooLarge,
		At: at, Time: 1_800_000_000_000, Group: model.GroupID{1},
	}
	for _, row := range []struct {
		written model.Stamp
		max     int
		why     string
	}{
		{model.Stamp{}, 60, "held or refused: nothing was written"},
		{at, 60, "nearly all: written when decided"},
		{later, 60, "released from the office's queue"},
		{model.Stamp{Incarnation: at.Incarnation + 1, Seq: 3}, 72, "released after a restore; rare"},
	} {
		o := full
		o.Written = row.written
		b := o.Append(nil)
		if got, err := storage.ParseOutcome(b); err != nil || got != o {
			t.Errorf("%s: got %+v, %v, want %+v", row.why, got, err, o)
		}
		if len(b) > row.max {
			t.Errorf("%s: %d bytes, want at most %d", row.why, len(b), row.max)
		}
	}
}

// TestTenantFeatures: what of a feature a company uses is read as it was written, each in the same layout.
func TestTenantFeatures(t *testing.T) {
	whole := storage.Tenant{Name: "acme", Settings: model.DefaultSettings()}
	capped := whole
	capped.Settings.Invoices, capped.Settings.Optimization = model.FeatureOff, model.FeatureReadOnly
	if a, b := whole.Append(nil), capped.Append(nil); a[0] != b[0] || len(a) != len(b) {
		t.Errorf("rows of version %d and %d, of %d and %d bytes, want one layout", a[0], b[0], len(a), len(b))
	}
	for _, row := range []storage.Tenant{whole, capped} {
		if got, err := storage.ParseTenant(row.Append(nil)); err != nil || !reflect.DeepEqual(got.Settings, row.Settings) {
			t.Errorf("%+v, %v; want %+v", got.Settings, err, row.Settings)
		}
	}
}

// TestRowsAreStrict cuts, pads and flips every seed: it is refused, or it is another row in its one encoding.
func TestRowsAreStrict(t *testing.T) {
	for _, row := range rows {
		if _, err := row.reread(row.seed); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		for n := range row.seed {
			b, err := row.reread(row.seed[:n])
			whole := row.name == "history" && bytes.Equal(b, row.seed[:n]) // it is extended: between two events is an end too
			if !errors.Is(err, storage.ErrRow) && !whole {
				t.Fatalf("%s cut to %d of %d bytes: %v, want ErrRow", row.name, n, len(row.seed), err)
			}
			flipped := bytes.Clone(row.seed)
			for bit := range 8 {
				flipped[n] = row.seed[n] ^ 1<<bit
				if b, err := row.reread(flipped); err == nil && !bytes.Equal(b, flipped) {
					t.Fatalf("%s with byte %d flipped is read, and written as other bytes", row.name, n)
				}
			}
		}
		if _, err := row.reread(append(bytes.Clone(row.seed), 0)); !errors.Is(err, storage.ErrRow) {
			t.Errorf("%s with a byte after its end: %v, want ErrRow", row.name, err)
		}
	}
}

// TestRowsClaimNothing: a count that the rest of the row cannot hold must not be believed.
func TestRowsClaimNothing(t *testing.T) {
	huge := []byte{0xff, 0xff, 0xff, 0xff, 0x7f}
	for _, row := range rows {
		for n := range row.seed {
			b := append(bytes.Clone(row.seed[:n]), huge...)
			spent := math.Inf(1)
			for try := 0; try < 5 && spent > float64(len(row.seed)); try++ { // the runtime's own are counted with them, now and then
				spent = min(spent, testing.AllocsPerRun(1, func() { _, _ = row.reread(b) }))
			}
			if spent > float64(len(row.seed)) {
				t.Fatalf("%s with a huge number at byte %d: %v allocations", row.name, n, spent)
			}
		}
	}
}

func FuzzRows(f *testing.F) {
	for i, row := range rows {
		f.Add(byte(i), row.seed)
	}
	f.Fuzz(func(t *testing.T, kind byte, b []byte) {
		row := rows[int(kind)%len(rows)]
		got, err := row.reread(b)
		if err == nil && !bytes.Equal(got, b) {
			t.Errorf("%s: read %x, wrote %x", row.name, b, got)
		}
	})
}

func BenchmarkAppendRecord(b *testing.B) {
	r := sample()
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = storage.AppendRecord(buf[:0], r)
	}
}

func BenchmarkParseRecord(b *testing.B) {
	row := storage.AppendRecord(nil, sample())
	b.ReportAllocs()
	for b.Loop() {
		if _, err := storage.ParseRecord(row); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOutcome(b *testing.B) {
	o := storage.Outcome{Code: model.OutcomeApplied, At: model.Stamp{Incarnation: 1 << 60, Seq: 1 << 20}, Time: 1 << 40}
	o.Written = o.At
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		buf = o.Append(buf[:0])
		if _, err := storage.ParseOutcome(buf); err != nil {
			b.Fatal(err)
		}
	}
}
