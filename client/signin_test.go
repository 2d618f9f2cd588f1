package client_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"testing"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

const admission = `{"token":"%s","device":"03000000000000000000000000000000","user":"02000000000000000000000000000000",
"session":"04000000000000000000000000000000","tenant":"01000000000000000000000000000000","name":"Bob","kind":"mobile"}`

func TestSignIn(t *testing.T) {
	token := make([]byte, 32)
	token[0] = 0xfe
	good := func(text string) string {
		return `{"token":"` + text + `"` + admission[len(`{"token":"%s"`):]
	}
	cases := []struct {
		status int
		reply  string
		want   error // nil: signed in
		why    string
	}{
		{200, good(base64.StdEncoding.EncodeToString(token)), nil, "a token in base64"},
		{200, good(base64.RawURLEncoding.EncodeToString(token)), nil, "in another flavour"},
		{200, good("fe00000000000000000000000000000000000000000000000000000000000000"), nil, "in hexadecimal"},
		{200, good("c2hvcnQ"), errAny, "a token that is too short"},
		{200, `{}`, errAny, "an answer without anything"},
		{401, `{"code":"sign_in_failed","title":"wrong"}`, &client.SignInError{Status: 401, Code: "sign_in_failed", Title: "wrong"}, "a wrong password"},
		{409, `{"code":"active_elsewhere","device":"Pixel","last_seen":5,"unsent":3,"epoch":"77"}`, &client.ActiveError{Device: "Pixel", LastSeen: 5, Unsent: 3, Epoch: "77"}, "another device"},
		{502, `<html>`, &client.SignInError{Status: 502, Code: "unknown", Title: "the server answered 502"}, "a proxy in between"},
	}
	for _, c := range cases {
		var asked map[string]string
		srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/v1/sign-in" || r.Method != http.MethodPost || json.NewDecoder(r.Body).Decode(&asked) != nil {
				t.Errorf("%s: %s %s", c.why, r.Method, r.URL.Path)
			}
			w.WriteHeader(c.status)
			_, _ = w.Write([]byte(c.reply))
		}))
		who, err := client.SignIn(t.Context(), srv.Client(), srv.URL+"/", client.Credentials{
			Tenant: "acme", Login: "bob", Password: "pw", Device: model.DeviceID{3}, PublicKey: []byte{4}, TakeOver: "77",
		})
		srv.Close()
		switch {
		case c.want == nil && (err != nil || who.User != bob.User || who.Secret[0] != 0xfe || who.Kind != model.Mobile):
			t.Errorf("%s: %+v, %v", c.why, who, err)
		case c.want != nil && !same(err, c.want):
			t.Errorf("%s: err = %v, want %v", c.why, err, c.want)
		}
		if asked["takeover"] != "77" || asked["device"] != "03000000000000000000000000000000" || asked["public_key"] != "BA==" {
			t.Errorf("%s: asked %v", c.why, asked)
		}
	}
}

// TestSignInErrorIsWritten as it is said: what happened, and then a sentence of what to do.
func TestSignInErrorIsWritten(t *testing.T) {
	err := &client.SignInError{Title: "tenant, name or password is wrong", Detail: "Check them and try again."}
	if want := "tenant, name or password is wrong. Check them and try again."; err.Error() != want {
		t.Errorf("the error says %q, want %q", err, want)
	}
	if err.Detail = ""; err.Error() != err.Title {
		t.Errorf("the error without a detail says %q", err)
	}
}

var errAny = errors.New("any")

func same(got, want error) bool {
	var active, wantActive *client.ActiveError
	var refused, wantRefused *client.SignInError
	switch {
	case errors.As(want, &wantActive):
		return errors.As(got, &active) && *active == *wantActive
	case errors.As(want, &wantRefused):
		return errors.As(got, &refused) && *refused == *wantRefused
	default:
		return got != nil
	}
}

// Each user has a file of their own (domain S17), whose name says nothing.
func TestPartitionFile(t *testing.T) {
	a := client.PartitionFile("dir", model.TenantID{1}, model.UserID{2})
	b := client.PartitionFile("dir", model.TenantID{1}, model.UserID{3})
	c := client.PartitionFile("dir", model.TenantID{2}, model.UserID{2})
	if a == b || a == c || filepath.Dir(a) != "dir" || a != client.PartitionFile("dir", model.TenantID{1}, model.UserID{2}) {
		t.Errorf("files %s, %s, %s", a, b, c)
	}
}

// A key survives being stored.
func TestSoftKey(t *testing.T) {
	key, err := client.NewSoftKey()
	if err != nil {
		t.Fatal(err)
	}
	raw, err := key.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := client.ParseSoftKey(raw)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := key.Public()
	b, _ := again.Public()
	if string(a) != string(b) || len(a) != 65 {
		t.Error("the key is another one")
	}
	if _, err := client.ParseSoftKey([]byte("x")); err == nil {
		t.Error("nonsense was read as a key")
	}
}
