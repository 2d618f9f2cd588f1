package session

import (
	"context"
	"fmt"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// maxSearches is how many searches of a device wait: that of the last letter is the one somebody waits for.
const maxSearches = 4

// foundBytes is what the rows of an answer may take, besides the first, which always fits a frame.
const foundBytes = 128 << 10

// search is one that waits.
type search struct {
	*protocol.Search
	early []byte // its answer, under the planted bug
}

// search takes a search. It is looked for when its answer can be sent, and not before.
func (c *conversation) search(ctx context.Context, m *protocol.Search) error {
	key := string(c.who.Tenant[:]) + string(c.who.Device[:])
	if len(c.due.searches) >= maxSearches || c.searches.take(c.cfg.Clock(), ask{key, rateSearch}) > 0 {
		c.due.busy = append(c.due.busy, m.Number)
		return nil
	}
	s := search{Search: m}
	if planted("search-early") {
		var err error
		if s.early, err = c.find(ctx, s); err != nil {
			return err
		}
	}
	c.due.searches = append(c.due.searches, s)
	return nil
}

// find looks for what a search wants, and encodes the answer.
func (c *conversation) find(ctx context.Context, m search) ([]byte, error) {
	if m.early != nil {
		return m.early, nil
	}
	found, err := c.cfg.Search(ctx, c.who, model.Search{Words: m.Words, Of: m.Collections, Limit: int(m.Limit), Bytes: foundBytes})
	if err != nil {
		return nil, c.trouble(err)
	}
	answer := &protocol.Found{Number: m.Number, More: found.More, Partial: found.Partial}
	answer.SetRows(found.Rows, c.zstd)
	frame := protocol.Encode(answer)
	if len(frame) > protocol.MaxFrame {
		return nil, fmt.Errorf("an answer of %d bytes does not fit into a frame", len(frame))
	}
	return frame, nil
}
