package protocol

import (
	"math"

	"github.com/fieldsync/fieldsync/sync/model"
)

// maxOffset bounds the distance from UTC in minutes: no place on earth was ever farther off than 16 hours.
const maxOffset = 18 * 60

const maxZone = 64

// encodeClock makes the blob of a clock: [user, boot, mark, offset, zone]. It is a blob because all changes of one
// boot and mark share it; the user is in it so that a body is its author's whoever hands it in (domain F13).
func encodeClock(c *model.Clock) []byte {
	return write(func(w *writer) {
		w.list(5)
		w.bytes(c.User[:])
		w.uint(c.Boot)
		w.int(int64(c.Mark))
		w.int(int64(c.Offset))
		w.text(c.Zone, maxZone)
	})
}

func decodeClock(blob []byte, c *model.Clock) error {
	if err := Check(blob, clockLimits); err != nil {
		return err
	}
	return read(blob, func(r *reader) {
		r.list(5, math.MaxInt)
		r.fixed(c.User[:])
		c.Boot = r.uint(math.MaxUint64)
		c.Mark = model.Instant(r.instant())
		offset := r.int()
		c.Zone = r.text(maxZone)
		if c.User.IsZero() || offset > maxOffset || offset < -maxOffset {
			r.fail()
		}
		c.Offset = int(offset)
	})
}
