package protocol_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// seed adds the vectors of the given kinds.
func seed(f *testing.F, kinds ...string) {
	f.Helper()
	for _, v := range vectors(f) {
		for _, kind := range kinds {
			if v.kind == kind {
				f.Add(v.data)
			}
		}
	}
}

// shorter fails unless again is data, or data without the elements of a newer peer, which is then the only form of
// what was read.
func shorter(t *testing.T, data, again []byte, once func([]byte) []byte) {
	t.Helper()
	if bytes.Equal(again, data) {
		return
	}
	if len(again) >= len(data) {
		t.Errorf("%x re-encodes to %x", data, again)
	}
	if twice := once(again); !bytes.Equal(twice, again) {
		t.Errorf("%x re-encodes to %x", again, twice)
	}
}

// bounded fails when f allocates more than limit.
func bounded(t *testing.T, limit int, f func()) {
	t.Helper()
	if got := allocated(f); got > uint64(limit) {
		t.Errorf("allocates %d bytes, want at most %d", got, limit)
	}
}

// FuzzCheck: what passes the pre-pass is one value, and the pre-pass agrees with itself inside another.
func FuzzCheck(f *testing.F) {
	seed(f, "frame", "body", "change", "value")
	f.Fuzz(func(t *testing.T, data []byte) {
		limits := protocol.Limits{Bytes: 1 << 20, Depth: 16, Elements: 10_000}
		err := protocol.Check(data, limits)
		limits.Depth, limits.Elements = 17, 10_001
		inside := protocol.Check(append([]byte{0x91}, data...), limits)
		if (err == nil) != (inside == nil) && !errors.Is(err, protocol.ErrTrailing) {
			t.Errorf("Check(%x) = %v, inside an array %v", data, err, inside)
		}
		if err == nil && protocol.Check(append(data, 0xc0), limits) == nil {
			t.Errorf("Check(%x and a nil) = nil", data)
		}
	})
}

func FuzzDecode(f *testing.F) {
	seed(f, "frame")
	f.Fuzz(func(t *testing.T, frame []byte) {
		bounded(t, 4<<10+2*len(frame), func() { _, _ = protocol.Decode(frame) })
		_ = protocol.Describe(frame)
		m, err := protocol.Decode(frame)
		if err != nil {
			if _, ok := errors.AsType[*protocol.FrameError](err); !ok || m != nil {
				t.Errorf("Decode = %v, %v", m, err)
			}
			return
		}
		shorter(t, frame, protocol.Encode(m), func(frame []byte) []byte {
			m, err := protocol.Decode(frame)
			if err != nil {
				t.Fatalf("Decode of what was encoded: %v", err)
			}
			return protocol.Encode(m)
		})
		if push, ok := m.(*protocol.Push); ok {
			_ = push.Submitted()
		}
	})
}

func FuzzPageBody(f *testing.F) {
	seed(f, "body")
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := protocol.DecodePageBody(body, false)
		if err != nil || len(body) == 0 {
			return
		}
		shorter(t, body, protocol.EncodePageBody(b), func(body []byte) []byte {
			b, err := protocol.DecodePageBody(body, false)
			if err != nil {
				t.Fatalf("DecodePageBody of what was encoded: %v", err)
			}
			return protocol.EncodePageBody(b)
		})
	})
}

func FuzzCompressed(f *testing.F) {
	seed(f, "zstd body")
	f.Fuzz(func(t *testing.T, packed []byte) {
		bounded(t, 8*protocol.MaxPageBody+64*protocol.PageBodyLimits.Elements, func() {
			_, _ = protocol.DecodePageBody(packed, true)
		})
	})
}

func FuzzChange(f *testing.F) {
	for _, v := range vectors(f) {
		if v.kind == "change" {
			f.Add(v.data, []byte(append(v.blobs, "")[0]), []byte(append(v.blobs, "", "")[1]))
		}
	}
	f.Fuzz(func(t *testing.T, body, base, clock []byte) {
		blobs := texts([][]byte{base, clock})
		limit := 4<<10 + 2*(len(body)+len(base)+len(clock)) + 48*protocol.MaxAssigns
		text := string(body)
		bounded(t, limit, func() { _ = protocol.DecodeChange(text, blobs) })
		c := protocol.DecodeChange(text, blobs)
		if c.Body != text || len(c.Blobs) != 2 {
			t.Fatal("body and blobs are not kept as given")
		}
		_ = protocol.DescribeChange(text, blobs)
		if c.Fault != model.ReasonNone {
			return
		}
		again, _, err := protocol.EncodeChange(&c)
		if err != nil {
			t.Fatalf("EncodeChange of what was decoded: %v", err)
		}
		if !bytes.Equal(again, body) && len(again) >= len(body) {
			t.Errorf("%x re-encodes to %x", body, again)
		}
	})
}
