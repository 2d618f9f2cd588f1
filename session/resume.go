package session

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// feed is the reading half of a live lane. The cursor is the whole state of a device; this is only where it stands on
// this connection.
type feed struct {
	asked   bool             // the device wants pages, or a poke when it does not follow
	follow  bool             // pages as they come
	cursor  []byte           // after the last page sent
	waiting []model.ChangeID // the device's changes that no checkpoint has named yet
	way     []sent           // the pages on the way, oldest first
	holds   []byte           // cursor of the last checkpoint that the device has made durable
	taken   model.Taken      // by the pages it has made durable since the checkpoint before that one
	news    bool             // what the device holds may confirm a change of rights
	given   []byte           // cursor of the page that is being written, when it takes something back
	dirty   bool             // there may be something new
	refresh bool             // the cursor is to age: a checkpoint is due even when nothing is new
	poke    bool             // the next page is only announced
	stopped bool             // the device is to list what it holds
	held    []model.RecordID // what it has listed
	ready   []*model.Page    // the answer to that
	until   time.Time        // the feed rests: it is looked at then, and not before
}

// sent is a page on the way.
type sent struct {
	tag        [8]byte
	cursor     []byte
	checkpoint bool
	taken      model.Taken
}

// takes says whether the page takes something back.
func (s *sent) takes() bool { return s.taken != model.Taken{} }

// Bounds of what one connection keeps for the feed.
const (
	// maxWaitingChanges bounds the changes that wait for a checkpoint. A page names as many as it has room for and the
	// next page the rest; what is above the bound is named after the next resume.
	maxWaitingChanges = 4 * protocol.MaxIDs
	// maxHeld bounds what a device may list when it is reconciled: four times the largest working copy measured.
	maxHeld = 500_000
	// maxRetracts bounds what one page of an answer to holdings retracts: with the masks and a cursor it fits a frame.
	maxRetracts = 12_000
)

// resume starts the feed at the device's cursor. It is looked at once and refreshed: a device that was away learns
// where it stands (feed-verification, the cursor ages by the clock alone).
func (c *conversation) resume(ctx context.Context, m *protocol.Resume) {
	c.feed = feed{asked: true, follow: m.Follow, cursor: m.Cursor, waiting: m.Waiting, refresh: true, until: c.feed.until, holds: m.Cursor}
	c.watch(m.Held)
	c.undecided = true
	c.note(ctx, model.Note{Resumed: true})
	c.stir()
}

// await adds what was just pushed to what waits for a checkpoint.
func (f *feed) await(changes []model.Submitted) {
	for _, s := range changes {
		if len(f.waiting) < maxWaitingChanges && !slices.Contains(f.waiting, s.Change.ID) {
			f.waiting = append(f.waiting, s.Change.ID)
		}
	}
}

// got opens the window by the page the device has made durable and those before it. What was not sent is passed over.
func (c *conversation) got(ctx context.Context, m *protocol.Got) {
	f := &c.feed
	i := slices.IndexFunc(f.way, func(s sent) bool { return s.tag == m.Cursor })
	if i < 0 {
		return
	}
	for _, s := range f.way[:i+1] {
		f.durable(s)
	}
	f.way = slices.Delete(f.way, 0, i+1)
	c.confirm(ctx)
}

// durable says that the device has made a page durable.
func (f *feed) durable(s sent) {
	f.taken.Records += s.taken.Records
	f.taken.Masks += s.taken.Masks
	f.news = f.news || s.takes()
	if s.checkpoint {
		f.holds = s.cursor
	}
}

// confirm notes what the device holds when that may be news: the hub has told that rights may have changed, or something was
// taken back. Otherwise it is noted with the next ping, so that following costs no commits.
func (c *conversation) confirm(ctx context.Context) {
	f := &c.feed
	if !f.news {
		return
	}
	c.note(ctx, model.Note{})
	f.news = len(f.way) > 0 // what was sent since may still have to be confirmed
	if len(f.way) == 0 && bytes.Equal(f.holds, f.cursor) {
		f.taken = model.Taken{}
	}
}

// handed notes that a page which takes something back was written to the connection (domain S20).
func (c *conversation) handed(ctx context.Context) {
	if given := c.feed.given; given != nil {
		c.feed.given = nil
		c.note(ctx, model.Note{Sent: given})
	}
}

