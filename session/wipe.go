package session

import (
	"context"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// wipeByes are the last words to a device that is to erase what it holds.
var wipeByes = map[protocol.Code]*protocol.Bye{
	protocol.CodeStolen: {
		Code: protocol.CodeStolen, Reason: model.EndRevoked, Fate: model.FateRefused, Text: "this device was reported stolen",
	},
	protocol.CodeLostTaken: {
		Code: protocol.CodeLostTaken, Reason: model.EndRevoked, Fate: model.FateHeld, Text: "this device was reported lost; everything is handed in",
	},
}

// erase has the device erase what it holds of its user, unless that was called off meanwhile: then ok is false. A device that
// can answer is told so first, and hears the bye when it says that it is done; the bye alone is enough for any other
// (domain f.5).
func (c *conversation) erase(ctx context.Context, code protocol.Code) (ok bool, err error) {
	if c.wiping == protocol.CodeNone {
		if ok, err = c.cfg.Engine.Wipe(ctx, c.who, c.now()); err != nil || !ok {
			return false, err
		}
	}
	if !c.wipes {
		c.bye(wipeByes[code])
		return true, nil
	}
	c.wiping, c.due.wipe = code, &protocol.Wipe{Code: code}
	if planted("told-is-wiped") {
		_ = c.cfg.Engine.Wiped(ctx, c.who, 0, c.now())
	}
	return true, nil
}

// wiped hears that the device has erased what it held.
func (c *conversation) wiped(ctx context.Context, m *protocol.Wiped) error {
	if c.wiping == protocol.CodeNone {
		c.refuse(protocol.CodeUnexpected, 0, "nothing is to be erased")
		return nil
	}
	if err := c.cfg.Engine.Wiped(ctx, c.who, m.Unsent, c.now()); err != nil {
		return c.trouble(err)
	}
	c.bye(wipeByes[c.wiping])
	return nil
}
