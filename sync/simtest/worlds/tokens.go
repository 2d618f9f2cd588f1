package worlds

import (
	"encoding/binary"
	"sync"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// overhead is what the sealer of real life adds to a plaintext: key id, nonce and tag.
const overhead = 1 + 12 + 16

// tokens is the sealer of one world (DESIGN §12.14): a token is the next block, as long as a real one, of the stream of
// whom it is bound to, and its plaintext is kept beside it. A block of a receipt is one of its change's stream; the same
// plaintext gets the same block again, as in real life.
type tokens struct {
	seed uint64

	mu     sync.Mutex // guards the fields below: conversations seal too
	drawn  map[engine.Binding]uint64
	plain  map[string]sealed
	blocks map[block][16]byte
}

type sealed struct {
	binding engine.Binding
	plain   []byte
}

type block struct {
	binding engine.Binding
	plain   [16]byte
}

func newTokens(seed uint64) *tokens {
	return &tokens{
		seed: seed, drawn: map[engine.Binding]uint64{}, plain: map[string]sealed{}, blocks: map[block][16]byte{},
	}
}

// next draws n bytes of a binding's stream. The caller holds mu.
func (s *tokens) next(b engine.Binding, n int) []byte {
	s.drawn[b]++
	label := binary.BigEndian.AppendUint64([]byte{byte(b.Purpose)}, s.drawn[b])
	label = append(append(append(label, b.User[:]...), b.Device[:]...), b.Change[:]...)
	out := make([]byte, n)
	_, _ = history.Stream(s.seed, string(label)).Read(out) // never fails
	return out
}

// Seal implements [engine.Sealer].
func (s *tokens) Seal(_ []storage.Key, b engine.Binding, plain []byte) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	token := s.next(b, overhead+len(plain))
	s.plain[string(token)] = sealed{b, append([]byte(nil), plain...)}
	return token
}

// Open implements [engine.Sealer].
func (s *tokens) Open(_ []storage.Key, b engine.Binding, token []byte) ([]byte, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	have, ok := s.plain[string(token)]
	return append([]byte(nil), have.plain...), ok && have.binding == b
}

// SealBlock implements [engine.Sealer].
func (s *tokens) SealBlock(_ []storage.Key, b engine.Binding, plain [16]byte) [16]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	key := block{b, plain}
	out, ok := s.blocks[key]
	if !ok {
		out = [16]byte(s.next(b, 16))
		s.blocks[key] = out
	}
	return out
}

// OpenBlock implements [engine.Sealer]. Nothing opens receipts yet but by comparing.
func (s *tokens) OpenBlock(_ []storage.Key, b engine.Binding, sealed [16]byte) [16]byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	for k, v := range s.blocks {
		if k.binding == b && v == sealed {
			return k.plain
		}
	}
	return [16]byte{}
}
