package badgerstore

import "github.com/fieldsync/fieldsync/storage/internal/sorted"

// overlay is what a commit has of a tenant, over what stands: contents by whole key, nil for a key that is removed. It
// is looked up much more often than it is walked, so it is kept in both ways. A nil overlay has nothing.
type overlay struct {
	found  map[string][]byte
	sorted sorted.Map[[]byte]
}

func newOverlay() *overlay { return &overlay{found: map[string][]byte{}} }

func (o *overlay) get(key []byte) (content []byte, ok bool) {
	if o == nil {
		return nil, false
	}
	content, ok = o.found[string(key)]
	return content, ok
}

// set gives a key a content, and tells the one it had.
func (o *overlay) set(key string, content []byte) (old []byte, had bool) {
	old, had = o.found[key]
	o.found[key] = content
	o.sorted.Set(key, content)
	return old, had
}

func (o *overlay) remove(key string) {
	delete(o.found, key)
	o.sorted.Delete(key)
}

// over is a scan of what stands with the overlay over it: its entries stand above those of the same keys.
func (o *overlay) over(stand scan) scan {
	if o == nil {
		return stand
	}
	return func(prefix, from string, yield func(string, []byte) bool) error {
		m := merge{prefix: prefix, yield: yield, pending: o.sorted.Seek(prefix + from)}
		m.next()
		err := stand(prefix, from, m.standing)
		if err == nil {
			m.before("")
		}
		return err
	}
}
