package session

import (
	"context"
	"errors"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// ages sets the alarm of the session's own end when that is near: every commit and every page asks for it, and a device that is
// only there is told too (reliability-security S11). Far ends have no timer, which there would be thousands of.
func (c *conversation) ages() {
	left := c.until - c.now()
	if !c.handIn && c.until != 0 && left <= model.Instant(c.cfg.RefreshEvery.Milliseconds()) && !planted("sockets-never-age") {
		c.age.set(time.Duration(max(left, 0)) * time.Millisecond)
	}
}

// aged asks, as a report does, whether the session has ended. The company may let tokens live longer by now: then the device
// learns of the new end when it comes again.
func (c *conversation) aged(ctx context.Context) error {
	if !c.age.due() || c.report == nil { // which is asked for with the device's first
		return nil
	}
	err := c.cfg.Engine.Note(ctx, c.who, model.Note{Report: c.report}, c.now())
	var over *model.EndedError
	if errors.As(err, &over) {
		return c.trouble(err)
	}
	return nil
}
