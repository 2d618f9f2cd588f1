package badgerstore

import (
	"fmt"
	"iter"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/internal/sorted"
	"github.com/fieldsync/fieldsync/sync/model"
)

// reader is a [storage.Reader] of one tenant: a snapshot, and over it what the commit being made has written so far.
type reader struct {
	snap    *snapshot
	prefix  string
	pending *sorted.Map[[]byte] // whole keys; a nil value is a key removed. A view has none pending
	cache   map[string][]byte   // what get found in the snapshot, nil for nothing; a view has none
	head    storage.Head
	err     error // the first failure; from then on nothing is found
}

// maxCache bounds what a commit remembers of its reads. The calls of one tenant read the same settings, slots and
// jobs, and every record is read once to decide and once to write.
const maxCache = 4096

// newReader reads a tenant's head, which everything else is read beside.
func newReader(snap *snapshot, t model.TenantID, lives []model.Incarnation) *reader {
	r := &reader{snap: snap, prefix: prefix(t), pending: &sorted.Map[[]byte]{}}
	if row, ok := r.get(partHead); ok {
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

// get finds the content under a key of the tenant.
func (r *reader) get(key string) ([]byte, bool) {
	if r.err != nil {
		return nil, false
	}
	whole := r.prefix + key
	if content, ok := r.pending.Get(whole); ok {
		return content, content != nil
	}
	if content, ok := r.cache[whole]; ok {
		return content, content != nil
	}
	content, ok, err := r.snap.get([]byte(whole))
	r.fail(err)
	if err == nil && r.cache != nil && len(r.cache) < maxCache {
		r.cache[whole] = content
	}
	return content, ok
}

// walk walks the tenant's keys from prefix+from on that begin with prefix, as they stand with what is pending. Keys
// are yielded without the tenant.
func (r *reader) walk(prefix, from string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		if r.err != nil {
			return
		}
		m := merge{r: r, prefix: r.prefix + prefix, yield: yield}
		m.pending = r.pending.Seek(m.prefix + from)
		m.next()
		r.fail(r.snap.scan(m.prefix, from, m.committed))
		if r.err == nil {
			m.before("")
		}
	}
}

// merge is one walk over a snapshot and what is pending over it.
type merge struct {
	r       *reader
	prefix  string
	yield   func(string, []byte) bool
	stopped bool // by the caller's loop

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
			m.emit(m.key, m.content)
		}
		m.next()
	}
}

func (m *merge) emit(key string, content []byte) {
	m.stopped = m.stopped || !m.yield(key[len(m.r.prefix):], content)
}

// committed takes the next entry of the snapshot, and says whether the walk goes on. A pending one of the same key
// stands above it.
func (m *merge) committed(key, content []byte) bool {
	at := string(key)
	m.before(at)
	if m.key != at && !m.stopped {
		m.emit(at, content)
	}
	// The lookups of the loop's body may have failed: iteration stops early then.
	return !m.stopped && m.r.err == nil
}

func (r *reader) Head() storage.Head { return r.head }

func (r *reader) Record(id model.RecordID) (*model.Record, bool) {
	row, ok := r.get(recordKey(id))
	if !ok {
		return nil, false
	}
	rec, err := storage.ParseRecord(row)
	r.fail(err)
	return rec, err == nil
}

func (r *reader) Row(t storage.Table, key string) ([]byte, bool) { return r.get(rowKey(t, key)) }

func (r *reader) Rows(t storage.Table, prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		for key, content := range r.walk(rowKey(t, prefix), "") {
			if !yield(key[len(partTable)+1:], content) {
				return
			}
		}
	}
}

func (r *reader) Children(parent model.RecordID, c model.Collection) iter.Seq[model.RecordID] {
	return r.ids(childrenOf(parent, c), "")
}

func (r *reader) Members(a model.Audience, after model.RecordID) iter.Seq[model.RecordID] {
	return r.ids(membersOf(a), string(after[:])+"\x00") // the first key above after's
}

func (r *reader) Since(a model.Audience, after model.Seq) iter.Seq[model.RecordID] {
	if after+1 == 0 { // nothing is above the last number
		return func(func(model.RecordID) bool) {}
	}
	return r.ids(changesOf(a), seqKey(after+1))
}

// ids walks the records that an index names.
func (r *reader) ids(prefix, from string) iter.Seq[model.RecordID] {
	return func(yield func(model.RecordID) bool) {
		for key := range r.walk(prefix, from) {
			if !yield(lastID(key)) {
				return
			}
		}
	}
}
