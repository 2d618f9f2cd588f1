package replica

import (
	"fmt"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// openChange reads a change from what was encoded when it was saved.
func openChange(body string, blobs []string) model.Change { return protocol.DecodeChange(body, blobs) }

// seal encodes a change, once and for ever: from now on its body is what is hashed, stored and sent.
func (it *item) seal() error {
	body, parts, err := protocol.EncodeChange(&it.change)
	if len(body) == 0 && err != nil {
		if n := it.rough(); n > MaxChangeBytes {
			return &LimitError{"a change in bytes", n, MaxChangeBytes}
		}
		return fmt.Errorf("encode a change: %w", err)
	}
	blobs := make([]string, len(parts))
	for i, b := range parts {
		blobs[i] = string(b)
	}
	it.change = openChange(string(body), blobs)
	return nil
}

// rough is about how long the change's body would be.
func (it *item) rough() int {
	n := 64 + 17*(len(it.change.After)+len(it.change.Over))
	for _, a := range it.change.Fields {
		n += 5 + len(a.Value.Raw())
	}
	return n
}