// stands adds where the device stands to a note.
func (f *feed) stands(n model.Note) model.Note {
	n.Cursor, n.Taken = f.holds, f.taken
	n.Latest = len(f.way) == 0 && bytes.Equal(f.holds, f.cursor)
	return n
}

// note keeps what was learnt of the device. That it could not be kept ends nothing: it is learnt again.
func (c *conversation) note(ctx context.Context, n model.Note) {
	if n = c.feed.stands(n); len(n.Cursor)+len(n.Sent) == 0 {
		return
	}
	if err := c.cfg.Engine.Note(ctx, c.who, n, c.now()); err != nil {
		c.cfg.Log.Warn("what a device holds was not noted", slog.String("error", err.Error()), c.whoAttr())
	}
}

// wants says whether a page may be looked for now.
func (f *feed) wants() bool {
	if !f.asked || f.stopped || len(f.way) >= protocol.WindowPages {
		return false
	}
	return len(f.ready) > 0 || f.dirty && !time.Now().Before(f.until)
}

// page looks for what is next and encodes it; nil when there is nothing to say. Whether there is anything new is
// decided after projection, by the engine: a commit the device may not see costs it no frame (DESIGN I9).
func (c *conversation) page(ctx context.Context) ([]byte, error) {
	f := &c.feed
	page, err := c.look(ctx)
	if err != nil {
		return nil, c.trouble(err)
	}
	if page == nil && planted("leak-pace") {
		c.pause()
	}
	if page == nil && f.poke && planted("leak-poke") {
		f.asked, f.poke = false, false
		return protocol.Encode(&protocol.Poke{}), nil
	}
	if page == nil {
		f.dirty, f.refresh = false, false
		if len(f.way) == 0 {
			c.confirm(ctx)
		}
		return nil, nil
	}
	if f.poke {
		f.asked, f.poke = false, false
		return protocol.Encode(&protocol.Poke{}), nil
	}
	frame, err := c.encode(page)
	if err != nil {
		return nil, err
	}
	c.advance(page)
	return frame, nil
}

// look is the next page, or nil: of the answer to holdings, as long as there is any of it, or of the feed.
func (c *conversation) look(ctx context.Context) (*model.Page, error) {
	f := &c.feed
	if len(f.ready) > 0 {
		return f.ready[0], nil // advance takes it off
	}
	_ = c.sight(ctx) // what is wrong with the session the pull says too
	t := turnstile{of: c.long}
	defer t.leave()
	page, err := c.cfg.Engine.Pull(ctx, model.Pull{
		Connection: c.who, Cursor: f.cursor, Waiting: f.waiting, Refresh: f.refresh && !f.poke, Long: t.pass,
	}, c.now())
	if err == nil && page != nil && page.Checkpoint != nil {
		// What is over a page's limit waits on, and is named by the next.
		included := page.Checkpoint.Included
		page.Checkpoint.Included = included[:min(len(included), protocol.MaxIDs)]
	}
	return page, err
}

// advance moves the feed behind a page that is about to be sent.
func (c *conversation) advance(page *model.Page) {
	f := &c.feed
	c.counts.pages++
	if page.Reconcile {
		f.stopped, f.held = true, nil
		return
	}
	if len(f.ready) > 0 {
		f.ready = f.ready[1:]
	}
	f.cursor = page.Cursor
	f.way = append(f.way, sent{
		protocol.CursorTag(page.Cursor), page.Cursor, page.Checkpoint != nil, model.Taken{Records: len(page.Retracts), Masks: len(page.Masks)},
	})
	if last := &f.way[len(f.way)-1]; last.takes() {
		f.given = last.cursor
	}
	if page.Checkpoint == nil {
		return
	}
	if planted("confirmed-when-sent") {
		f.holds, f.news = page.Cursor, true
		c.note(c.ctx, model.Note{})
	}
	f.refresh = false
	f.waiting = slices.DeleteFunc(f.waiting, func(id model.ChangeID) bool {
		return slices.Contains(page.Checkpoint.Included, id)
	})
	if !f.follow {
		f.poke = true
	}
	switch {
	case !page.Checkpoint.More:
		// The device has all there was when it was looked for; the hub has told of all since. A page names no more changes
		// than fit, and the next one the rest.
		f.dirty = len(page.Checkpoint.Included) >= protocol.MaxIDs
	case f.follow:
		return // the steps of a first download are the device's own: no commit is to share a page with the next
	}
	c.pause()
}

