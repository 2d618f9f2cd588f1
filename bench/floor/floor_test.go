package floor_test

import (
	"context"
	"net"
	"testing"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/bench/floor"
)

// start runs a floor and opens a driver of it.
func start(t *testing.T) (bench.Driver, string) {
	t.Helper()
	on, err := net.Listen("tcp", "127.0.0.1:0")
	check(t, err)
	dir := t.TempDir() // removed after the floor has ended
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- floor.Serve(ctx, on, dir) }()
	d, err := floor.Target{}.Open(t.Context(), on.Addr().String())
	check(t, err)
	t.Cleanup(func() {
		check(t, d.Close())
		stop()
		check(t, <-ended)
	})
	return d, on.Addr().String()
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// acks receives until n changes are acknowledged.
func acks(t *testing.T, w bench.Writer, n int) {
	t.Helper()
	for n > 0 {
		acked, err := w.Recv()
		check(t, err)
		n -= acked
	}
}

func clean(t *testing.T, d bench.Driver) int {
	t.Helper()
	checked, wrong, err := d.Audit(t.Context())
	check(t, err)
	if len(wrong) > 0 {
		t.Errorf("the audit finds %q", wrong)
	}
	return checked
}

func TestWhatIsAcknowledgedIsReadBack(t *testing.T) {
	d, _ := start(t)
	writers, err := d.Writers(t.Context(), 3, 0, false)
	check(t, err)
	before := clean(t, d)
	for _, w := range writers {
		for range 2 {
			keys, err := w.Send(150) // more than a writer has records: some are written twice
			check(t, err)
			if len(keys) != 150 {
				t.Fatalf("%d changes were named, 150 sent", len(keys))
			}
		}
		acks(t, w, 300)
	}
	if after := clean(t, d); after != before || after == 0 {
		t.Errorf("%d records after writing, %d before: writers update their own", after, before)
	}
}

func TestDownloads(t *testing.T) {
	d, _ := start(t)
	writers, err := d.Writers(t.Context(), 1, 0, false) // what was there before is not downloaded
	check(t, err)
	_, err = writers[0].Send(10)
	check(t, err)
	acks(t, writers[0], 10)
	check(t, d.Fill(t.Context(), 700)) // more than one frame
	bytes := map[bench.Mode]int64{}
	for _, mode := range []bench.Mode{bench.Plain, bench.Packed} {
		got, err := d.Fetch(t.Context(), mode)
		check(t, err)
		if wrong := got.Wrong(); got.Records != 700 || len(wrong) > 0 {
			t.Errorf("%s: %d records, %q", mode, got.Records, wrong)
		}
		bytes[mode] = got.Bytes
	}
	if bytes[bench.Packed] >= bytes[bench.Plain]*2/3 || bytes[bench.Packed] == 0 {
		t.Errorf("bytes on the wire: %v; compression saves next to nothing", bytes)
	}
	if _, err := d.Fetch(t.Context(), bench.Durable); err == nil {
		t.Error("a floor has no durable client")
	}
}

func TestListenersHear(t *testing.T) {
	d, _ := start(t)
	w, listeners, err := d.Circle(t.Context(), 3)
	check(t, err)
	keys, err := w.Send(2)
	check(t, err)
	for i, l := range listeners {
		heard := map[bench.Key]bool{}
		for len(heard) < 2 {
			got, err := l.Hear()
			check(t, err)
			for _, key := range got {
				heard[key] = true
			}
		}
		if !heard[keys[0]] || !heard[keys[1]] {
			t.Errorf("listener %d heard %v, want %v", i, heard, keys)
		}
	}
	acks(t, w, 2)
}

func TestACrowdComesBack(t *testing.T) {
	d, _ := start(t)
	ctx := t.Context()
	c, err := d.Crowd(ctx, 20)
	check(t, err)
	check(t, c.Connect(ctx, 0, 20))
	check(t, c.Leave(ctx))
	check(t, c.Publish(ctx, 5))
	current := make(chan struct{}, 20)
	check(t, c.Return(ctx, 20, func() { current <- struct{}{} }))
	if len(current) != 20 {
		t.Errorf("%d devices were reported current, want 20", len(current))
	}
	if wrong := c.Wrong(); len(wrong) > 0 {
		t.Errorf("what they got: %q", wrong)
	}
	check(t, c.Leave(ctx))
}

func TestAStrangerIsNotLetIn(t *testing.T) {
	_, address := start(t)
	c, err := floor.DialAs(t.Context(), address, 7, 8)
	check(t, err)
	defer c.Close()
	if e, err := c.Recv(); err == nil {
		t.Errorf("a device with another's token was welcomed: %+v", e)
	}
}
