package badgerstore

// lately is which keys were written by the last commits. While a company writes all the time, hardly anything is read at the
// newest snapshot; but what was not written since the snapshot it was read at stands in the newest too.
type lately struct {
	young, old map[string]uint64 // the commit that wrote a key last
	began      uint64            // of young: every later write is in it
	since      uint64            // every later write is in one of them
	most       int               // keys of a generation
}

// maxLately bounds the keys of a generation.
const maxLately = 8192

// wrote notes that a commit wrote a key. Commits come in their order.
func (l *lately) wrote(key string, number uint64) {
	if l.young == nil || len(l.young) >= l.most {
		l.old, l.young = l.young, make(map[string]uint64, len(l.young))
		l.since, l.began = l.began, number // more of this commit may follow, and some of it stands in old
	}
	l.young[key] = number
}

// before says that a key was written in a commit up to this one, and not since.
func (l *lately) before(key string, number uint64, short bool) bool {
	if number < l.since && !short {
		return false
	}
	last, ok := l.young[key]
	if !ok {
		last = l.old[key]
	}
	return last <= number
}
