package session

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxInFlightBytes is what a device may have sent and not seen answered, in bytes; one frame (DESIGN §11).
const maxInFlightBytes = protocol.MaxFrame

// greet challenges the device, hears its hello and welcomes it. When it is not welcome it leaves the bye to be said.
func (c *conversation) greet(ctx context.Context) error {
	challenge := &protocol.Challenge{Oldest: protocol.Oldest, Newest: protocol.Version, Time: c.now()}
	if _, err := io.ReadFull(c.cfg.Random, challenge.Nonce[:]); err != nil {
		return fmt.Errorf("draw a nonce: %w", err)
	}
	var err error
	if challenge.Store, err = c.cfg.Engine.StoreName(ctx, c.peer.Tenant); err != nil {
		return fmt.Errorf("name the store: %w", err)
	}
	c.give(protocol.Encode(challenge))
	hello, err := c.await(ctx)
	if err != nil || hello == nil {
		return err
	}
	greeted, err := c.check(ctx, challenge, hello)
	if err != nil {
		return c.trouble(err)
	}
	if c.peer.Admitted != nil {
		c.peer.Admitted()
	}
	c.who, c.handIn = greeted.Connection, hello.HandIn
	c.lost = greeted.Lost
	c.feed.dirty = true
	c.zstd = hello.Features&protocol.FeatureZstd != 0
	c.cfg.Hub.name(c.member, c.who)
	return c.welcome(ctx, hello, greeted)
}

// await hears the first frame, which must be a hello in time. A nil hello means that the bye is due.
func (c *conversation) await(ctx context.Context) (*protocol.Hello, error) {
	late := time.NewTimer(c.cfg.HelloTimeout)
	defer late.Stop()
	for {
		select {
		case err := <-c.sent:
			c.idle = true
			if err != nil {
				return nil, fmt.Errorf("send: %w", err)
			}
		case frame, ok := <-c.frames:
			if !ok {
				return nil, c.readErr
			}
			message, err := protocol.Decode(frame)
			if hello, ok := message.(*protocol.Hello); ok && err == nil {
				return hello, nil
			}
			c.bye(protocolBye("the first frame must be a hello"))
			return nil, nil
		case <-c.member.wake:
			c.post(c.cfg.Hub.collect(c.member))
			if c.due.bye != nil {
				return nil, nil
			}
		case <-late.C:
			c.bye(&protocol.Bye{Code: protocol.CodeIdle, After: c.later(c.cfg.After), Text: "no hello came in time"})
			return nil, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// stranger is a key nobody has: the hello of an unknown device costs as much as that of a known one.
var stranger = sync.OnceValue(func() []byte {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil
	}
	point, err := key.PublicKey.Bytes()
	if err != nil {
		return nil
	}
	return point
})

// check proves the hello and opens the connection. An unknown tenant, device or token and a wrong signature are one
// error.
func (c *conversation) check(ctx context.Context, challenge *protocol.Challenge, hello *protocol.Hello) (model.Greeted, error) {
	// A hand-in is the same in every version, older or newer: an app that finds no common one still empties its outbox.
	if !hello.HandIn && (hello.Version < protocol.Oldest || hello.Version > protocol.Version) {
		return model.Greeted{}, errVersion
	}
	key, err := c.cfg.Engine.DeviceKey(ctx, hello.Tenant, hello.Device)
	known := err == nil
	if err != nil && !errors.Is(err, model.ErrToken) {
		return model.Greeted{}, err
	}
	if !known {
		key = stranger()
	}
	if proven := protocol.VerifyHello(key, challenge, hello, c.peer.Host); !proven || !known {
		return model.Greeted{}, model.ErrToken
	}
	return c.cfg.Engine.Hello(ctx, model.Hello{
		Tenant: hello.Tenant, Device: hello.Device, TokenHash: sha256.Sum256(hello.Secret[:]), Token: hello.Token,
		Next: hello.Next, HandIn: hello.HandIn,
	}, c.now())
}

// welcome says who the device is now. It must be the first frame after the challenge.
func (c *conversation) welcome(ctx context.Context, hello *protocol.Hello, g model.Greeted) error {
	if err := c.settle(ctx); err != nil {
		return err
	}
	c.give(protocol.Encode(&protocol.Welcome{
		Version: min(hello.Version, protocol.Version), Device: g.Connection.Device, User: g.Connection.User, Name: g.Name,
		Kind: g.Kind, HandIn: c.handIn, Token: g.Connection.Token, Time: c.now(), Store: g.Store, Safe: g.Safe,
		Features: hello.Features & protocol.FeatureZstd, MaxChanges: protocol.MaxChanges, MaxBytes: maxInFlightBytes,
	}))
	return nil
}

// settle waits until the writer has nothing.
func (c *conversation) settle(ctx context.Context) error {
	for !c.idle {
		select {
		case err := <-c.sent:
			c.idle = true
			if err != nil {
				return fmt.Errorf("send: %w", err)
			}
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}
