package badgerstore_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/storage/storagetest"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What a store remembers of rows and walks must never show. Every look is compared with one at the same moment, by a
// reader that remembers nothing (Anew): in views that are open at several snapshots at once, and in decisions.

// look compares one random look.
func look(random *rand.Rand, r storage.Reader) error {
	see := storagetest.RandomLook(random)
	if got, want := see(r), see(badgerstore.Anew(r)); got != want {
		return fmt.Errorf("as it is remembered, at commit %d: %s; on the disk: %s", r.Head().Seq, got, want)
	}
	return nil
}

// looks compares several. Hardly anything is looked for once.
func looks(random *rand.Rand, n int, readers ...storage.Reader) error {
	for range n {
		if err := look(random, readers[random.IntN(len(readers))]); err != nil {
			return err
		}
	}
	return nil
}

// memory is a random history with views open at several snapshots, which only its seed decides.
type memory struct {
	*gate
	*rand.Rand
	open []storage.Reader
}

func remembers(t *testing.T, seed uint64, plants ...func(*badgerstore.Config)) error {
	plants = append(plants, (*badgerstore.Config).PlantSyncOff)
	m := &memory{gate: gated(t, nil, plants...), Rand: rand.New(rand.NewPCG(seed, 0))}
	if err := m.Store.View(t.Context(), tenant, func(r storage.Reader) error { return m.steps(t, 60, r) }); err != nil {
		return fmt.Errorf("seed %d: %w", seed, err)
	}
	if err := m.Weighed(); err != nil {
		return fmt.Errorf("seed %d: %w", seed, err)
	}
	return nil
}

