package replica

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Errors of a replica.
var (
	ErrOtherUser = errors.New("this partition belongs to another user")
	ErrSignedOut = errors.New("nobody is signed in here")
	ErrNothing   = errors.New("nothing has been downloaded yet")
	ErrLocked    = errors.New("this device was without a contact for too long: what it holds is shown again after the next one; what you save is kept")
	ErrUnknown   = errors.New("no such record on this device")
	ErrAnswers   = errors.New("the answers do not fit what was sent")
	ErrBroken    = errors.New("the local database failed: open it again")
)

// Moment is what the clocks of the phone say. A replica has none of its own.
type Moment struct {
	Wall   model.Instant
	Mono   int64  // milliseconds since the phone was started; never jumps
	Boot   uint64 // random per start of the phone
	Offset int    // minutes east of UTC
	Zone   string // IANA name, or empty
}

// DefaultKeep is some years of a worker's forms and notes.
const DefaultKeep = 64 << 20

// Config is what a replica needs besides its Local.
type Config struct {
	Table  *model.Table // nil: every creation is a plain record, and nothing is checked
	Random io.Reader    // must be the operating system's generator outside tests (write-verification CE-18)

	// Keep is how many bytes of answered changes are kept for a server that is restored from a backup; 0: DefaultKeep.
	Keep int

	// Plant turns known bugs on, by name, so that tests prove that they would be found. Nil outside tests.
	Plant func(bug string) bool
}

// Replica is one user's data on one device. It is not safe for concurrent use.
type Replica struct {
	cfg     Config
	local   Local
	meta    meta
	items   map[model.ChangeID]*item
	order   []*item                    // ascending by number
	of      map[model.RecordID][]*item // the same by record: what has an overlay
	dir     map[model.RecordID]place
	notes   map[uint64]Notice
	flight  map[uint64][]model.ChangeID // pushes of this connection that are not answered yet
	sent    map[model.ChangeID]bool     // what is in flight
	decided map[model.ChangeID]bool     // held ones that the office has decided, as the server said on this connection
	pushes  uint64                      // number of the last push; random at the beginning, so that an old answer fits nothing
	staged  []byte                      // planted bug edit-base-from-staged-page
	broken  error
}

// place is what is remembered of each record of base, so that lists need not read all of them.
type place struct {
	collection model.Collection
	parent     model.RecordID
}

// Open reads what a Local holds; an empty one gives a replica that waits for SignedIn. The replica does not close it.
func Open(local Local, cfg Config) (*Replica, error) {
	r := &Replica{cfg: cfg, local: local}
	r.meta.next = 1
	if err := local.View(r.load); err != nil {
		return nil, fmt.Errorf("open the replica: %w", err)
	}
	var seed [4]byte
	if _, err := io.ReadFull(cfg.Random, seed[:]); err != nil {
		return nil, fmt.Errorf("open the replica: %w", err)
	}
	r.pushes = uint64(binary.BigEndian.Uint32(seed[:]))
	r.land()
	return r, nil
}

func (r *Replica) load(rd Reader) error {
	v, err := rd.Get(BucketMeta, Key{})
	if err != nil {
		return err
	}
	if v != nil {
		if r.meta, err = decodeMeta(v); err != nil {
			return err
		}
	}
	r.items, r.dir, r.notes = map[model.ChangeID]*item{}, map[model.RecordID]place{}, map[uint64]Notice{}
	err = rd.Scan(BucketOutbox, func(k Key, v []byte) error {
		it, err := decodeItem(model.ChangeID(k), v)
		if err == nil {
			r.items[it.change.ID] = it
		}
		return err
	})
	if err != nil {
		return err
	}
	err = scanRows(rd, BucketBase, func(row model.Row) error {
		r.dir[row.ID] = place{row.Collection, parentOf(row)}
		return nil
	})
	if err != nil {
		return err
	}
	r.sort()
	return rd.Scan(BucketNotice, func(k Key, v []byte) error {
		n, err := decodeNotice(v)
		r.notes[n.Number] = n
		return err
	})
}

func (r *Replica) sort() {
	r.order = slices.SortedFunc(maps.Values(r.items), byNumber)
	r.of = make(map[model.RecordID][]*item, len(r.order))
	for _, it := range r.order {
		if !it.included {
			r.of[it.change.Record] = append(r.of[it.change.Record], it)
		}
	}
}

