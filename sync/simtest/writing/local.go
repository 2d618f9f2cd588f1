package writing

import (
	"errors"

	"github.com/fieldsync/fieldsync/client/replica"
)

var errKilled = errors.New("the app was killed")

// mortal is a local database whose app can be killed at a write: nothing of that write is there.
type mortal struct {
	*replica.Memory

	dies int // at the write of this number from now; 0: not
}

// Update is the contract's, unless the app dies.
func (m *mortal) Update(f func(replica.Tx) error) error {
	if m.dies > 0 {
		if m.dies--; m.dies == 0 {
			return errKilled
		}
	}
	return m.Memory.Update(f)
}
