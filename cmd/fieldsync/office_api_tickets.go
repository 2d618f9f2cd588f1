package main

import (
	"context"
	"crypto/ecdh"
	"crypto/sha256"
	"errors"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// SignInTicket lets a person sign in once, for a session of a kind (0: their account's own), on the device with a key or, with none, on any.
func (b backOffice) SignInTicket(ctx context.Context, c model.Caller, user model.UserID, kind model.UserKind, key []byte) (secret [32]byte, expires model.Instant, err error) {
	ctx = engine.Sensitive(ctx)
	if err := b.manages(ctx, c, access.WebUsers, access.Full); err != nil {
		return secret, 0, err
	}
	k := model.NewTicket{Kind: model.TicketSignIn, User: user, As: kind, By: maker(ctx, c)}
	if len(key) > 0 {
		if _, err := ecdh.P256().NewPublicKey(key); err != nil {
			return secret, 0, session.ErrKey
		}
		k.Key = sha256.Sum256(key)
	}
	ticket, err := b.gate.Issue(ctx, c.Tenant, k)
	if errors.Is(err, model.ErrUnknown) {
		return secret, 0, problem.New("no_user", "")
	}
	if err != nil {
		return secret, 0, told(err)
	}
	return ticket.Secret, ticket.Expires, nil
}
