package protocol_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/hex"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

func TestHelloProof(t *testing.T) {
	all := samples(t)
	challenge, hello := all["challenge"].(*protocol.Challenge), all["hello"].(*protocol.Hello)
	const want = "0011" + "6669656c6473796e632068656c6c6f2031" + // "fieldsync hello 1"
		"0020" + "4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e4e" + // nonce
		"0008" + "000001a1ee873200" + // time
		"0008" + "0102030405060708" + // store
		"000c" + "73796e632e61636d652e696f" + // host
		"0008" + "0000000000000001" + // version
		"0010" + "303132333435363738393a3b3c3d3e3f" + // tenant
		"0010" + "404142434445464748494a4b4c4d4e4f" + // device
		"0020" + "5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e5e" + // secret
		"0008" + "1000000000000000" + // connection token
		"0008" + "0000000000001267" + // next
		"0001" + "00" + // live
		"0008" + "0000000000000001" + // features
		"0005" + "322e332e31" // app
	if got := hex.EncodeToString(protocol.HelloProof(challenge, hello, "sync.acme.io")); got != want {
		t.Errorf("HelloProof =\n%s, want\n%s", got, want)
	}
}

func TestSignature(t *testing.T) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := protocol.PublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	const host = "sync.acme.io"
	for _, row := range []struct {
		spoil func(*protocol.Challenge, *protocol.Hello)
		host  string
		valid bool
		why   string
	}{
		{func(*protocol.Challenge, *protocol.Hello) {}, host, true, "as signed"},
		{func(*protocol.Challenge, *protocol.Hello) {}, "evil.example", false, "relayed by another host"},
		{func(c *protocol.Challenge, _ *protocol.Hello) { c.Nonce[0]++ }, host, false, "replayed to another challenge"},
		{func(c *protocol.Challenge, _ *protocol.Hello) { c.Store[7]++ }, host, false, "another life of the store"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Tenant[0]++ }, host, false, "another company"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Device = model.DeviceID{} }, host, false, "another device"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Secret[0]++ }, host, false, "another session"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Token++ }, host, false, "another connection"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Next++ }, host, false, "another count"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.HandIn = !h.HandIn }, host, false, "another lane"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Version++ }, host, false, "another version"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.App += " " }, host, false, "another app"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Signature = nil }, host, false, "not signed"},
		{func(_ *protocol.Challenge, h *protocol.Hello) { h.Signature = fill(71, 1) }, host, false, "signed with noise"},
	} {
		all := samples(t)
		challenge, hello := all["challenge"].(*protocol.Challenge), all["hello"].(*protocol.Hello)
		if err := protocol.SignHello(key, challenge, hello, host); err != nil {
			t.Fatal(err)
		}
		row.spoil(challenge, hello)
		if got := protocol.VerifyHello(public, challenge, hello, row.host); got != row.valid {
			t.Errorf("%s: VerifyHello = %t, want %t", row.why, got, row.valid)
		}
	}
	all := samples(t)
	if protocol.VerifyHello(nil, all["challenge"].(*protocol.Challenge), all["hello"].(*protocol.Hello), host) {
		t.Error("no key verifies nothing")
	}
}
