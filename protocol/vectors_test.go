package protocol_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

var update = flag.Bool("update", false, "rewrite the golden vectors that are made from code")

// vector is one file of testdata/vectors: headers, an empty line, hexadecimal digits. SPEC.md §14 says what they mean.
type vector struct {
	name, comment string
	kind          string // frame, body, zstd body, change, value, proof
	expect        string // ok, fatal, discard, respond CODE, refused REASON
	to            string // frame: server or device, where it matters
	newer         bool   // has elements of a newer peer, so that it does not re-encode to itself
	blobs         []string
	means         []string          // what a person reads of it
	more          map[string]string // headers of one kind alone
	data          []byte
}

const vectorGlob = "testdata/vectors/*.txt"

func (v *vector) String() string {
	var b strings.Builder
	line := func(key, value string) {
		if value != "" {
			b.WriteString(key + ": " + value + "\n")
		}
	}
	line("name", v.name)
	line("kind", v.kind)
	line("expect", v.expect)
	line("to", v.to)
	if v.newer {
		line("newer", "yes")
	}
	for _, key := range []string{"host", "private", "public", "signature", "seen"} {
		line(key, v.more[key])
	}
	for _, blob := range v.blobs {
		line("blob", hex.EncodeToString([]byte(blob)))
	}
	line("comment", v.comment)
	for _, text := range v.means {
		line("means", text)
	}
	b.WriteByte('\n')
	for chunk := range slices.Chunk(v.data, 40) {
		b.WriteString(hex.EncodeToString(chunk) + "\n")
	}
	return b.String()
}

func readVector(tb testing.TB, path string) *vector {
	tb.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		tb.Fatal(err)
	}
	head, body, ok := strings.Cut(string(text), "\n\n")
	if !ok {
		tb.Fatalf("%s: no empty line after the headers", path)
	}
	v := &vector{more: map[string]string{}, data: unhex(tb, strings.ReplaceAll(body, "\n", ""))}
	for line := range strings.SplitSeq(head, "\n") {
		key, value, ok := strings.Cut(line, ": ")
		switch {
		case !ok:
			tb.Fatalf("%s: %q is no header", path, line)
		case key == "name":
			v.name = value
		case key == "kind":
			v.kind = value
		case key == "expect":
			v.expect = value
		case key == "to":
			v.to = value
		case key == "newer":
			v.newer = value == "yes"
		case key == "blob":
			v.blobs = append(v.blobs, string(unhex(tb, value)))
		case key == "comment":
			v.comment = value
		case key == "means":
			v.means = append(v.means, value)
		default:
			v.more[key] = value
		}
	}
	if v.name+".txt" != filepath.Base(path) || v.expect == "" || v.comment == "" {
		tb.Fatalf("%s: wants its own name, an expectation and a comment", path)
	}
	return v
}

func vectors(tb testing.TB) []*vector {
	tb.Helper()
	paths, err := filepath.Glob(vectorGlob)
	if err != nil || len(paths) == 0 {
		tb.Fatalf("no vectors at %s: %v", vectorGlob, err)
	}
	var out []*vector
	for _, path := range paths {
		out = append(out, readVector(tb, path))
	}
	return out
}

func describe(text string) []string { return strings.Split(strings.TrimSuffix(text, "\n"), "\n") }

// golden is the vectors that are made from code; all others were made by hand and are never rewritten.
func golden(tb testing.TB) []*vector {
	tb.Helper()
	var out []*vector
	for name, m := range samples(tb) {
		frame := protocol.Encode(m)
		out = append(out, &vector{
			name: "frame-" + name, kind: "frame", expect: "ok", comment: m.Type().String(),
			means: describe(protocol.Describe(frame)), data: frame,
		})
	}
	for name, b := range map[string]*protocol.PageBody{"empty": {}, "one-field": oneField(), "mixed": mixed()} {
		body := protocol.EncodePageBody(b)
		out = append(out, &vector{
			name: "body-" + name, kind: "body", expect: "ok", comment: "a page's body",
			means: describe(protocol.DescribePageBody(body, false)), data: body,
		})
	}
	for name, c := range map[string]model.Change{"status": status(0x80), "edit": edit()} {
		body, blobs, err := protocol.EncodeChange(&c)
		if err != nil {
			tb.Fatal(err)
		}
		out = append(out, &vector{
			name: "change-" + name, kind: "change", expect: "ok", comment: "a change's body; its blobs beside it",
			blobs: texts(blobs), means: describe(protocol.DescribeChange(string(body), texts(blobs))), data: body,
		})
	}
	for name, v := range map[string]model.Value{
		"null": model.Null(), "true": model.Bool(true), "false": model.Bool(false), "int": model.Int(-40),
		"text": model.Text("Tür"), "bytes": model.Bytes([]byte{1, 2, 3}),
	} {
		out = append(out, &vector{
			name: "value-" + name, kind: "value", expect: "ok", comment: "a value and the hash an edit of it carries as seen",
			more: map[string]string{"seen": fmt.Sprintf("%016x", uint64(v.Hash()))}, data: encodeValue(v),
		})
	}
	return append(out, goldenProof(tb))
}

