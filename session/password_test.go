package session_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/session"
)

func TestPasswords(t *testing.T) {
	p := session.NewPasswords(1)
	phc, err := p.Hash(t.Context(), "correct horse")
	if err != nil || !strings.HasPrefix(phc, "$argon2id$v=19$m=19456,t=2,p=1$") {
		t.Fatalf("Hash = %q, %v", phc, err)
	}
	if again, _ := p.Hash(t.Context(), "correct horse"); again == phc {
		t.Error("two hashes of one password are equal: there is no salt")
	}
	key := phc[strings.LastIndexByte(phc, '$'):]
	cases := []struct {
		stored, password string
		want             bool
		why              string
	}{
		{phc, "correct horse", true, "the right one"},
		{phc, "correct horsf", false, "a wrong one"},
		{phc, "", false, "none"},
		{phc, strings.Repeat("x", session.MaxPassword+1), false, "too long to be hashed"},
		{"", "", false, "nobody: an unknown user"},
		{"", "correct horse", false, "nobody, with a password"},
		{"$argon2id$v=19$m=19456,t=2,p=1$AAAA$", "", false, "an empty key would be equal to an empty hash"},
		{"$argon2id$v=19$m=4294967295,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA" + key, "x", false, "a tampered cost must not stop the server"},
		{strings.Replace(phc, "argon2id", "argon2i", 1), "correct horse", false, "another algorithm"},
	}
	for _, c := range cases {
		if got, err := p.Verify(t.Context(), c.stored, c.password); got != c.want || err != nil {
			t.Errorf("Verify(%.30q, %.20q) = %v, %v, want %v: %s", c.stored, c.password, got, err, c.want, c.why)
		}
	}
}

func TestPasswordBounds(t *testing.T) {
	p := session.NewPasswords(1)
	for _, c := range []struct {
		password string
		want     error
	}{
		{"1234567", session.ErrPasswordShort},
		{"ääääääää", nil},
		{strings.Repeat("x", session.MaxPassword), nil},
		{strings.Repeat("x", session.MaxPassword+1), session.ErrPasswordLong},
	} {
		if _, err := p.Hash(t.Context(), c.password); !errors.Is(err, c.want) {
			t.Errorf("Hash of %d bytes = %v, want %v", len(c.password), err, c.want)
		}
	}
}

func TestPasswordsGiveUpWithTheirContext(t *testing.T) {
	p := session.NewPasswords(1)
	leave := p.Occupy()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := p.Verify(ctx, "", "whatever"); !errors.Is(err, context.Canceled) {
		t.Errorf("Verify with a cancelled context = %v, want context.Canceled", err)
	}
	leave()
}

// TestPasswordsLoad counts what cost a hash, and nothing that did not.
func TestPasswordsLoad(t *testing.T) {
	p := session.NewPasswords(1)
	phc, err := p.Hash(t.Context(), "correct horse")
	if err != nil {
		t.Fatal(err)
	}
	_, _ = p.Hash(t.Context(), "short")
	if _, err := p.Verify(t.Context(), phc, "wrong horse"); err != nil {
		t.Fatal(err)
	}
	if hashed, waiting := p.Load(); hashed != 2 || waiting != 0 {
		t.Errorf("Load = %d hashed, %d waiting; want 2 and 0", hashed, waiting)
	}
}
