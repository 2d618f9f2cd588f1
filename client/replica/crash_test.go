package replica_test

import (
	"errors"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// killer is a Local that ends, at its n-th statement, by a crash or by an error. Beginning and ending a transaction
// are statements too; the end is one before and one after the commit.
type killer struct {
	replica.Local

	left int // statements before the end; counts down
	fail error
}

var errKilled = errors.New("killed")

func (k *killer) step() error {
	k.left--
	if k.left != 0 {
		return nil
	}
	if k.fail != nil {
		return k.fail
	}
	panic(errKilled)
}

func (k *killer) Update(f func(replica.Tx) error) error {
	err := k.Local.Update(func(tx replica.Tx) error {
		if err := k.step(); err != nil {
			return err
		}
		if err := f(&killerTx{Tx: tx, k: k}); err != nil {
			return err
		}
		return k.step()
	})
	if err != nil {
		return err
	}
	return k.step()
}

type killerTx struct {
	replica.Tx

	k *killer
}

func (t *killerTx) Put(b replica.Bucket, key replica.Key, v []byte) error {
	if err := t.k.step(); err != nil {
		return err
	}
	return t.Tx.Put(b, key, v)
}

func (t *killerTx) Delete(b replica.Bucket, key replica.Key) error {
	if err := t.k.step(); err != nil {
		return err
	}
	return t.Tx.Delete(b, key)
}

// script is a life in short: every operation that writes, with what it needs. The steps ignore errors: the phone they
// run on may fail at any of them.
func script() []func(p *phone) {
	answer := func(p *phone, o model.Outcome) {
		if push, err := p.NextPush(100, 1<<17); err == nil && push != nil {
			a := &protocol.Answers{Number: push.Number, Time: 50}
			for range push.Changes {
				a.Answers = append(a.Answers, model.Answer{Outcome: o, Receipt: model.Receipt{1}})
			}
			_, _ = p.Answered(a)
		}
	}
	welcome := func(p *phone, w protocol.Welcome) {
		w.User = alice.User
		_, _ = p.Welcome(&w, p.clock)
	}
	page := func(p *phone, n uint64, final bool, b protocol.PageBody) {
		p.pages = n
		var in []model.ChangeID
		for _, e := range p.Outbox() {
			in = append(in, e.Change)
		}
		_, _ = p.ApplyPage(p.head(final, in...), b)
	}
	return []func(p *phone){
		func(p *phone) { _ = p.SignedIn(alice) },
		func(p *phone) {
			welcome(p, protocol.Welcome{Device: alice.Device, Token: 1, Time: 10, Store: [8]byte{1}})
		},
		func(p *phone) {
			page(p, 10, false, protocol.PageBody{Rows: []model.Row{job(1, "one"), job(2, "two"), contact(3, model.RecordID{1})}})
		},
		func(p *phone) { page(p, 20, true, protocol.PageBody{Rows: []model.Row{job(4, "four")}}) },
		func(p *phone) {
			_, _ = p.Save(p.clock, retitle(model.RecordID{1}, "a"), note(model.RecordID{1}, "n"), hours("start"))
		},
		func(p *phone) { _, _ = p.Save(p.clock, newJob("mine")) },
		func(p *phone) { answer(p, model.OutcomeHeld) },
		func(p *phone) {
			_, _ = p.Save(p.clock, retitle(model.RecordID{1}, "b"), retitle(model.RecordID{2}, "c"))
		},
		func(p *phone) {
			page(p, 30, false, protocol.PageBody{Masks: []model.Mask{{Collection: model.Jobs, Fields: []model.FieldNo{model.JobTitle}}}, Retracts: []model.RecordID{{4}, {3}}})
		},
		func(p *phone) { page(p, 40, true, protocol.PageBody{Rows: []model.Row{job(5, "five")}}) },
		func(p *phone) {
			welcome(p, protocol.Welcome{Device: alice.Device, Token: 2, Time: 60, Store: [8]byte{1}, Safe: 100})
		},
		func(p *phone) { answer(p, model.OutcomeApplied) },
		func(p *phone) {
			welcome(p, protocol.Welcome{Device: model.DeviceID{9}, Token: 3, Time: 70, Store: [8]byte{2}})
		},
		func(p *phone) { _ = p.Bye(&protocol.Bye{Code: protocol.CodeEnded, Reason: model.EndOffice}) },
		func(p *phone) { _, _ = p.Save(p.clock, hours("after the end"), newJob("x"), newJob("y")) },
		func(p *phone) { _ = p.SignOut(true) },
		func(p *phone) { _ = p.Wipe() },
	}
}

// fresh is a phone of its own on a Local that ends after n statements; 0: never.
func fresh(t *testing.T, n int, fail error) (*phone, *killer) {
	p := newPhone(t) // for its clock and its table; its memory is not used
	p.local = replica.NewMemory()
	k := &killer{Local: p.local, left: n, fail: fail}
	p.cfg.Random = &counter{}
	r, err := replica.Open(k, p.cfg)
	p.must(err)
	p.Replica = r
	return p, k
}

// counter is a source of bytes that is the same in every run.
type counter struct{ n byte }

func (c *counter) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = c.n
		c.n = c.n*5 + 3
	}
	c.n += 7
	return len(b), nil
}

