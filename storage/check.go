package storage

import (
	"errors"
	"fmt"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Limits of one row. The value's keeps Badger's value log empty (reliability-security §5.2); the limits of records
// and changes (DESIGN §11) are well below it.
const (
	MaxKeyBytes   = 1 << 10
	MaxValueBytes = 256 << 10

	// MaxRecordBytes is what a record may take encoded (DESIGN §11): with it any record fits into a page.
	MaxRecordBytes = 128 << 10
)

var errWriteSet = errors.New("write set")

// Check says what makes a write set impossible to write as the commit after h: a mistake of whoever decided it. It
// does not look at sizes of records, which the driver encodes.
func (w *WriteSet) Check(t model.TenantID, h Head) error {
	if t == Directory && len(w.Records)+len(w.Forget) > 0 {
		return fmt.Errorf("%w: the directory has no records", errWriteSet)
	}
	for _, r := range w.Records {
		if err := checkRecord(r, h.Next()); err != nil {
			return err
		}
	}
	for _, row := range w.Rows {
		switch {
		case row.Table == 0:
			return fmt.Errorf("%w: a row of no table", errWriteSet)
		case len(row.Key) > MaxKeyBytes:
			return fmt.Errorf("%w: key of %d bytes in table %d", ErrTooBig, len(row.Key), row.Table)
		}
		if err := CheckValue(len(row.Value)); err != nil {
			return err
		}
	}
	return nil
}

func checkRecord(r *model.Record, next model.Seq) error {
	if r.Seq != next {
		return fmt.Errorf("%w: a record of commit %d in commit %d", errWriteSet, r.Seq, next)
	}
	for i, c := range r.Cells {
		if i > 0 && r.Cells[i-1].Field >= c.Field || int(c.Write) >= len(r.Writes) {
			return fmt.Errorf("%w: cells of collection %d out of order", errWriteSet, r.Collection)
		}
	}
	for i, m := range r.Memberships {
		if i > 0 && r.Memberships[i-1].Audience >= m.Audience {
			return fmt.Errorf("%w: memberships of collection %d out of order", errWriteSet, r.Collection)
		}
	}
	return nil
}

// RowCost is what a written row counts against [MaxCommitBytes] besides its key and value: what an engine needs to
// keep it in memory.
const RowCost = 96

// indexKeyCost is what one index row counts, with the longest key a driver gives it.
const indexKeyCost = RowCost + 52

// Cost is what writing a record in the place of another counts against [MaxCommitBytes]: its row, and the index rows
// that come and go with it. It is never less than what a driver counts, so that a decision which keeps within it is
// taken by every driver. old may be nil.
func Cost(old, now *model.Record) int {
	return RowCost + 40 + len(AppendRecord(nil, now)) + IndexCost(IndexOf(old), IndexOf(now))
}

// IndexCost is what changing a record's index rows counts.
func IndexCost(old, now Index) int {
	keys := 0
	if old.Parent != now.Parent || old.Of != now.Of {
		keys = 2
	}
	for _, was := range old.Rows {
		is, stays := now.Find(was.Audience)
		if !stays || is.Seq != was.Seq {
			keys++
		}
		if was.Member && !is.Member {
			keys++
		}
	}
	for _, is := range now.Rows {
		was, had := old.Find(is.Audience)
		if !had || was.Seq != is.Seq {
			keys++
		}
		if is.Member && !was.Member {
			keys++
		}
	}
	return keys * indexKeyCost
}

// RowBytes is what writing or removing a row counts.
func RowBytes(key string, value []byte) int { return RowCost + 24 + len(key) + len(value) }

// CheckSize says whether one decision fits a commit at all: bytes is its keys, values and [RowCost] for each.
func CheckSize(bytes int) error {
	if bytes > MaxCommitBytes {
		return fmt.Errorf("%w: %d bytes, the limit is %d", ErrTooBig, bytes, MaxCommitBytes)
	}
	return nil
}

// CheckValue says whether a value of so many bytes can be written.
func CheckValue(bytes int) error {
	if bytes > MaxValueBytes {
		return fmt.Errorf("%w: a row of %d bytes, the limit is %d", ErrTooBig, bytes, MaxValueBytes)
	}
	return nil
}
