package protocol_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
)

func unhex(tb testing.TB, s string) []byte {
	tb.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		tb.Fatalf("%q: %v", s, err)
	}
	return b
}

func TestCheck(t *testing.T) {
	for _, row := range []struct {
		data string
		want error
		why  string
	}{
		{"c0", nil, "nil"},
		{"c2", nil, "false"},
		{"7f", nil, "the largest number of one byte"},
		{"e0", nil, "-32"},
		{"cc 80", nil, "128 needs a byte more"},
		{"cc 7f", protocol.ErrLongForm, "127 does not"},
		{"cd 0100", nil, "256"},
		{"cd 00ff", protocol.ErrLongForm, "255 in two bytes"},
		{"ce 00010000", nil, "65536"},
		{"ce 0000ffff", protocol.ErrLongForm, "65535 in four"},
		{"cf 0000000100000000", nil, "2^32"},
		{"cf 00000000ffffffff", protocol.ErrLongForm, "2^32-1 in eight"},
		{"d0 df", nil, "-33"},
		{"d0 e0", protocol.ErrLongForm, "-32 has one byte"},
		{"d0 05", protocol.ErrLongForm, "a positive number in a signed form"},
		{"d1 ff7f", nil, "-129"},
		{"d1 ff80", protocol.ErrLongForm, "-128 in two"},
		{"d2 ffff7fff", nil, "-32769"},
		{"d2 ffff8000", protocol.ErrLongForm, "-32768 in four"},
		{"d3 ffffffff7fffffff", nil, "-2^31-1"},
		{"d3 ffffffff80000000", protocol.ErrLongForm, "-2^31 in eight"},
		{"d3 8000000000000000", nil, "the least number"},
		{"a1 61", nil, "a"},
		{"d9 01 61", protocol.ErrLongForm, "one letter with a length byte"},
		{"d9 20" + strings.Repeat("61", 32), nil, "32 letters need it"},
		{"da 0020" + strings.Repeat("61", 32), protocol.ErrLongForm, "32 letters with two length bytes"},
		{"c4 00", nil, "no bytes"},
		{"c5 0001 00", protocol.ErrLongForm, "one byte with two length bytes"},
		{"c6 00000001 00", protocol.ErrLongForm, "one byte with four"},
		{"dc 0001 c0", protocol.ErrLongForm, "an array of one with two length bytes"},
		{"dc 0010" + strings.Repeat("c0", 16), nil, "an array of 16 needs them"},
		{"dd 00000010" + strings.Repeat("c0", 16), protocol.ErrLongForm, "an array of 16 with four"},
		{"de 0001 a161 c0", protocol.ErrLongForm, "a map of one with two length bytes"},
		{"ca 00000000", protocol.ErrForbidden, "a float"},
		{"cb 7ff8000000000001", protocol.ErrForbidden, "not a number"},
		{"c1", protocol.ErrForbidden, "the reserved code"},
		{"d4 01 00", protocol.ErrForbidden, "an extension"},
		{"c7 01 01 00", protocol.ErrForbidden, "an extension with a length"},
		{"d6 ff 00000000", protocol.ErrForbidden, "a timestamp"},
		{"a2 c328", protocol.ErrText, "a cut character"},
		{"a2 c080", protocol.ErrText, "NUL in two bytes: overlong"},
		{"a3 eda080", protocol.ErrText, "half a surrogate pair"},
		{"a1 00", nil, "NUL is a character; what shows it escapes it"},
		{"82 a161 01 a162 02", nil, "keys in order"},
		{"82 a161 01 a161 02", protocol.ErrMapKey, "a key twice"},
		{"82 a162 01 a161 02", protocol.ErrMapKey, "keys out of order"},
		{"81 01 01", protocol.ErrMapKey, "a key that is a number"},
		{"81 90 01", protocol.ErrMapKey, "a key that is an array"},
		{"81 a161", protocol.ErrTruncated, "a key without a value"},
		{"92 01", protocol.ErrTruncated, "an array that ends early"},
		{"a5 61", protocol.ErrTruncated, "a text that ends early"},
		{"cd 01", protocol.ErrTruncated, "a number that ends early"},
		{"", protocol.ErrTruncated, "nothing"},
		{"c0 c0", protocol.ErrTrailing, "two values"},
		{"81 a36f7073 dd05f5e100", protocol.ErrTruncated, "the ten bytes that killed a server (msgpack #401)"},
		{"dd 01000000", protocol.ErrTruncated, "16 Mi elements declared in five bytes"},
		{"df 7fffffff", protocol.ErrTruncated, "a map of two thousand million"},
		{"df 80000000", protocol.ErrTruncated, "twice which is more than 32 bits"},
		{"c6 ffffffff", protocol.ErrTruncated, "4 GiB declared"},
		{strings.Repeat("91", 16) + "c0", nil, "depth 16"},
		{strings.Repeat("91", 17) + "c0", protocol.ErrDepth, "depth 17"},
		{strings.Repeat("81a161", 17) + "c0", protocol.ErrDepth, "depth 17 by maps"},
		{"dc 270f" + strings.Repeat("c0", 9_999), nil, "10,000 elements with the array"},
		{"dc 2710" + strings.Repeat("c0", 10_000), protocol.ErrElements, "10,001"},
	} {
		if err := protocol.Check(unhex(t, row.data), protocol.FrameLimits); !errors.Is(err, row.want) || (err == nil) != (row.want == nil) {
			t.Errorf("%s: Check(%.40s) = %v, want %v", row.why, row.data, err, row.want)
		}
	}
}

func TestCheckLength(t *testing.T) {
	frame := append([]byte{0xc6, 0, 3, 0xff, 0xfb}, make([]byte, protocol.MaxFrame-5)...)
	if err := protocol.Check(frame, protocol.FrameLimits); err != nil {
		t.Errorf("a frame of the limit: %v", err)
	}
	if err := protocol.Check(append(frame, 0), protocol.FrameLimits); !errors.Is(err, protocol.ErrTooLong) {
		t.Errorf("one byte more: %v, want ErrTooLong", err)
	}
}

// TestCheckAllocatesNothing: a bomb costs its sender more than us.
func TestCheckAllocatesNothing(t *testing.T) {
	for _, data := range [][]byte{
		protocol.Encode(samples(t)["push"]),
		protocol.EncodePageBody(mixed()),
		bytes.Repeat([]byte{0x91}, protocol.MaxFrame),
	} {
		n := testing.AllocsPerRun(10, func() { _ = protocol.Check(data, protocol.FrameLimits) })
		if n > 8 { // the error and its text, whatever the size
			t.Errorf("%.20x: %v allocations", data, n)
		}
	}
}
