package mobile

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// signInPatience bounds a sign-in: hashing a password takes a second, and a drain of the other device up to 30.
const signInPatience = time.Minute

// Admission is the answer to a sign-in. Without an Identity, another device is active: ask the user, and repeat with
// Epoch as takeover.
type Admission struct {
	Identity string // JSON, for Open and SignedIn; it holds the session token: keep it nowhere
	Tenant   string
	User     string
	Device   string // give it at the next sign-in on this phone, whoever signs in

	ActiveDevice string
	ActiveSeen   int64 // milliseconds since 1970 UTC
	ActiveUnsent int
	Epoch        string
}

// SignInRequest is who signs in; its fields are set one by one.
type SignInRequest struct {
	Server    string // "https://sync.example.com"
	Tenant    string
	Login     string
	Password  string
	Device    string // of an Admission before; empty: none
	PublicKey []byte // of the phone's key: the uncompressed P-256 point, 65 bytes
	Label     string
	Platform  string
	App       string
	TakeOver  string // empty, or the Epoch of an Admission without Identity
}

// SignIn signs in over HTTP.
func SignIn(r *SignInRequest) (*Admission, error) {
	ctx, cancel := context.WithTimeout(context.Background(), signInPatience)
	defer cancel()
	c := client.Credentials{
		Tenant: r.Tenant, Login: r.Login, Password: r.Password, PublicKey: r.PublicKey, Label: r.Label, Platform: r.Platform,
		App: r.App, TakeOver: r.TakeOver,
	}
	if r.Device != "" {
		if err := c.Device.UnmarshalText([]byte(r.Device)); err != nil {
			return nil, fmt.Errorf("device: %w", err)
		}
	}
	who, err := client.SignIn(ctx, nil, r.Server, c)
	var active *client.ActiveError
	if errors.As(err, &active) {
		return &Admission{ActiveDevice: active.Device, ActiveSeen: int64(active.LastSeen), ActiveUnsent: active.Unsent, Epoch: active.Epoch}, nil
	}
	if err != nil {
		return nil, err
	}
	raw, err := json.Marshal(identity{
		Tenant: who.Tenant, User: who.User, Device: who.Device, Session: who.Session, Secret: hex.EncodeToString(who.Secret[:]),
		Name: who.Name, Kind: who.Kind,
	})
	if err != nil {
		return nil, err
	}
	return &Admission{Identity: string(raw), Tenant: who.Tenant.String(), User: who.User.String(), Device: who.Device.String()}, nil
}

// identity is the text of an identity.
type identity struct {
	Tenant  model.TenantID  `json:"tenant"`
	User    model.UserID    `json:"user"`
	Device  model.DeviceID  `json:"device"`
	Session model.SessionID `json:"session"`
	Secret  string          `json:"secret"`
	Name    string          `json:"name"`
	Kind    model.UserKind  `json:"kind"`
}

func parseIdentity(text string) (who client.Identity, err error) {
	var i identity
	if err := json.Unmarshal([]byte(text), &i); err != nil {
		return who, fmt.Errorf("identity: %w", err)
	}
	who = client.Identity{Tenant: i.Tenant, User: i.User, Device: i.Device, Session: i.Session, Name: i.Name, Kind: i.Kind}
	raw, err := hex.DecodeString(i.Secret)
	if err != nil || copy(who.Secret[:], raw) != len(who.Secret) {
		return who, errors.New("identity: no session token in it")
	}
	return who, nil
}