// steps goes on while a view is open: with commits, with looks through all views that are, and with more views.
func (m *memory) steps(t *testing.T, n int, r storage.Reader) error {
	m.open = append(m.open, r)
	defer func() { m.open = m.open[:len(m.open)-1] }()
	for range n {
		var err error
		switch choice := m.IntN(4); {
		case choice == 0 && len(m.open) < 4:
			err = m.View(t.Context(), m.tenant(), func(r storage.Reader) error { return m.steps(t, 12, r) })
		case choice == 1:
			err = m.commit(t)
		default:
			err = looks(m.Rand, 6, m.open...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (m *memory) tenant() model.TenantID { return model.TenantID{1 + byte(m.IntN(2))} }

// commit has some decisions made in one commit, which look too.
func (m *memory) commit(t *testing.T) error {
	calls := make([]storage.Decide, 1+m.IntN(4))
	for i := range calls {
		seed := m.Uint64()
		calls[i] = func(r storage.Reader) (*storage.WriteSet, error) {
			random := rand.New(rand.NewPCG(seed, 1))
			return storagetest.RandomWrites(random, r), looks(random, 4, r)
		}
	}
	_, errs := m.togetherOf(t, m.tenant(), calls...)
	return errors.Join(errs...)
}

func TestRemembered(t *testing.T) {
	for seed := range uint64(8) {
		small := func(c *badgerstore.Config) { c.PlantGeneration(int(seed%3) * 2000) } // 0: as it is
		if err := remembers(t, seed, small); err != nil {
			t.Error(err)
		}
	}
}

// TestRememberedAtOnce: the same, by writers and viewers at once; the race detector looks on.
func TestRememberedAtOnce(t *testing.T) {
	const seed = 1
	cfg := config(t.TempDir())
	cfg.PlantSyncOff()
	cfg.PlantGeneration(8000)
	s := open(t, cfg)
	var writers, viewers sync.WaitGroup
	ctx, done := context.WithCancel(t.Context())
	for w := range uint64(3) {
		random := rand.New(rand.NewPCG(seed, w))
		writers.Go(func() {
			for range 80 {
				_, err := s.Apply(t.Context(), model.TenantID{1 + byte(random.IntN(2))}, 1, func(r storage.Reader) (*storage.WriteSet, error) {
					return storagetest.RandomWrites(random, r), looks(random, 3, r)
				})
				if err != nil {
					t.Errorf("seed %d, writer %d: %v", seed, w, err)
					return
				}
			}
		})
		sights := rand.New(rand.NewPCG(seed, 100+w))
		viewers.Go(func() {
			for ctx.Err() == nil {
				err := s.View(t.Context(), model.TenantID{1 + byte(sights.IntN(2))}, func(r storage.Reader) error {
					return looks(sights, 20, r)
				})
				if err != nil {
					t.Errorf("seed %d, viewer %d: %v", seed, w, err)
					return
				}
			}
		})
	}
	writers.Wait()
	done()
	viewers.Wait()
}

// TestPlantedBugs: each bug is found by the check that is there for it.
func TestPlantedBugs(t *testing.T) {
	for _, bug := range []struct {
		why   string
		plant func(*badgerstore.Config)
		find  func(*testing.T, func(*badgerstore.Config)) error
	}{
		{"what is being written is not decided on", (*badgerstore.Config).PlantUnderIgnored, counts},
		{"an answer before the write", (*badgerstore.Config).PlantAckFirst, doubts},
		{"children that were written stay remembered", (*badgerstore.Config).PlantChildrenKept, anySeed},
		{"members that were written stay remembered", (*badgerstore.Config).PlantMembersKept, anySeed},
		{"outlines of records that were written stay remembered", (*badgerstore.Config).PlantOutlinesKept, anySeed},
		{"what was written longer ago counts as unwritten", (*badgerstore.Config).PlantLatelyShort, anySeed},
		{"an old snapshot's reads are remembered", (*badgerstore.Config).PlantLearnsLate, anySeed},
		{"an audience's last change moves back", (*badgerstore.Config).PlantBoundLowered, anySeed},
	} {
		if err := bug.find(t, bug.plant); err == nil {
			t.Errorf("%s: not found", bug.why)
		} else {
			t.Logf("%s: %v", bug.why, err)
		}
	}
}

func anySeed(t *testing.T, plant func(*badgerstore.Config)) error {
	for seed := range uint64(12) {
		if err := remembers(t, seed, plant); err != nil {
			return err
		}
	}
	return nil
}

// TestManyChildren: what is too long to be remembered is walked.
func TestManyChildren(t *testing.T) {
	s := open(t, config(t.TempDir()))
	parent := model.RecordID{0xff}
	for n := 1; n < 70; n++ {
		commit(t, s, func(r storage.Reader) (*storage.WriteSet, error) {
			rec := &model.Record{ID: model.RecordID{byte(n)}, Collection: model.Notes, Seq: r.Head().Next()}
			rec.Set(model.FieldParent, model.Ref(parent), model.Write{Seq: rec.Seq})
			return &storage.WriteSet{Records: []*model.Record{rec}}, nil
		})
		for _, of := range []model.Collection{model.Notes, model.Notes, model.Tasks} {
			err := s.View(t.Context(), tenant, func(r storage.Reader) error {
				got, want := slices.Collect(r.Children(parent, of)), slices.Collect(badgerstore.Anew(r).Children(parent, of))
				if !slices.Equal(got, want) || of != model.Tasks && len(got) != n {
					return fmt.Errorf("children of collection %d, %d of them: %v, want %v", of, n, got, want)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestCameAndWent: what enters an audience and leaves it again within one commit stands where it left before. That
// must not hide what changed since.
func TestCameAndWent(t *testing.T) {
	g := gated(t, nil)
	const a model.Audience = 3
	write := func(id byte, intervals ...model.Interval) storage.Decide {
		return func(r storage.Reader) (*storage.WriteSet, error) {
			rec := &model.Record{ID: model.RecordID{id}, Collection: model.Jobs, Seq: r.Head().Next()}
			rec.Memberships = []model.Membership{{Audience: a, Intervals: intervals}}
			return &storage.WriteSet{Records: []*model.Record{rec}}, nil
		}
	}
	left := model.Interval{First: 1, In: 1, Out: 2}
	commit(t, g.Store, write(1, model.Interval{First: 1, In: 1}))
	commit(t, g.Store, write(1, left))
	commit(t, g.Store, write(2, model.Interval{First: 3, In: 3}))
	since := func(after model.Seq) (ids []model.RecordID) {
		err := g.View(t.Context(), tenant, func(r storage.Reader) error {
			ids = slices.Collect(r.Since(a, after))
			return nil
		})
		if err != nil {
			t.Error(err)
		}
		return ids
	}
	since(0) // now it is known how far the changes go
	_, errs := g.together(t, write(1, left, model.Interval{First: 4, In: 4}), write(1, left))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if got, want := since(2), []model.RecordID{{2}}; !slices.Equal(got, want) {
		t.Errorf("changes above commit 2: %v, want %v", got, want)
	}
}