// encodeValue cuts a value out of a page's body that ends with it.
func encodeValue(v model.Value) []byte {
	row := model.Row{ID: record(1), Collection: 1, Fields: []model.FieldValue{{Field: 1, Value: v}}}
	body := protocol.EncodePageBody(&protocol.PageBody{Rows: []model.Row{row}})
	return body[len(valuePrefix):]
}

// valuePrefix is a page's body of one row and one field, without its value.
var valuePrefix = slices.Concat([]byte{0x93, 0x90, 0xc4, 0, 0x91, 0x94, 1, 0x91, 1, 0xc4, 16}, idBytes(1), []byte{0x91})

func idBytes(first byte) []byte { r := record(first); return r[:] }

// proofKey is a private key for the vector alone.
const proofKey = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721" // of RFC 6979, A.2.5

func goldenProof(tb testing.TB) *vector {
	tb.Helper()
	key, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), unhex(tb, proofKey))
	if err != nil {
		tb.Fatal(err)
	}
	public, err := protocol.PublicKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	all := samples(tb)
	challenge, hello := all["challenge"].(*protocol.Challenge), all["hello"].(*protocol.Hello)
	const host = "sync.acme.io"
	if err := protocol.SignHello(key, challenge, hello, host); err != nil {
		tb.Fatal(err)
	}
	return &vector{
		name: "proof-hello", kind: "proof", expect: "ok",
		comment: "the bytes that are signed for frame-challenge and frame-hello, and their signature",
		more: map[string]string{
			"host": host, "private": proofKey, "public": hex.EncodeToString(public),
			"signature": hex.EncodeToString(hello.Signature),
		},
		data: protocol.HelloProof(challenge, hello, host),
	}
}

// TestVectors compares the files with the code in both directions.
func TestVectors(t *testing.T) {
	want := golden(t)
	for _, v := range want {
		path := filepath.Join("testdata/vectors", v.name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(v.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(path); err != nil || string(got) != v.String() {
			t.Errorf("%s is not what the code makes (%v): the wire has changed, or run make vectors and read the diff", path, err)
		}
	}
	for _, v := range vectors(t) {
		t.Run(v.name, func(t *testing.T) { v.verify(t) })
	}
}

func (v *vector) verify(t *testing.T) {
	t.Helper()
	got, again := v.read(t)
	if got != v.expect {
		t.Errorf("%s (%s): got %s, want %s", v.kind, v.comment, got, v.expect)
	}
	if got == "ok" && !v.newer && !bytes.Equal(again, v.data) {
		t.Errorf("re-encodes to %x, want %x", again, v.data)
	}
	if v.newer && bytes.Equal(again, v.data) {
		t.Error("re-encodes to itself, though it is said to be of a newer peer")
	}
}

// read decodes the vector, says what became of it, and encodes it again.
func (v *vector) read(t *testing.T) (outcome string, again []byte) {
	t.Helper()
	switch v.kind {
	case "frame":
		m, err := protocol.Decode(v.data)
		if err == nil {
			return "ok", protocol.Encode(m)
		}
		return v.fate(t, err), nil
	case "body", "zstd body":
		b, err := protocol.DecodePageBody(v.data, v.kind == "zstd body")
		if err != nil {
			return "fatal", nil
		}
		if v.kind == "zstd body" {
			return "ok", v.data // how it is packed is the server's choice
		}
		return "ok", protocol.EncodePageBody(b)
	case "change":
		c := protocol.DecodeChange(string(v.data), v.blobs)
		if c.Fault != model.ReasonNone {
			return "refused " + strconv.Itoa(int(c.Fault)), nil
		}
		body, _, err := protocol.EncodeChange(&c)
		if err != nil {
			t.Fatalf("EncodeChange = %v", err)
		}
		return "ok", body
	case "value":
		b, err := protocol.DecodePageBody(slices.Concat(valuePrefix, v.data), false)
		if err != nil {
			return "fatal", nil
		}
		value := b.Rows[0].Fields[0].Value
		if got := fmt.Sprintf("%016x", uint64(value.Hash())); got != v.more["seen"] {
			t.Errorf("seen %s, want %s", got, v.more["seen"])
		}
		return "ok", encodeValue(value)
	case "proof":
		all := samples(t)
		challenge, hello := all["challenge"].(*protocol.Challenge), all["hello"].(*protocol.Hello)
		hello.Signature = unhex(t, v.more["signature"])
		if !protocol.VerifyHello(unhex(t, v.more["public"]), challenge, hello, v.more["host"]) {
			return "fatal", nil
		}
		return "ok", protocol.HelloProof(challenge, hello, v.more["host"])
	default:
		t.Fatalf("no such kind: %q", v.kind)
		return "", nil
	}
}

func (v *vector) fate(t *testing.T, err error) string {
	t.Helper()
	var bad *protocol.FrameError
	if !errors.As(err, &bad) {
		t.Fatalf("Decode = %v, want a FrameError", err)
	}
	switch {
	case bad.Fate == protocol.Fatal:
		return "fatal"
	case bad.Fate == protocol.Discard, v.to == "device": // a device answers nothing
		return "discard"
	default:
		return "respond " + strconv.Itoa(int(bad.Code))
	}
}
