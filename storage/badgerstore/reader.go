package badgerstore

import (
	"fmt"
	"iter"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/internal/sorted"
	"github.com/fieldsync/fieldsync/sync/model"
)

// reader is a [storage.Reader] of one tenant: a snapshot, over it what the commit that is being written has, and over
// that what the commit being made has so far.
type reader struct {
	snap    *snapshot
	prefix  string
	under   *overlay // of the commit that is being written
	pending *overlay // of the commit being made; a view has none
	head    storage.Head
	turn    int    // decisions of the commit being made that wrote
	err     error  // the first failure; from then on nothing is found
	room    []byte // for the key that is looked up: a commit does so dozens of times a change
}

// newReader reads a tenant's head, which everything else is read beside.
func newReader(snap *snapshot, t model.TenantID, lives []model.Incarnation) *reader {
	r := &reader{snap: snap, prefix: prefix(t)}
	if row, ok := r.find(append(r.key(), partHead...), r.snap.get); ok {
		var err error
		if r.head, err = storage.ParseHead(row); err != nil {
			r.fail(err)
		}
	}
	r.head = r.head.Living(lives)
	return r
}

func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err = fmt.Errorf("read tenant: %w", err)
	}
}

// key begins a key of the tenant, which stands until the next one is begun.
func (r *reader) key() []byte {
	if r.room == nil {
		r.room = make([]byte, 0, usualKey)
	}
	return append(r.room, r.prefix...)
}

// usualKey is as long as all keys but a few.
const usualKey = 128

// lookup finds the content under a whole key in a snapshot.
type lookup func(key []byte) (content []byte, ok bool, err error)

// find finds the content under a whole key.
func (r *reader) find(key []byte, look lookup) ([]byte, bool) {
	if r.err != nil {
		return nil, false
	}
	for _, o := range [...]*overlay{r.pending, r.under} {
		if content, ok := o.get(key); ok {
			return content, content != nil
		}
	}
	content, ok, err := look(key)
	r.fail(err)
	return content, ok
}

// walk walks the tenant's keys from prefix+from on that begin with prefix, as they stand with what is pending. Keys
// are yielded without the tenant.
func (r *reader) walk(prefix []byte, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if r.err != nil {
			return
		}
		prefix := r.prefix + string(prefix)
		r.fail(r.pending.over(r.under.over(r.snap.scan))(prefix, from, func(key string, content []byte) bool {
			// The lookups of the loop's body may have failed: iteration stops early then.
			return yield(key[len(r.prefix):], content) && r.err == nil
		}))
	}
}

// scan walks the keys from prefix+from on that begin with prefix, in order, until yield says no.
type scan func(prefix, from string, yield func(key string, content []byte) bool) error

// merge is one scan over something pending.
type merge struct {
	prefix  string
	yield   func(string, []byte) bool
	stopped bool // by yield

	pending sorted.Cursor[[]byte]
	key     string // the pending entry that comes next; "" when there is none
	content []byte
}

func (m *merge) next() {
	key, content, ok := m.pending.Next()
	if !ok || !strings.HasPrefix(key, m.prefix) {
		key = ""
	}
	m.key, m.content = key, content
}

// before yields the pending entries below key, or all when key is "".
func (m *merge) before(key string) {
	for !m.stopped && m.key != "" && (key == "" || m.key < key) {
		if m.content != nil {
			m.stopped = !m.yield(m.key, m.content)
		}
		m.next()
	}
}

// standing takes the next entry of what stands, and says whether the walk goes on.
func (m *merge) standing(key string, content []byte) bool {
	m.before(key)
	if m.key != key && !m.stopped {
		m.stopped = !m.yield(key, content)
	}
	return !m.stopped
}

func (r *reader) Head() storage.Head { return r.head }

func (r *reader) Turn() int { return r.turn }

func (r *reader) Failed() bool { return r.err != nil }

func (r *reader) Record(id model.RecordID) (*model.Record, bool) {
	return r.record(id, r.snap.get, storage.ParseRecord)
}

func (r *reader) Outline(id model.RecordID) (*model.Record, bool) {
	return r.record(id, r.snap.outline, storage.ParseOutline)
}

func (r *reader) record(id model.RecordID, look lookup, parse func([]byte) (*model.Record, error)) (*model.Record, bool) {
	row, ok := r.find(appendRecord(r.key(), id), look)
	if !ok {
		return nil, false
	}
	rec, err := parse(row)
	r.fail(err)
	return rec, err == nil
}

func (r *reader) Row(t storage.Table, key string) ([]byte, bool) {
	return r.find(appendRow(r.key(), t, key), r.snap.get)
}

func (r *reader) Rows(t storage.Table, prefix, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, content := range r.walk(appendRow(nil, t, prefix), from) {
			if !yield(key[len(partTable)+1:], content) {
				return
			}
		}
	}
}

func (r *reader) Records(c model.Collection, after model.Place) iter.Seq[model.RecordID] {
	return r.ids(appendRecords(nil, c), string(after.Parent[:])+string(after.ID[:])+"\x00") // the first key above after's
}

func (r *reader) Children(parent model.RecordID, c model.Collection) iter.Seq[model.RecordID] {
	if parent.IsZero() { // those that hang on nothing are nobody's children
		return func(func(model.RecordID) bool) {}
	}
	return r.ids(appendChildren(nil, parent, c), "")
}

func (r *reader) Members(a model.Audience, after model.RecordID) iter.Seq[model.RecordID] {
	return r.ids(appendMembers(nil, a), string(after[:])+"\x00") // the first key above after's
}

func (r *reader) Since(a model.Audience, after model.Seq) iter.Seq[model.RecordID] {
	if after+1 == 0 { // nothing is above the last number
		return func(func(model.RecordID) bool) {}
	}
	return r.ids(appendChanges(nil, a), string(appendSeq(nil, after+1)))
}

// ids walks the records that an index names.
func (r *reader) ids(prefix []byte, from string) iter.Seq[model.RecordID] {
	return func(yield func(model.RecordID) bool) {
		for key := range r.walk(prefix, from) {
			if !yield(lastID(key)) {
				return
			}
		}
	}
}
