package protocol_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

func benchMessages(b *testing.B) map[string]protocol.Message {
	b.Helper()
	var changes []model.Change
	for i := range byte(20) {
		changes = append(changes, status(0x80+i))
	}
	answers := &protocol.Answers{Number: 1, Time: noon}
	for range 20 {
		answers.Answers = append(answers.Answers, model.Answer{Outcome: 1, Receipt: model.Receipt(fill(16, 1))})
	}
	return map[string]protocol.Message{"page": page(), "push of 20": pushOf(b, 1, changes...), "answers of 20": answers}
}

func BenchmarkEncode(b *testing.B) {
	for name, m := range benchMessages(b) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(protocol.Encode(m))))
			for b.Loop() {
				protocol.Encode(m)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for name, m := range benchMessages(b) {
		frame := protocol.Encode(m)
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(frame)))
			for b.Loop() {
				if _, err := protocol.Decode(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkCheck(b *testing.B) {
	body := protocol.EncodePageBody(large(1000))
	b.ReportAllocs()
	b.SetBytes(int64(len(body)))
	for b.Loop() {
		if err := protocol.Check(body, protocol.PageBodyLimits); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSubmitted(b *testing.B) {
	push := benchMessages(b)["push of 20"].(*protocol.Push)
	b.ReportAllocs()
	for b.Loop() {
		push.Submitted()
	}
}

func BenchmarkEncodeChange(b *testing.B) {
	c := status(0x80)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := protocol.EncodeChange(&c); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPageBody(b *testing.B) {
	p := large(1000)
	body := protocol.EncodePageBody(p)
	packed, ok := protocol.Compress(body)
	if !ok {
		b.Fatal("does not compress")
	}
	b.Logf("1,000 rows: %d bytes, %d compressed", len(body), len(packed))
	for name, f := range map[string]func() error{
		"encode":   func() error { protocol.EncodePageBody(p); return nil },
		"compress": func() error { protocol.Compress(body); return nil },
		"decode":   func() error { _, err := protocol.DecodePageBody(body, false); return err },
		"expand":   func() error { _, err := protocol.DecodePageBody(packed, true); return err },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(body)))
			for b.Loop() {
				if err := f(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
