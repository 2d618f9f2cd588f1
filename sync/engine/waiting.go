package engine

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What is held because something is missing waits under the id of that something in TableWaiting, in the order in
// which it is to be judged again: as it came, then as its device counted. When that something comes, it is judged
// again, by itself (write-verification W15). Each commit judges a few; where it stopped stands in a row of its own, so
// that what stays held is not met again before the next thing comes, and nobody's waiting work weighs on everybody's
// commits.

// maxRejudged is how many waiting changes one commit judges again.
const maxRejudged = 100

// What rows of TableWaiting begin with.
const (
	waitKey   = "w" // a held change, under what it waits for
	resumeKey = "r" // how far judging again under something has come
)

// waitingKey is where a held change stands under what it waits for.
func waitingKey(waited string, h storage.Held) string {
	b := binary.BigEndian.AppendUint64([]byte(waitKey+waited), uint64(h.Since))
	b = binary.BigEndian.AppendUint64(b, h.Number)
	return string(append(b, h.Change[:]...))
}

// wait puts a held change under everything it waits for, and takes it away from what it no longer waits for.
func (t *tx) wait(h *storage.Held, waits []string) {
	for _, w := range h.Waits {
		if !slices.Contains(waits, w) {
			t.remove(storage.TableWaiting, waitingKey(w, *h))
		}
	}
	for _, w := range waits {
		t.put(storage.TableWaiting, waitingKey(w, *h), nil)
	}
	h.Waits = waits
}

// came notes that something is there now, or decided, that held work may wait for.
func (t *tx) came(id [16]byte) {
	key := string(id[:])
	for k := range t.r.Rows(storage.TableWaiting, waitKey+key, "") {
		if v, changed := t.rows[rowKey{storage.TableWaiting, k}]; !changed || v != nil {
			t.put(storage.TableWaiting, resumeKey+key, nil)
			return
		}
	}
	for k, v := range t.rows {
		if k.table == storage.TableWaiting && v != nil && strings.HasPrefix(k.key, waitKey+key) {
			t.put(storage.TableWaiting, resumeKey+key, nil)
			return
		}
	}
}

// rejudge judges again what waits for things that came in this commit or before, as much as there is room for. Groups
// wait for the office.
func (t *tx) rejudge() {
	if !t.anyWaiting() {
		t.entered, t.decided = nil, nil
		return
	}
	size, left := 0, maxRejudged
	for {
		t.noteArrivals()
		at := t.keys(storage.TableWaiting, resumeKey)
		if len(at) == 0 || left <= 0 {
			return
		}
		waited := at[0][len(resumeKey):]
		next := t.waitingUnder(waited, left)
		if len(next) == 0 {
			t.remove(storage.TableWaiting, at[0])
			continue
		}
		if size == 0 {
			size = t.size()
		}
		for _, k := range next {
			before := t.fork()
			t.rejudgeOne(k)
			grown := t.grown(before)
			if t.tooBig(size + grown) {
				t.drop(before)
				if size > room/2 {
					t.noteArrivals()
					return // the next commit has more room
				}
				t.giveUp(k)
				grown = t.grown(before)
			}
			size += grown
			left--
			t.put(storage.TableWaiting, at[0], []byte(k))
		}
	}
}

// regain has judged again what people handed in for records that were not there for them, when this decision changed what
// they may see: then nothing comes, and still it may be there for them now. Without it such work would wait until
// something comes for somebody else, and its author would learn that it did (domain b.4, S7). An audience that is new changes what
// people see by what comes into it, which is noted as any arrival.
func (t *tx) regain() {
	whose := map[model.UserID]bool{}
	for k := range t.rows {
		if k.table == storage.TableAccounts {
			whose[model.UserID([]byte(k.key))] = true
		}
	}
	if len(whose) == 0 && !t.resettled || !t.anyWaiting() || planted("rights-regain-nothing") {
		return
	}
	for _, k := range t.keys(storage.TableHeld, "") {
		h, ok := get(t, storage.TableHeld, k, storage.ParseHeld)
		if !ok || h.Reason != model.ReasonMissing || !t.resettled && !whose[h.Author] {
			continue
		}
		for _, w := range h.Waits {
			t.put(storage.TableWaiting, resumeKey+w, nil)
		}
	}
	t.rejudge()
}

// noteArrivals notes what came, or was decided, since it was last called.
func (t *tx) noteArrivals() {
	if t.anyWaiting() {
		for _, id := range t.entered {
			t.came(id)
		}
		for _, id := range t.decided {
			t.came(id)
		}
	}
	t.entered, t.decided = nil, nil
}

// anyWaiting says whether anything of the tenant waits at all.
func (t *tx) anyWaiting() bool {
	for range t.r.Rows(storage.TableWaiting, "", "") {
		return true
	}
	for k := range t.rows {
		if k.table == storage.TableWaiting {
			return true
		}
	}
	return false
}

// waitingUnder is the next rows, at most n, of what waits for something, after where judging again stopped.
func (t *tx) waitingUnder(waited string, n int) []string {
	last, _ := t.row(storage.TableWaiting, resumeKey+waited)
	var next []string
	for k := range t.r.Rows(storage.TableWaiting, waitKey+waited, "") {
		if _, changed := t.rows[rowKey{storage.TableWaiting, k}]; changed || k <= string(last) {
			continue
		}
		if next = append(next, k); len(next) == n {
			break // the store walks in order
		}
	}
	for k, v := range t.rows {
		if k.table == storage.TableWaiting && v != nil && strings.HasPrefix(k.key, waitKey+waited) && k.key > string(last) {
			next = append(next, k.key)
		}
	}
	slices.Sort(next)
	return next[:min(n, len(next))]
}

func (t *tx) heldAt(key string) (storage.Held, bool) {
	return get(t, storage.TableHeld, key[len(key)-16:], storage.ParseHeld)
}

func (t *tx) rejudgeOne(key string) {
	h, ok := t.heldAt(key)
	o, decided := t.outcome(h.Change)
	if !ok || !decided || o.Code != model.OutcomeHeld || !o.Group.IsZero() {
		t.remove(storage.TableWaiting, key)
		return
	}
	f, c, err := t.asAuthor(h)
	if err != nil {
		return // the author is not there any more: the office decides
	}
	if v := f.judge(&c, ask{}); v.outcome == model.OutcomeHeld {
		f.heldOn(h, v)
		f.waitOnJob(&c, true) // which may be there by now
	} else {
		f.settled(h, v)
	}
}

// heldOn keeps a held change held, with the reason that is true now.
func (t *tx) heldOn(h storage.Held, v verdict) {
	o, ok := t.outcome(h.Change)
	if !ok {
		return
	}
	h.Reason, o.Reason = v.reason, v.reason
	t.wait(&h, v.waits)
	t.put(storage.TableHeld, t.heldKey(h.Change), h.Append(nil))
	t.put(storage.TableOutcomes, string(h.Change[:]), o.Append(nil))
}

// giveUp leaves a held change that fits no commit to the office.
func (t *tx) giveUp(key string) {
	if h, ok := t.heldAt(key); ok {
		t.heldOn(h, held(model.ReasonTooLarge))
	}
}
