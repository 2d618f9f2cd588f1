package engine

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"io"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Purpose keeps tokens of one use from being taken for another.
type Purpose uint8

// The purposes.
const (
	PurposeCursor  Purpose = iota + 1 // bound to tenant, user and device
	PurposeBase                       // bound to tenant and user, not to the device (write-verification CE-15)
	PurposeReceipt                    // one block, bound to the change
	PurposeHistory                    // bound to tenant and user: a place in the history
	PurposeTrail                      // bound to tenant and user: a place in the audit
)

// Binding is what a token is bound to besides its purpose.
type Binding struct {
	Purpose Purpose
	Tenant  model.TenantID
	User    model.UserID
	Device  model.DeviceID // zero unless the purpose says so
	Change  model.ChangeID // of a receipt
}

// Sealer hides what a device carries for the server. Equal plaintexts of Seal must not be recognisable, and the
// length of a token must tell nothing but the length of its plaintext, which the engine pads.
type Sealer interface {
	Seal(ring []storage.Key, b Binding, plain []byte) []byte
	Open(ring []storage.Key, b Binding, token []byte) (plain []byte, ok bool)
	// SealBlock hides one block under the newest key; it is deterministic, and its blocks are told apart by the
	// change in the binding. OpenBlock gives what SealBlock hid, or anything: the caller checks it.
	SealBlock(ring []storage.Key, b Binding, plain [16]byte) [16]byte
	OpenBlock(ring []storage.Key, b Binding, block [16]byte) [16]byte
}

// gcm is the sealer of real life: key id ‖ nonce ‖ AES-256-GCM.
type gcm struct {
	random io.Reader
	aeads  memo[keyUse, cipher.AEAD]
	blocks memo[keyUse, cipher.Block]
}

// keyUse is a key and what for.
type keyUse struct {
	storage.Key
	purpose Purpose
}

// NewSealer makes the sealer used when Config names none.
func NewSealer(random io.Reader) Sealer { return &gcm{random: random} }

func (b Binding) bytes() []byte {
	out := make([]byte, 0, 65)
	out = append(out, byte(b.Purpose))
	out = append(out, b.Tenant[:]...)
	out = append(out, b.User[:]...)
	out = append(out, b.Device[:]...)
	return append(out, b.Change[:]...)
}

// subkey derives the key of one purpose, so that no two uses share one.
func subkey(k storage.Key, p Purpose, label string) []byte {
	m := hmac.New(sha256.New, k.Secret[:])
	m.Write([]byte{byte(p)})
	m.Write([]byte(label))
	return m.Sum(nil)
}

func (s *gcm) aead(k storage.Key, p Purpose) cipher.AEAD {
	g, err := s.aeads.of(keyUse{k, p}, [2][]byte{}, func() (cipher.AEAD, error) {
		block, err := aes.NewCipher(subkey(k, p, "aead"))
		if err != nil {
			return nil, err
		}
		return cipher.NewGCM(block)
	})
	if err != nil {
		panic(err) // a 32-byte key is always accepted
	}
	return g
}

func (s *gcm) Seal(ring []storage.Key, b Binding, plain []byte) []byte {
	k := ring[len(ring)-1]
	g := s.aead(k, b.Purpose)
	out := make([]byte, 1+g.NonceSize(), 1+g.NonceSize()+len(plain)+g.Overhead())
	out[0] = k.ID
	if _, err := io.ReadFull(s.random, out[1:]); err != nil {
		panic(err) // the operating system's generator does not fail
	}
	return g.Seal(out, out[1:], plain, b.bytes())
}

func (s *gcm) Open(ring []storage.Key, b Binding, token []byte) ([]byte, bool) {
	for _, k := range ring {
		if len(token) == 0 || k.ID != token[0] {
			continue
		}
		g := s.aead(k, b.Purpose)
		if len(token) < 1+g.NonceSize() {
			return nil, false
		}
		nonce := token[1 : 1+g.NonceSize()]
		plain, err := g.Open(nil, nonce, token[1+g.NonceSize():], b.bytes())
		return plain, err == nil
	}
	return nil, false
}

func (s *gcm) block(ring []storage.Key) cipher.Block {
	k := ring[len(ring)-1]
	c, err := s.blocks.of(keyUse{k, PurposeReceipt}, [2][]byte{}, func() (cipher.Block, error) {
		return aes.NewCipher(subkey(k, PurposeReceipt, "block"))
	})
	if err != nil {
		panic(err) // a 32-byte key is always accepted
	}
	return c
}

func (s *gcm) SealBlock(ring []storage.Key, _ Binding, plain [16]byte) (out [16]byte) {
	s.block(ring).Encrypt(out[:], plain[:])
	return out
}

func (s *gcm) OpenBlock(ring []storage.Key, _ Binding, block [16]byte) (out [16]byte) {
	s.block(ring).Decrypt(out[:], block[:])
	return out
}

// receipt is the sealed acknowledgement of a change: the commit (6 bytes), the outcome (1), the low bytes of the
// incarnation (3), and 6 bytes that tie them to the change and its content. Encoding into one block and enciphering
// it hides the position and makes a forged block fail the check with all but 1 in 2^48.
func (e *Engine) receipt(t *tx, c *model.Change, o storage.Outcome) model.Receipt {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(o.Written.Seq)<<16)
	b[6] = byte(o.Code)
	inc := uint64(o.Written.Incarnation)
	b[7], b[8], b[9] = byte(inc>>16), byte(inc>>8), byte(inc)
	m := hmac.New(sha256.New, t.tenant.Secret[:])
	m.Write(c.ID[:])
	m.Write(c.Hash[:])
	m.Write(b[:10])
	copy(b[10:], m.Sum(nil))
	return e.seal().SealBlock(t.tenant.Keys, Binding{Purpose: PurposeReceipt, Tenant: t.id, Change: c.ID}, b)
}

func (e *Engine) seal() Sealer { return e.sealer }