// states is what the memory holds before the script and after each step of it.
func states(t *testing.T) (out []*replica.Memory, statements int) {
	p, k := fresh(t, 0, nil)
	out = append(out, p.local.Clone())
	for _, step := range script() {
		step(p)
		if p.local.Equal(out[len(out)-1]) {
			t.Fatalf("step %d of the script changes nothing", len(out))
		}
		out = append(out, p.local.Clone())
	}
	return out, -k.left
}

// A crash at any statement leaves the state before an operation or after it, never between; and what was there opens.
func TestKilledAtEveryStatement(t *testing.T) {
	want, statements := states(t)
	if statements < 100 {
		t.Fatalf("the script has %d statements: too few to prove anything", statements)
	}
	for n := 1; n <= statements; n++ {
		p, _ := fresh(t, n, nil)
		at := killedAt(p)
		if at < 0 {
			t.Fatalf("statement %d: not killed", n)
		}
		if !p.local.Equal(want[at]) && !p.local.Equal(want[at+1]) {
			t.Fatalf("killed at statement %d, in step %d: the state is neither the one before nor the one after", n, at+1)
		}
		if _, err := replica.Open(p.local, p.cfg); err != nil {
			t.Fatalf("killed at statement %d: open: %v", n, err)
		}
	}
}

// killedAt runs the script and says in which step it was killed.
func killedAt(p *phone) (at int) {
	at = -1
	defer func() {
		if r := recover(); r != nil && r != errKilled { //nolint:errorlint // a panic's value, not an error that was returned
			panic(r)
		}
	}()
	for i, step := range script() {
		at = i
		step(p)
	}
	return -1
}

// A statement that fails changes nothing, on disk and in memory; the same operation works afterwards. When the commit
// itself fails nobody knows, and the replica says so until it is opened again.
func TestFailsAtEveryStatement(t *testing.T) {
	want, statements := states(t)
	full := errors.New("disk full")
	for n := 1; n <= statements; n++ {
		p, k := fresh(t, n, full)
		for i, step := range script() {
			before := k.left
			step(p)
			if before <= 0 || k.left > 0 {
				continue
			}
			after := p.local.Equal(want[i+1])
			if !after && !p.local.Equal(want[i]) {
				t.Fatalf("statement %d failed in step %d: the state is between", n, i+1)
			}
			again, err := replica.Open(p.local, p.cfg)
			p.must(err)
			if got, there := len(p.Outbox()), len(again.Outbox()); !after && got != there {
				t.Fatalf("statement %d failed in step %d: %d changes in memory, %d on disk", n, i+1, got, there)
			}
			if _, err := p.Save(p.clock, hours("x")); after && !errors.Is(err, replica.ErrBroken) {
				t.Fatalf("statement %d, a commit, failed in step %d: err = %v, want ErrBroken", n, i+1, err)
			}
			break
		}
	}
}

// What is planted is caught: a group in two local writes is found half saved.
func TestHalfAGroupPlanted(t *testing.T) {
	for plant, half := range map[string]bool{"": false, "group-two-local-writes": true} {
		found := false
		for n := 1; n < 12; n++ {
			p := newPhone(t, plant)
			p.checkpoint()
			k := &killer{Local: p.local, left: n}
			r, err := replica.Open(k, p.cfg)
			p.must(err)
			func() {
				defer func() { _ = recover() }()
				_, _ = r.Save(p.clock, newJob("a"), newJob("b"))
			}()
			p.open()
			for _, e := range p.Outbox() {
				found = found || len(p.Outbox()) < p.change(e.Change).GroupSize
			}
		}
		if found != half {
			t.Errorf("planted %q: half a group was found = %v, want %v", plant, found, half)
		}
	}
}
