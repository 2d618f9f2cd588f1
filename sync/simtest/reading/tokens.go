package reading

import (
	"encoding/binary"
	"fmt"
	"maps"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// overhead is what the sealer of real life adds to a plaintext: key id, nonce and tag.
const overhead = 1 + 12 + 16

// Tokens is a sealer for comparing worlds (DESIGN §12.14): a token is the next block, as long as a real one, of the
// device's own random stream, and its plaintext is kept beside it. So two worlds in which a device is told the same
// give the same bytes, whatever the tokens hide. Blocks are sealed as in real life: they are a function of the change.
type Tokens struct {
	engine.Sealer

	seed  uint64
	drawn map[engine.Binding]uint64
	plain map[string]kept
	under *Tokens // the world this one was cut from
}

type kept struct {
	binding engine.Binding
	plain   []byte
}

// NewTokens makes a sealer whose streams a seed determines.
func NewTokens(seed uint64) *Tokens {
	return &Tokens{
		Sealer: engine.NewSealer(history.Stream(seed, "blocks")), seed: seed,
		drawn: map[engine.Binding]uint64{}, plain: map[string]kept{},
	}
}

// Twin goes on as s would, without touching it, and opens what s sealed.
func (s *Tokens) Twin() *Tokens {
	return &Tokens{Sealer: s.Sealer, seed: s.seed, drawn: maps.Clone(s.drawn), plain: map[string]kept{}, under: s}
}

// Seal implements [engine.Sealer].
func (s *Tokens) Seal(_ []storage.Key, b engine.Binding, plain []byte) []byte {
	s.drawn[b]++
	label := binary.BigEndian.AppendUint64([]byte{byte(b.Purpose)}, s.drawn[b])
	label = append(append(label, b.User[:]...), b.Device[:]...)
	token := make([]byte, overhead+len(plain))
	_, _ = history.Stream(s.seed, string(label)).Read(token) // never fails
	s.plain[string(token)] = kept{b, append([]byte(nil), plain...)}
	return token
}

// mint makes a token of a test's own, outside the streams.
func (s *Tokens) mint(b engine.Binding, plain []byte) string {
	token := fmt.Sprintf("minted %d", len(s.plain))
	s.plain[token] = kept{b, plain}
	return token
}

// Open implements [engine.Sealer].
func (s *Tokens) Open(_ []storage.Key, b engine.Binding, token []byte) ([]byte, bool) {
	for t := s; t != nil; t = t.under {
		if k, ok := t.plain[string(token)]; ok {
			return append([]byte(nil), k.plain...), k.binding == b
		}
	}
	return nil, false
}
