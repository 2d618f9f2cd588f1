package replica

import "github.com/fieldsync/fieldsync/sync/model"

// Erase forgets everything of this user's, the outbox included, but the ids and the token, by which the device says that it
// did, again and again until the server has heard it (domain f.5). Where what is unsent may still be handed in, it is first, and
// nothing is erased before: done is false. It gives how many unsent changes went; nothing is saved from now on. [Replica.Wipe]
// ends it.
func (r *Replica) Erase(handedIn bool) (unsent int, done bool, err error) {
	if r.meta.erased {
		return int(r.meta.gone), true, nil
	}
	n, _ := r.Unsent()
	if handedIn && n > 0 && !r.bug("erases-unsent") {
		return 0, false, nil
	}
	who := r.meta.who
	who.Name = ""
	end := r.meta.end
	if !r.meta.ended {
		end = End{Reason: model.EndRevoked}
	}
	return n, true, r.forget(meta{who: who, token: r.meta.token, next: r.meta.next, ended: true, end: end, erased: true, gone: uint64(n)})
}

// Erased says that this user's data were erased here, and the server may not have heard of it yet.
func (r *Replica) Erased() bool { return r.meta.erased }

// Wipe forgets everything, the outbox, the ids and the token included: the server said that the device is stolen, or lost and
// handed in.
func (r *Replica) Wipe() error { return r.forget(meta{next: 1}) }

// forget leaves nothing but this meta.
func (r *Replica) forget(left meta) error {
	err := r.update(func(t *txn) error {
		for _, b := range Buckets {
			var keys []Key
			err := t.Scan(b, func(k Key, _ []byte) error {
				keys = append(keys, k)
				return nil
			})
			if err != nil {
				return err
			}
			for _, k := range keys {
				if err := t.Delete(b, k); err != nil {
					return err
				}
			}
		}
		t.meta = left
		return nil
	})
	if err != nil {
		return err
	}
	r.items, r.dir, r.notes = map[model.ChangeID]*item{}, map[model.RecordID]place{}, map[uint64]Notice{}
	r.sort()
	r.land()
	return nil
}
