package badgerstore

import "sync"

// shared is what walks of one snapshot have found of audiences' changes: what a hundred devices may see is looked up once,
// not by each of them. It ends with the snapshot, so it is never stale.
type shared struct {
	mu    sync.RWMutex // guards walks
	walks map[sharedWalk][]string
}

// sharedWalk is where a walk began.
type sharedWalk struct{ prefix, from string }

// maxShared bounds how many walks are kept of a snapshot, of at most maxWalk keys each: some hundred kilobytes.
const maxShared = 64

// find is the keys of a walk, all of them.
func (s *shared) find(prefix, from string) (keys []string, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	keys, ok = s.walks[sharedWalk{prefix, from}]
	return keys, ok
}

// keep keeps a walk that came to its end.
func (s *shared) keep(w *walk) {
	if len(w.news) == 0 {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.walks == nil {
		s.walks = map[sharedWalk][]string{}
	}
	if len(s.walks) < maxShared {
		s.walks[sharedWalk{w.prefix, w.from}] = w.news
	}
}
