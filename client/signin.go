package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Credentials is what a person and their device say to sign in.
type Credentials struct {
	Tenant    string
	Login     string
	Password  string
	Ticket    string         // in place of login and password, as whoever made it gave it; it is spent with the sign-in
	Kind      model.UserKind // of the session; 0: the ticket's, or the account's own
	Device    model.DeviceID // of an earlier sign-in on this installation, by anybody; zero: none. A user's own is found by the key
	PublicKey []byte         // P-256, uncompressed point
	Label     string         // what its owner calls the device
	Platform  string
	App       string // version
	TakeOver  string // the epoch of an *ActiveError, when the user said yes to it
}

// ActiveError says that the user is signed in on another device. Ask them, and sign in again with Epoch as TakeOver.
type ActiveError struct {
	Device   string
	LastSeen model.Instant
	Unsent   int // changes on that device, as it last said; they are handed in when it is next there
	Epoch    string
}

// Error says who is active.
func (e *ActiveError) Error() string { return "already signed in on " + e.Device }

// SignInError is any other refusal, as the server words it (RFC 9457).
type SignInError struct {
	Status int
	Code   string // stable; "sign_in_failed": company, name or password is wrong
	Title  string
	Detail string
}

// Stolen says that the device is reported stolen. An app then wipes what it holds ([replica.Replica.Wipe]), as at a
// connection that is told so: somebody who signs in may be the thief.
func (e *SignInError) Stolen() bool { return e.Code == "device_stolen" }

// Error says why.
func (e *SignInError) Error() string {
	if e.Detail == "" {
		return e.Title
	}
	return e.Title + ". " + e.Detail // a sentence of its own
}

// maxReply bounds what is read of an answer.
const maxReply = 64 << 10

// SignIn signs a person in over HTTP: base is the server's address, "https://sync.example.com". The answer goes to
// [replica.Replica.SignedIn] of that user's partition, which refuses another user's.
func SignIn(ctx context.Context, via *http.Client, base string, c Credentials) (who replica.Identity, err error) {
	body := map[string]string{
		"tenant": c.Tenant, "login": c.Login, "password": c.Password, "label": c.Label, "platform": c.Platform, "app": c.App,
		"public_key": base64.StdEncoding.EncodeToString(c.PublicKey),
	}
	if !c.Device.IsZero() {
		body["device"] = c.Device.String()
	}
	if c.Kind != 0 {
		body["kind"] = c.Kind.String()
	}
	if c.Ticket != "" {
		body["ticket"] = c.Ticket
	}
	if c.TakeOver != "" {
		body["takeover"] = c.TakeOver
	}
	raw, err := json.Marshal(body)
	if err != nil {
		return who, fmt.Errorf("sign in: %w", err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimRight(base, "/")+"/v1/sign-in", bytes.NewReader(raw))
	if err != nil {
		return who, fmt.Errorf("sign in: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	if via == nil {
		via = http.DefaultClient
	}
	res, err := via.Do(req)
	if err != nil {
		return who, fmt.Errorf("sign in: %w", err)
	}
	defer res.Body.Close()
	raw, err = io.ReadAll(io.LimitReader(res.Body, maxReply))
	if err != nil {
		return who, fmt.Errorf("sign in: %w", err)
	}
	if res.StatusCode != http.StatusOK {
		return who, refusal(res.StatusCode, raw)
	}
	return admitted(raw)
}

func refusal(status int, raw []byte) error {
	var p struct {
		Code     string        `json:"code"`
		Title    string        `json:"title"`
		Detail   string        `json:"detail"`
		Device   string        `json:"device"`
		LastSeen model.Instant `json:"last_seen"`
		Unsent   int           `json:"unsent"`
		Epoch    string        `json:"epoch"`
	}
	if err := json.Unmarshal(raw, &p); err != nil || p.Code == "" {
		return &SignInError{Status: status, Code: "unknown", Title: fmt.Sprintf("the server answered %d", status)}
	}
	if p.Code == "active_elsewhere" {
		return &ActiveError{Device: p.Device, LastSeen: p.LastSeen, Unsent: p.Unsent, Epoch: p.Epoch}
	}
	if p.Title == "" {
		p.Title = p.Code
	}
	return &SignInError{Status: status, Code: p.Code, Title: p.Title, Detail: p.Detail}
}

func admitted(raw []byte) (who replica.Identity, err error) {
	var a struct {
		Token   string          `json:"token"`
		Device  model.DeviceID  `json:"device"`
		User    model.UserID    `json:"user"`
		Session model.SessionID `json:"session"`
		Tenant  model.TenantID  `json:"tenant"`
		Name    string          `json:"name"`
		Kind    string          `json:"kind"`
	}
	if err := json.Unmarshal(raw, &a); err != nil {
		return who, fmt.Errorf("sign in: read the answer: %w", err)
	}
	kind, _ := model.ParseUserKind(a.Kind) // a kind this app does not know changes nothing on the device
	who = replica.Identity{Tenant: a.Tenant, User: a.User, Device: a.Device, Session: a.Session, Name: a.Name, Kind: kind}
	if who.Secret, err = secret(a.Token); err != nil {
		return who, err
	}
	if who.User.IsZero() || who.Tenant.IsZero() || who.Device.IsZero() {
		return who, errors.New("sign in: the answer names nobody")
	}
	return who, nil
}

// secret reads the session token: 32 bytes in hexadecimal or any flavour of base64.
func secret(text string) (s [32]byte, err error) {
	var raw []byte
	if len(text) == hex.EncodedLen(len(s)) {
		raw, err = hex.DecodeString(text)
	} else {
		plain := strings.NewReplacer("-", "+", "_", "/").Replace(strings.TrimRight(text, "="))
		raw, err = base64.RawStdEncoding.DecodeString(plain)
	}
	if err != nil || len(raw) != len(s) {
		return s, errors.New("sign in: the answer holds no token")
	}
	return [32]byte(raw), nil
}
