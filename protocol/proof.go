package protocol

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// proofLabel keeps a signature made for a hello from being good for anything else.
const proofLabel = "fieldsync hello 1"

// HelloProof is the exact bytes a device's key signs: the label, what the server said, the host the device meant to
// reach, and what it says itself. Each part has its length before it, 2 bytes big-endian; numbers are 8 bytes
// big-endian; a hand-in is one byte, 0 or 1. The nonce makes a signature good once, the host keeps a server that a
// device was lured to from using it elsewhere. host is lower-case, with a port only when it is not 443, as in the
// URL that was dialled.
func HelloProof(c *Challenge, h *Hello, host string) []byte {
	var out []byte
	part := func(b []byte) {
		out = binary.BigEndian.AppendUint16(out, uint16(len(b)))
		out = append(out, b...)
	}
	number := func(n uint64) { part(binary.BigEndian.AppendUint64(nil, n)) }
	part([]byte(proofLabel))
	part(c.Nonce[:])
	number(uint64(c.Time))
	part(c.Store[:])
	part([]byte(host))
	number(h.Version)
	part(h.Tenant[:])
	part(h.Device[:])
	part(h.Secret[:])
	number(h.Token)
	number(h.Next)
	if h.HandIn {
		part([]byte{1})
	} else {
		part([]byte{0})
	}
	number(h.Features)
	part([]byte(clip(h.App, maxApp)))
	return out
}

// SignHello puts the signature of a device's key into a hello: ECDSA over the SHA-256 of the proof, ASN.1. It is
// deterministic (RFC 6979), so that it needs no source of randomness on a phone.
func SignHello(key *ecdsa.PrivateKey, c *Challenge, h *Hello, host string) error {
	sum := sha256.Sum256(HelloProof(c, h, host))
	signature, err := key.Sign(nil, sum[:], crypto.SHA256)
	if err != nil {
		return fmt.Errorf("sign the hello: %w", err)
	}
	h.Signature = signature
	return nil
}

// VerifyHello says whether a hello is signed by the key whose uncompressed P-256 point is public, for this challenge
// and host. A key that is none verifies nothing.
func VerifyHello(public []byte, c *Challenge, h *Hello, host string) bool {
	key, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), public)
	if err != nil {
		return false
	}
	sum := sha256.Sum256(HelloProof(c, h, host))
	return ecdsa.VerifyASN1(key, sum[:], h.Signature)
}

// PublicKey is the uncompressed point of a device's key, as [VerifyHello] and a sign-in take it.
func PublicKey(key *ecdsa.PrivateKey) ([]byte, error) {
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil, fmt.Errorf("encode the public key: %w", err)
	}
	return point, nil
}