// land forgets what is in flight: the connection is over, and its pushes are sent again on the next one. What no resume has room to
// list as held is asked about once on each.
func (r *Replica) land() {
	r.flight, r.sent = map[uint64][]model.ChangeID{}, map[model.ChangeID]bool{}
	r.decided = map[model.ChangeID]bool{}
	if _, rest := r.held(); !r.bug("held-unlisted") {
		r.Decided(rest)
	}
}

func (r *Replica) bug(name string) bool { return r.cfg.Plant != nil && r.cfg.Plant(name) }

// txn is one operation: what it writes, and what the replica remembers of it once it is durable.
type txn struct {
	Tx

	r       *Replica
	meta    meta
	items   map[model.ChangeID]*item // changed; nil: gone
	dir     map[model.RecordID]*place
	notes   map[uint64]*Notice
	trouble error // why the operation itself gave up
}

// update runs one operation in one local transaction. Nothing in memory changes before it is durable.
func (r *Replica) update(f func(*txn) error) error {
	if r.broken != nil {
		return r.broken
	}
	t := &txn{r: r, meta: r.meta, items: map[model.ChangeID]*item{}, dir: map[model.RecordID]*place{}, notes: map[uint64]*Notice{}}
	err := r.local.Update(func(tx Tx) error {
		t.Tx = tx
		if t.trouble = f(t); t.trouble == nil {
			t.trouble = t.flush()
		}
		return t.trouble
	})
	if err != nil {
		if t.trouble == nil { // the commit itself failed: durable or not, nobody knows
			r.broken = errors.Join(ErrBroken, err)
		}
		return err
	}
	r.adopt(t)
	return nil
}

// flush writes what the operation changed.
func (t *txn) flush() error {
	for _, id := range slices.SortedFunc(maps.Keys(t.items), model.ChangeID.Compare) {
		it := t.items[id]
		if it == nil || it.gone() {
			t.items[id] = nil
			if err := t.Delete(BucketOutbox, Key(id)); err != nil {
				return err
			}
			continue
		}
		if err := t.Put(BucketOutbox, Key(id), it.encode()); err != nil {
			return err
		}
	}
	for _, n := range slices.Sorted(maps.Keys(t.notes)) {
		if err := t.flushNotice(n, t.notes[n]); err != nil {
			return err
		}
	}
	return t.Put(BucketMeta, Key{}, t.meta.encode())
}

func (t *txn) flushNotice(number uint64, n *Notice) error {
	var k Key
	binary.BigEndian.PutUint64(k[8:], number)
	if n == nil {
		return t.Delete(BucketNotice, k)
	}
	return t.Put(BucketNotice, k, n.encode())
}

// adopt takes over what is durable now.
func (r *Replica) adopt(t *txn) {
	r.meta = t.meta
	for id, it := range t.items {
		if it == nil {
			delete(r.items, id)
		} else {
			r.items[id] = it
		}
	}
	if len(t.items) > 0 {
		r.sort()
	}
	for id, p := range t.dir {
		if p == nil {
			delete(r.dir, id)
		} else {
			r.dir[id] = *p
		}
	}
	for n, note := range t.notes {
		if note == nil {
			delete(r.notes, n)
		} else {
			r.notes[n] = *note
		}
	}
}

// item is the operation's view of a change.
func (t *txn) item(id model.ChangeID) *item {
	if it, ok := t.items[id]; ok {
		return it
	}
	return t.r.items[id]
}

// change replaces an item by a changed copy.
func (t *txn) change(it *item, f func(*item)) {
	c := *it
	f(&c)
	t.items[c.change.ID] = &c
}

// putRow writes a record of base and remembers its place.
func (t *txn) putRow(row model.Row) error {
	t.dir[row.ID] = &place{row.Collection, parentOf(row)}
	return t.Put(BucketBase, Key(row.ID), encodeRow(row))
}

// Who is signed in, or was last. A zero User: nobody ever was.
func (r *Replica) Who() Identity { return r.meta.who }

// Cursor is what a resume gives to the server; empty on a fresh device. The caller must not change it.
func (r *Replica) Cursor() []byte { return r.meta.cursor }

// Ended is the end of the session, when this device has learnt of one.
func (r *Replica) Ended() (End, bool) { return r.meta.end, r.meta.ended }

// SignedOff says that the user signed out on this device.
func (r *Replica) SignedOff() bool { return r.meta.signedOut }

// Ready says that a first state was downloaded; before it nothing can be saved.
func (r *Replica) Ready() bool { return len(r.meta.base) > 0 }

// Complete says that all of a first download is here: what is shown is whole before, but not all there is.
func (r *Replica) Complete() bool { return r.Ready() && !r.meta.more }

// Close closes the Local.
func (r *Replica) Close() error { return r.local.Close() }
