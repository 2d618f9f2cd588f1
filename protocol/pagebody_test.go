package protocol_test

import (
	"bytes"
	"errors"
	"reflect"
	"testing"

	"github.com/klauspost/compress/zstd"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestPageBody(t *testing.T) {
	for _, row := range []struct {
		body *protocol.PageBody
		why  string
	}{
		{&protocol.PageBody{}, "nothing in it"},
		{oneField(), "the everyday page"},
		{mixed(), "every part and every kind of value"},
		{&protocol.PageBody{Rows: []model.Row{{ID: record(1), Collection: 1}}}, "a row that shows no field"},
	} {
		encoded := protocol.EncodePageBody(row.body)
		got, err := protocol.DecodePageBody(encoded, false)
		if err != nil {
			t.Errorf("%s: DecodePageBody = %v", row.why, err)
		} else if !reflect.DeepEqual(got, row.body) {
			t.Errorf("%s:\ngot  %+v\nwant %+v", row.why, got, row.body)
		}
	}
	if got, err := protocol.DecodePageBody(nil, false); err != nil || !reflect.DeepEqual(got, new(protocol.PageBody)) {
		t.Errorf("of no bytes: %+v, %v, want an empty body", got, err)
	}
}

// TestGroups checks that field numbers travel once for all rows with the same fields, however rows are mixed.
func TestGroups(t *testing.T) {
	b := mixed()
	b.Rows[1], b.Rows[2] = b.Rows[2], b.Rows[1]
	got, err := protocol.DecodePageBody(protocol.EncodePageBody(b), false)
	if err != nil {
		t.Fatal(err)
	}
	if want := mixed().Rows; !reflect.DeepEqual(got.Rows, want) {
		t.Errorf("got %+v, want rows of one group together: %+v", got.Rows, want)
	}
}

// large is a page of a first sync.
func large(rows int) *protocol.PageBody {
	b := new(protocol.PageBody)
	for i := range rows {
		b.Rows = append(b.Rows, model.Row{ID: record(byte(i)), Collection: model.Jobs, Fields: []model.FieldValue{
			{Field: model.FieldParent, Value: model.Null()},
			{Field: model.JobNumber, Value: model.Int(int64(100_000 + 7*i))},
			{Field: model.JobTitle, Value: model.Text("Annual boiler service")},
			{Field: model.JobStatus, Value: model.Text("assigned")},
			{Field: model.JobWindowStart, Value: model.Int(int64(noon))},
			{Field: model.JobCustomer, Value: model.Ref(record(byte(i + 1)))},
		}})
		b.Rows[i].ID[0] = byte(i >> 8)
	}
	return b
}

func TestCompress(t *testing.T) {
	body := protocol.EncodePageBody(large(500))
	packed, ok := protocol.Compress(body)
	if !ok || len(packed) > len(body)/2 {
		t.Fatalf("Compress(%d bytes) = %d bytes, %t, want less than half", len(body), len(packed), ok)
	}
	got, err := protocol.DecodePageBody(packed, true)
	if err != nil {
		t.Fatal(err)
	}
	if again := protocol.EncodePageBody(got); !bytes.Equal(again, body) {
		t.Error("what was unpacked is not what was packed")
	}
	if _, ok := protocol.Compress(protocol.EncodePageBody(oneField())); ok {
		t.Error("a small body is not worth it")
	}
}

func TestBombs(t *testing.T) {
	z, err := zstd.NewWriter(nil, zstd.WithSingleSegment(true))
	if err != nil {
		t.Fatal(err)
	}
	bomb := z.EncodeAll(make([]byte, 64<<20), nil)
	honest := z.EncodeAll(protocol.EncodePageBody(mixed()), nil)
	var undeclared bytes.Buffer
	stream, err := zstd.NewWriter(&undeclared)
	if err != nil {
		t.Fatal(err)
	}
	for range 64 {
		if _, err := stream.Write(make([]byte, 1<<20)); err != nil {
			t.Fatal(err)
		}
	}
	stream.Close()
	lying := bytes.Clone(honest)
	lying = append(lying, bomb...)
	for _, row := range []struct {
		packed []byte
		why    string
	}{
		{bomb, "64 MiB declared"},
		{undeclared.Bytes(), "64 MiB, size not declared"},
		{lying, "a bomb behind an honest frame"},
		{append(bytes.Clone(honest), honest...), "two frames"},
		{honest[:len(honest)-3], "cut short"},
		{[]byte{0x50, 0x2a, 0x4d, 0x18, 4, 0, 0, 0, 1, 2, 3, 4}, "a skippable frame"},
		{fill(100, 7), "not zstd"},
		{nil, "nothing"},
	} {
		if _, err := protocol.DecodePageBody(row.packed, true); !errors.Is(err, protocol.ErrCompressed) {
			t.Errorf("%s: err = %v, want ErrCompressed", row.why, err)
		}
		if got := allocated(func() { _, _ = protocol.DecodePageBody(row.packed, true) }); got > 4*protocol.MaxPageBody {
			t.Errorf("%s: allocates %d bytes", row.why, got)
		}
	}
	if _, err := protocol.DecodePageBody(honest, true); err != nil {
		t.Errorf("an honest frame: %v", err)
	}
}

// TestPageBodyAllocation: the most structure for the fewest bytes.
func TestPageBodyAllocation(t *testing.T) {
	wide := model.Row{ID: record(1), Collection: 1}
	for f := range 40_000 {
		wide.Fields = append(wide.Fields, model.FieldValue{Field: model.FieldNo(f + 1)})
	}
	tall := new(protocol.PageBody)
	for range 30_000 {
		tall.Rows = append(tall.Rows, model.Row{ID: record(1), Collection: 1})
	}
	for _, row := range []struct {
		body     *protocol.PageBody
		elements int
		why      string
	}{
		{&protocol.PageBody{Rows: []model.Row{wide}}, 80_000, "nulls"},
		{tall, 10, "rows without fields"},
		{large(1000), 6_000, "an ordinary page"},
	} {
		encoded := protocol.EncodePageBody(row.body)
		limit := uint64(4<<10 + len(encoded) + 64*row.elements + 64*len(row.body.Rows))
		if got := allocated(func() { _, _ = protocol.DecodePageBody(encoded, false) }); got > limit {
			t.Errorf("%s: %d bytes allocate %d, want at most %d", row.why, len(encoded), got, limit)
		}
	}
}
