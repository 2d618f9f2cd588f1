package main

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// vectorFile is one file of the golden vectors, read as SPEC.md §14 says and not as package protocol does.
type vectorFile struct {
	name, kind, expect, to string
	blobs                  [][]byte
	means                  []string
	data                   []byte
}

func vectorFiles(t *testing.T) (all []vectorFile) {
	t.Helper()
	paths, err := filepath.Glob("../../protocol/testdata/vectors/*.txt")
	check(t, err)
	for _, path := range paths {
		raw, err := os.ReadFile(path)
		check(t, err)
		head, digits, _ := strings.Cut(string(raw), "\n\n")
		var v vectorFile
		for line := range strings.SplitSeq(head, "\n") {
			key, value, _ := strings.Cut(line, ": ")
			switch key {
			case "name":
				v.name = value
			case "kind":
				v.kind = value
			case "expect":
				v.expect = value
			case "to":
				v.to = value
			case "means":
				v.means = append(v.means, value)
			case "blob":
				blob, err := hex.DecodeString(value)
				check(t, err)
				v.blobs = append(v.blobs, blob)
			}
		}
		v.data, err = hex.DecodeString(strings.ReplaceAll(digits, "\n", ""))
		check(t, err)
		all = append(all, v)
	}
	if len(all) < 100 {
		t.Fatalf("%d vectors", len(all))
	}
	return all
}

// asFrame is what a device would send of a vector; nil when it cannot be sent.
func (v *vectorFile) asFrame() []byte {
	switch v.kind {
	case "frame", "proof": // a proof is no frame at all, and must be answered as one
		return v.data
	case "body", "zstd body": // only a server sends pages
		return protocol.Encode(&protocol.Page{Body: v.data, Compressed: v.kind == "zstd body"})
	case "change":
		return protocol.Encode(&protocol.Push{Number: 7, Blobs: v.blobs, Changes: []protocol.PushedChange{{Number: 1, Body: v.fresh()}}})
	}
	return nil
}

// fresh is the body of a change under an id of its own: under the one they share, all but the first would be the alarm
// of another content.
func (v *vectorFile) fresh() []byte {
	if len(v.data) < 19 || v.data[1] != 0xc4 || v.data[2] != 16 || v.data[3] == 0 {
		return v.data
	}
	id := randomRecord()
	return bytes.ReplaceAll(v.data, v.data[3:19], id[:])
}

// answered is how SPEC.md files a vector that comes by the live lane: "fatal", "respond CODE", "nothing", "answers" or
// what the message itself asks for.
func (v *vectorFile) answered() string {
	switch {
	case v.kind == "proof", v.kind == "frame" && v.expect == "fatal":
		return "fatal"
	case v.kind == "body", v.kind == "zstd body":
		return fmt.Sprintf("respond %d", protocol.CodeUnexpected)
	case v.name == "change-edit", v.name == "change-newer":
		return "held 5" // one of a group of three
	case v.name == "frame-push", v.name == "newer-push":
		return "retry 0" // the last of them comes after one that the device has not sent
	case v.kind == "change" && v.expect == "ok":
		return "refused 42" // well formed, and another author's
	case v.kind == "change", strings.HasPrefix(v.expect, "respond"):
		return v.expect
	case v.to == "device":
		return fmt.Sprintf("respond %d", protocol.CodeUnknownMessage) // the same bytes, to a server
	}
	m, err := protocol.Decode(v.data)
	if err != nil {
		return "unreadable"
	}
	switch m.Type() {
	case protocol.TypeHello:
		return "fatal" // a second one
	case protocol.TypeGot:
		return "nothing"
	case protocol.TypePush:
		return "refused 42"
	case protocol.TypePing:
		return "pong"
	case protocol.TypeBye:
		return "closed"
	case protocol.TypeResume:
		return "page"
	case protocol.TypeSearch:
		return "found"
	default: // of the server, or holdings that nobody asked for
		return fmt.Sprintf("respond %d", protocol.CodeUnexpected)
	}
}

// TestAcceptVectors sends every golden vector to a live server as a signed-in device would, each on a connection of
// its own. It is answered as SPEC.md files it, a bomb costs no more than a frame may, and another device notices
// nothing.
func TestAcceptVectors(t *testing.T) {
	s := openStage(t, nil)
	b := s.bystander("acme", "ben")
	h := s.handset("acme", "sue")
	for _, v := range vectorFiles(t) {
		frame := v.asFrame()
		if frame == nil {
			continue
		}
		w := h.connect()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w.raw(frame)
		want := v.answered()
		got := w.reaction(want)
		runtime.ReadMemStats(&after)
		if !v.allows(got, want) {
			t.Errorf("%s: %s, want %s", v.name, got, want)
		}
		// Rough: the bystander is served meanwhile. What a bomb declares would be a hundred times this.
		if grown := after.TotalAlloc - before.TotalAlloc; strings.HasPrefix(v.name, "bomb") && grown > 4<<20 {
			t.Errorf("%s: %d bytes were allocated", v.name, grown)
		}
		_ = w.conn.Close(protocol.CodeNone, "")
	}
	b.undisturbed(t)
}