// sight tells the hub that the feed is looked at, and, when it wants to know, which commits are of any concern to this
// device. That comes before the look: what is committed in between is either told or seen. A device whose audiences cannot
// be told hears of everything.
func (c *conversation) sight(ctx context.Context) error {
	version, known := c.cfg.Hub.looks(c.member)
	if known {
		return nil
	}
	c.feed.news = true // rights may have changed
	audiences, err := c.cfg.Sight(ctx, c.who)
	if err != nil {
		return err
	}
	c.cfg.Hub.sees(c.member, version, audiences)
	return nil
}

// pause lets the feed rest for a pace, so that a busy tenant's commits share one page. It does so after a page, which the
// device sees, and not after a look that found nothing: a commit that the device may not see must not change how those
// after it are packed (DESIGN I9).
func (c *conversation) pause() {
	c.feed.until = time.Now().Add(c.cfg.Pace)
	if c.feed.dirty {
		c.stir()
	}
}

// withhold lets the feed rest while the device drains: what is given to its user meanwhile comes to the device that takes its
// place, and to that alone (domain F18). When no end comes, the feed goes on by itself.
func (c *conversation) withhold(within time.Duration) {
	if planted("drained-and-fed") {
		return
	}
	if until := time.Now().Add(within); until.After(c.feed.until) {
		c.feed.until = until
	}
	if c.feed.dirty {
		c.stir()
	}
}

// stir says that there may be something new.
func (c *conversation) stir() {
	c.feed.dirty = true
	if left := time.Until(c.feed.until); left > 0 {
		c.rest.set(left)
	}
}

// encode makes the frame of a page. It fits: the engine's budget, what a page names beside it and the bound of a record
// are made for it.
func (c *conversation) encode(page *model.Page) ([]byte, error) {
	out := &protocol.Page{Header: protocol.PageHeader{
		Continues: protocol.CursorTag(c.feed.cursor), Cursor: page.Cursor, Reconcile: page.Reconcile,
	}}
	if page.Checkpoint != nil {
		out.Header.Final, out.Header.Included, out.Header.Base = true, page.Checkpoint.Included, page.Checkpoint.Base
		out.Header.More = page.Checkpoint.More
	}
	if len(page.Masks)+len(page.Retracts)+len(page.Rows) > 0 {
		out.Body = protocol.EncodePageBody(&protocol.PageBody{Masks: page.Masks, Retracts: page.Retracts, Rows: page.Rows})
	}
	if c.zstd {
		if packed, ok := protocol.Compress(out.Body); ok {
			out.Body, out.Compressed = packed, true
		}
	}
	frame := protocol.Encode(out)
	if len(frame) > protocol.MaxFrame {
		return nil, fmt.Errorf("a page of %d bytes does not fit into a frame", len(frame))
	}
	return frame, nil
}

// holdings hears what a device holds whose cursor could not be continued.
func (c *conversation) holdings(ctx context.Context, m *protocol.Holdings) error {
	f := &c.feed
	if !f.stopped {
		c.refuse(protocol.CodeUnexpected, 0, "nobody asked what the device holds")
		return nil
	}
	if len(f.held)+len(m.Records) > maxHeld {
		c.bye(protocolBye("the device lists more than anybody holds"))
		return nil
	}
	f.held = append(f.held, m.Records...)
	if !m.Last {
		return nil
	}
	page, err := c.cfg.Engine.Reconcile(ctx, c.who, f.held, c.now())
	if err != nil {
		return c.trouble(err)
	}
	f.stopped, f.held, f.ready = false, nil, portions(page, f.cursor)
	c.stir()
	return nil
}

// portions cuts the answer to holdings into pages that fit a frame, the masks in the first. All but the last leave the
// device the cursor that it has, which cannot be continued: cut off among them it is reconciled again, and holds less by
// then. Nothing is shown that was not checked with the last: the cursor comes with it, and data only after it.
func portions(page *model.Page, cursor []byte) (out []*model.Page) {
	for len(page.Retracts) > maxRetracts {
		out = append(out, &model.Page{Cursor: cursor, Masks: page.Masks, Retracts: page.Retracts[:maxRetracts]})
		page.Masks, page.Retracts = nil, page.Retracts[maxRetracts:]
	}
	return append(out, page)
}
