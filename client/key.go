package client

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"fmt"

	"github.com/fieldsync/fieldsync/protocol"
)

// SoftKey is a device key in memory: for tests, and for computers without a key store.
type SoftKey struct{ key *ecdsa.PrivateKey }

// NewSoftKey makes one.
func NewSoftKey() (*SoftKey, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("make a device key: %w", err)
	}
	return &SoftKey{key}, nil
}

// ParseSoftKey is the inverse of Marshal.
func ParseSoftKey(b []byte) (*SoftKey, error) {
	key, err := x509.ParseECPrivateKey(b)
	if err != nil {
		return nil, fmt.Errorf("read a device key: %w", err)
	}
	return &SoftKey{key}, nil
}

// Marshal is the key as bytes, to be kept as a secret.
func (k *SoftKey) Marshal() ([]byte, error) { return x509.MarshalECPrivateKey(k.key) }

// Public is the uncompressed point, for Credentials.
func (k *SoftKey) Public() ([]byte, error) { return protocol.PublicKey(k.key) }

// Sign implements [Signer].
func (k *SoftKey) Sign(proof []byte) ([]byte, error) {
	sum := sha256.Sum256(proof)
	return k.key.Sign(nil, sum[:], crypto.SHA256)
}
