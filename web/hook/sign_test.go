package hook_test

import (
	"bytes"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"github.com/fieldsync/fieldsync/web/hook"
)

func TestSignAsTheOfficialLibrary(t *testing.T) {
	secret := bytes.Repeat([]byte{0xfb, 7}, 16)
	official, err := standardwebhooks.NewWebhook(hook.FormatSecret(secret))
	if err != nil {
		t.Fatal(err)
	}
	at, body := time.Unix(1_674_087_231, 987_000_000), []byte(`{"type":"jobs.created"}`)
	want, err := official.Sign("msg_1", at, body)
	if err != nil {
		t.Fatal(err)
	}
	if got := hook.Sign([][]byte{secret}, "msg_1", at, body); got != want {
		t.Errorf("Sign = %q, want %q", got, want)
	}
	other := bytes.Repeat([]byte{1}, 24)
	both := hook.Sign([][]byte{other, secret}, "msg_1", at, body)
	if parts := strings.Split(both, " "); len(parts) != 2 || parts[1] != want {
		t.Errorf("Sign with two secrets = %q, want a list that ends with %q", both, want)
	}
	head := http.Header{}
	head.Set(hook.HeaderID, "msg_1")
	head.Set(hook.HeaderTimestamp, strconv.FormatInt(at.Unix(), 10))
	head.Set(hook.HeaderSignature, both)
	if err := official.VerifyIgnoringTimestamp(body, head); err != nil {
		t.Errorf("the older secret does not verify: %v", err)
	}
}

// The signature of the specification's reference implementations, so that both of ours cannot be wrong together.
func TestSignVector(t *testing.T) {
	secret, err := hook.ParseSecret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
	if err != nil {
		t.Fatal(err)
	}
	got := hook.Sign([][]byte{secret}, "msg_p5jXN8AQM9LWM0D4loKWxJek", time.Unix(1614265330, 0), []byte(`{"test": 2432232314}`))
	if want := "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="; got != want {
		t.Errorf("Sign = %q, want %q", got, want)
	}
}

func TestParseSecret(t *testing.T) {
	for n := range 80 {
		secret := bytes.Repeat([]byte{9}, n)
		got, err := hook.ParseSecret(hook.FormatSecret(secret))
		if ok := n >= hook.MinSecret && n <= hook.MaxSecret; (err == nil) != ok {
			t.Errorf("a secret of %d bytes: %v", n, err)
		} else if ok && !bytes.Equal(got, secret) {
			t.Errorf("a secret of %d bytes comes back as another", n)
		}
	}
	for _, text := range []string{"", "whsec_", "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa*w"} {
		if _, err := hook.ParseSecret(text); err == nil {
			t.Errorf("ParseSecret(%q) gives one", text)
		}
	}
}
