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

// knock enters the window of hellos. When that is full the bye is due, and says when to come back.
func (c *conversation) knock() bool {
	leave, code, wait := c.door.enter(c.peer.Address, c.cfg.Clock())
	if leave == nil {
		c.bye(&protocol.Bye{Code: code, After: c.later(wait), Text: "too many devices connect at once; the device comes back by itself"})
		return false
	}
	c.left = leave
	return true
}

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
	hello, err := c.await()
	if err != nil || hello == nil {
		return err
	}
	greeted, err := c.check(ctx, challenge, hello)
	c.wipes = hello.Features&protocol.FeatureWipe != 0
	if errors.Is(err, model.ErrStolen) {
		c.who, c.handIn = greeted.Connection, true
	}
	if err != nil {
		return c.trouble(err)
	}
	c.left()
	if c.peer.Admitted != nil {
		c.peer.Admitted()
	}
	c.who, c.handIn = greeted.Connection, hello.HandIn
	c.until = greeted.Until
	c.ages()
	c.feed.dirty = true
	c.zstd = hello.Features&protocol.FeatureZstd != 0
	if greeted.Reidentify { // the session is this device's now, and another one's no more
		c.cfg.Hub.Ended(model.Ended{
			Tenant: c.who.Tenant, User: c.who.User, Device: hello.Device, Session: c.who.Session, Epoch: c.who.Epoch - 1,
			Reason: model.EndIdentity, At: c.now(),
		})
	}
	c.cfg.Hub.name(c.member, c.who)
	if err := c.recheck(ctx); err != nil {
		return c.trouble(err)
	}
	return c.welcome(ctx, hello, greeted)
}

// recheck looks once more, now that the hub knows the connection, whether the session still lives: it did not know of it
// when it was told of an end that came just before. The feed would ask for the audiences anyway.
func (c *conversation) recheck(ctx context.Context) error {
	if c.handIn {
		return nil
	}
	err := c.sight(ctx)
	var over *model.EndedError
	if errors.As(err, &over) || errors.Is(err, model.ErrStolen) {
		return err
	}
	return nil // other trouble is the feed's
}

// await hears the first frame, which must be a hello in time. A nil hello means that the bye is due.
func (c *conversation) await() (*protocol.Hello, error) {
	late := time.AfterFunc(c.cfg.HelloTimeout, func() { c.kick(eventLate) })
	defer late.Stop()
	for {
		switch e, frame := c.inbox.wait(eventOver | eventSent | eventMail | eventLate | eventsHeard); e {
		case eventFrame:
			message, err := protocol.Decode(frame)
			if hello, ok := message.(*protocol.Hello); ok && err == nil {
				return hello, nil
			}
			c.bye(protocolBye("the first frame must be a hello"))
			return nil, nil
		case eventLate:
			c.bye(&protocol.Bye{Code: protocol.CodeIdle, After: c.later(c.cfg.After), Text: "no hello came in time"})
			return nil, nil
		default:
			if err := c.handle(e, nil); err != nil || c.due.bye != nil {
				return nil, err
			}
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
	key, _, err := c.cfg.Engine.DeviceKey(ctx, hello.Tenant, hello.Device)
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
	ctx = model.WithOrigin(ctx, model.Origin{Address: c.peer.Address, Device: hello.Device, Client: hello.App})
	return c.cfg.Engine.Hello(ctx, model.Hello{
		Tenant: hello.Tenant, Device: hello.Device, TokenHash: sha256.Sum256(hello.Secret[:]), Token: hello.Token,
		Next: hello.Next, HandIn: hello.HandIn,
	}, c.now())
}

// welcome says who the device is now. It must be the first frame after the challenge.
func (c *conversation) welcome(ctx context.Context, hello *protocol.Hello, g model.Greeted) error {
	if err := c.settle(); err != nil {
		return err
	}
	c.give(protocol.Encode(&protocol.Welcome{
		Version: min(hello.Version, protocol.Version), Device: g.Connection.Device, User: g.Connection.User, Name: g.Name,
		Kind: g.Kind, HandIn: c.handIn, Token: g.Connection.Token, Time: c.now(), Store: g.Store, Safe: g.Safe,
		Features: hello.Features&(protocol.FeatureZstd|protocol.FeatureWipe) | protocol.FeatureSearch, MaxChanges: protocol.MaxChanges, MaxBytes: maxInFlightBytes,
		Lease: uint64(g.Lease),
	}))
	return nil
}

// settle waits until nothing is being written. What else comes meanwhile waits too.
func (c *conversation) settle() error {
	for !c.idle {
		e, _ := c.inbox.wait(eventOver | eventSent)
		if err := c.handle(e, nil); err != nil {
			return err
		}
	}
	return nil
}