// allows compares, with the choice that SPEC.md §13 leaves open, and with one that it does not: the engine has no name
// for a change without an id, and calls it unreadable.
func (v *vectorFile) allows(got, want string) bool {
	return got == want || want == "refused 10" && got == "held 10"
}

// reaction is what the server says to what was just sent, of which want is expected; the connection must go on when it is not closed.
func (w *wire) reaction(want string) string {
	w.t.Helper()
	w.say(&protocol.Ping{Wall: 1234})
	said := ""
	for {
		frame, err := w.frame()
		if err != nil {
			return "closed"
		}
		m, err := protocol.Decode(frame)
		check(w.t, err)
		switch m := m.(type) {
		case *protocol.Bye:
			if closed := w.closed(); m.Code != protocol.CodeProtocol || closed.Code != m.Code {
				return fmt.Sprintf("bye %d, close %d", m.Code, closed.Code)
			}
			return "fatal"
		case *protocol.Pong:
			if m.Wall != 1234 {
				said = "pong"
				continue
			}
			switch {
			case said == "" && (want == "page" || want == "found"):
				continue // pages keep a pace of their own, and answers to searches come behind them: both may come behind the pong
			case said == "" && want == "pong":
				return "pong" // one pong may answer two pings
			case said == "":
				return "nothing"
			}
			return said
		case *protocol.ErrorMessage:
			said = fmt.Sprintf("respond %d", m.Code)
		case *protocol.Answers:
			said = "no answers"
			for _, a := range m.Answers {
				said = fmt.Sprintf("%s %d", a.Outcome, a.Reason)
			}
		case *protocol.Page:
			if want == "page" {
				return "page"
			}
			said = "page"
		case *protocol.Found:
			if want == "found" {
				return "found"
			}
			said = "found"
		}
	}
}

// TestAcceptVectorsBeforeHello: nothing but a hello is taken first, and a hello that proves nothing says only that.
func TestAcceptVectorsBeforeHello(t *testing.T) {
	s := openStage(t, nil)
	b := s.bystander("acme", "ben")
	h := s.handset("acme", "sue")
	for _, v := range vectorFiles(t) {
		frame := v.asFrame()
		if frame == nil {
			continue
		}
		w, _ := h.dial()
		w.raw(frame)
		want := protocol.CodeProtocol
		if m, err := protocol.Decode(frame); err == nil && m.Type() == protocol.TypeHello {
			want = protocol.CodeNotSignedIn
		}
		got, err := w.frame()
		check(t, err)
		m, err := protocol.Decode(got)
		check(t, err)
		bye, ok := m.(*protocol.Bye)
		if !ok || bye.Code != want || w.closed().Code != want {
			t.Errorf("%s as the first frame: %s, want %d", v.name, protocol.Describe(got), want)
		}
	}
	b.undisturbed(t)
}

// TestAcceptValues: a value of the vectors in an edit, with its seen hash, is read: what is wrong with the change is
// only that its base is nobody's.
func TestAcceptValues(t *testing.T) {
	s := openStage(t, nil)
	w := s.handset("acme", "ben").connect()
	for _, v := range vectorFiles(t) {
		if v.kind != "value" {
			continue
		}
		c := change(model.OpEdit, model.Jobs, randomRecord(), model.Assign{Field: 1 << 20, Value: model.Bool(true), Seen: 1 << 60})
		c.Author = w.h.in.User
		body, blobs, err := protocol.EncodeChange(&c)
		check(t, err)
		at := strings.Index(string(body), "\xce\x00\x10\x00\x00\xc3\xcf")
		if at < 0 {
			t.Fatalf("no field in %x", body)
		}
		body = []byte(string(body[:at+5]) + string(v.data) + string(body[at+6:]))
		w.say(&protocol.Push{Number: 1, Blobs: blobs, Changes: []protocol.PushedChange{{Number: 1, Body: body}}})
		if a := heard[*protocol.Answers](w).Answers; len(a) != 1 || a[0].Outcome != model.OutcomeRefused || a[0].Reason != model.ReasonBase {
			t.Errorf("%s: %+v, want refused for its base alone", v.name, a)
		}
	}
}
