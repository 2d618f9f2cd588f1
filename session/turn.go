package session

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"sync"
	"time"
)

// event is something that a conversation has to look at.
type event uint16

// The events. When several wait, the one that is named first here comes first.
const (
	eventOver    event = 1 << iota // the process wants it to end at once
	eventSent                      // a frame was written, or could not be
	eventMail                      // the hub has mail
	eventLate                      // the hello is late
	eventFrame                     // a frame was heard
	eventGone                      // nothing more will be heard
	eventQuiet                     // nothing was heard for too long
	eventRefresh                   // the cursor is to age
	eventAge                       // the session may be at its end
	eventRest                      // the pace is over

	eventNone   event = 0
	eventsHeard       = eventFrame | eventGone
	eventsAll         = eventRest<<1 - 1
)

// inbox is where events wait for their turn. A conversation that has nothing to do has no goroutine besides its reader:
// most devices say nothing most of the time, and there are thousands of them. Whoever brings an event starts a turn,
// unless there is one; so there is never more than one.
type inbox struct {
	mu      sync.Mutex    // guards the fields below
	waiting event         // a set of them
	frame   []byte        // of eventFrame
	readErr error         // of eventGone; not changed afterwards
	sentErr error         // of eventSent
	busy    bool          // somebody's turn it is; for ever, when the conversation has ended
	bell    chan struct{} // rung for a turn that waits, one slot; nil: none waits any more
	took    chan struct{} // to the reader, one slot: the frame was taken
}

// take takes the next event of those that are wanted; none ends the turn.
func (b *inbox) take(wanted event) (event, []byte) {
	b.mu.Lock()
	defer b.mu.Unlock()
	e, frame := b.next(wanted)
	if e == eventNone {
		b.busy = false
	}
	return e, frame
}

// wait is take for a turn that goes on: it waits for the next event.
func (b *inbox) wait(wanted event) (event, []byte) {
	for {
		b.mu.Lock()
		e, frame := b.next(wanted)
		b.mu.Unlock()
		if e != eventNone {
			return e, frame
		}
		<-b.bell
	}
}

// next is the most urgent event. The caller holds mu.
func (b *inbox) next(wanted event) (event, []byte) {
	for e := eventOver; e <= eventRest; e <<= 1 {
		if b.waiting&wanted&e == 0 {
			continue
		}
		b.waiting &^= e
		if e != eventFrame {
			return e, nil
		}
		frame := b.frame
		b.frame = nil
		b.took <- struct{}{} // the reader waits for it, so there is room
		return e, frame
	}
	return eventNone, nil
}

// hush says that no turn waits any more.
func (b *inbox) hush() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.bell = nil
}

// bring puts an event into the inbox, after what set does to it, and gives somebody the turn.
func (c *conversation) bring(e event, set func(*inbox)) {
	b := &c.inbox
	b.mu.Lock()
	defer b.mu.Unlock()
	if set != nil {
		set(b)
	}
	b.waiting |= e
	if !b.busy {
		b.busy = true
		c.workers.do(func() { c.turn(c.run) })
		return
	}
	select {
	case b.bell <- struct{}{}:
	default:
	}
}

// kick brings an event that has nothing with it.
func (c *conversation) kick(e event) { c.bring(e, nil) }

// start gives the conversation its timers and its first turn.
func (c *conversation) start() {
	context.AfterFunc(c.ctx, func() { c.kick(eventOver) })
	c.quiet.ring = func() { c.kick(eventQuiet) }
	c.refresh.ring = func() { c.kick(eventRefresh) }
	c.age.ring = func() { c.kick(eventAge) }
	c.rest.ring = func() { c.kick(eventRest) }
	c.quiet.set(c.cfg.IdleTimeout)
	c.refresh.set(c.cfg.RefreshEvery)
	go c.turn(c.hold)
}

// turn does what there is to do, and ends the conversation when that was the last.
func (c *conversation) turn(step func() (parked bool, err error)) {
	parked, err := c.guarded(step)
	if parked {
		return
	}
	if err == nil {
		err = c.cause
	}
	c.drain.finish()
	if c.ctx.Err() != nil && c.idle { // a writer's context has ended too
		_ = c.conn.Send(c.ctx, nil) // it sends nothing: a context that has ended cuts the connection
	}
	c.farewell(err)
	c.cancel()
	c.writing.Wait()
	for _, a := range []*alarm{&c.quiet, &c.refresh, &c.age, &c.rest} {
		a.stop()
	}
	c.err = err
	close(c.over)
}

func (c *conversation) guarded(step func() (bool, error)) (parked bool, err error) {
	defer c.panicked(func(p error) { parked, err = false, p })
	return step()
}

// panicked, deferred, makes a panic of the engine or of the connection end this conversation alone: nobody above catches
// what its goroutines do.
func (c *conversation) panicked(end func(error)) {
	if p := recover(); p != nil {
		c.cfg.Log.Error("panic in a conversation", slog.Any("panic", p), slog.String("stack", string(debug.Stack())))
		end(fmt.Errorf("panic: %v", p))
	}
}

// read hands over what comes, one frame at a time: a device that sends faster than it is answered waits in its own
// socket. The last turn closes the connection, and that ends the reading; a context that ends it would be one more thing
// to hold for each of the thousands that say nothing.
func (c *conversation) read() {
	gone := func(err error) { c.bring(eventGone, func(b *inbox) { b.readErr = err }) }
	defer c.panicked(gone)
	for {
		frame, err := c.conn.Recv(context.WithoutCancel(c.ctx))
		if err != nil {
			gone(err)
			return
		}
		c.bring(eventFrame, func(b *inbox) { b.frame = frame })
		select {
		case <-c.inbox.took:
		case <-c.ctx.Done():
			return
		}
	}
}

// give hands a frame to a writer of its own; nothing else may be being written. The owner goes on meanwhile: what comes
// while a slow device takes its time is decided.
func (c *conversation) give(frame []byte) {
	c.idle = false
	c.writing.Go(func() {
		err := c.write(frame)
		c.bring(eventSent, func(b *inbox) { b.sentErr = err })
	})
}

func (c *conversation) write(frame []byte) (err error) {
	defer c.panicked(func(p error) { err = p })
	deadline, cancel := context.WithTimeout(c.ctx, c.cfg.WriteTimeout)
	defer cancel()
	return c.conn.Send(deadline, frame)
}

// wrote hears how the writing of a frame went.
func (c *conversation) wrote() error {
	c.idle = true
	if err := c.inbox.sentErr; err != nil { // no writer is there that could change it
		return fmt.Errorf("send: %w", err)
	}
	c.handed(c.ctx)
	return nil
}

// alarm is a timer that brings an event. It is made when it is first set.
type alarm struct {
	ring  func()
	timer *time.Timer
	at    time.Time
}

// set sets the alarm; what it was set to before does not come any more.
func (a *alarm) set(d time.Duration) {
	a.at = time.Now().Add(d)
	if a.timer == nil {
		a.timer = time.AfterFunc(d, a.ring)
		return
	}
	a.timer.Reset(d)
}

// due says whether an event is the alarm's last setting, and not one before it that was on its way.
func (a *alarm) due() bool { return !time.Now().Before(a.at) }

func (a *alarm) stop() {
	if a.timer != nil {
		a.timer.Stop()
	}
}
