package badgerstore_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/storagetest"
)

// BenchmarkCommit is one commit of one call that brings n changes: a record and an outcome each.
func BenchmarkCommit(b *testing.B) {
	for _, n := range []uint64{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("changes=%d", n), func(b *testing.B) {
			s := open(b, config(b.TempDir()))
			b.ReportAllocs()
			next := uint64(0)
			for b.Loop() {
				_, err := s.Apply(b.Context(), tenant, int(n), func(r storage.Reader) (*storage.WriteSet, error) {
					all := &storage.WriteSet{}
					for i := range n {
						w, err := storagetest.Change(next + i)(r)
						if err != nil {
							return nil, err
						}
						all.Records, all.Rows = append(all.Records, w.Records...), append(all.Rows, w.Rows...)
					}
					return all, nil
				})
				if err != nil {
					b.Fatal(err)
				}
				next += n
			}
			b.ReportMetric(float64(next)/b.Elapsed().Seconds(), "changes/s")
		})
	}
}

// BenchmarkApply is n clients with one change each on the way, which share commits as they come.
func BenchmarkApply(b *testing.B) {
	for _, clients := range []int{1, 16, 64, 256} {
		b.Run(fmt.Sprintf("clients=%d", clients), func(b *testing.B) {
			s := open(b, config(b.TempDir()))
			var next atomic.Uint64
			took := make([][]time.Duration, clients)
			b.ReportAllocs()
			var wait sync.WaitGroup
			for c := range clients {
				wait.Go(func() {
					for i := next.Add(1); i <= uint64(b.N); i = next.Add(1) {
						begun := time.Now()
						if _, err := s.Apply(b.Context(), tenant, 1, storagetest.Change(i)); err != nil {
							b.Error(err)
							return
						}
						took[c] = append(took[c], time.Since(begun))
					}
				})
			}
			wait.Wait()
			all := slices.Concat(took...)
			slices.Sort(all)
			_, head := read(b, s, "")
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "changes/s")
			b.ReportMetric(float64(b.N)/float64(head.Seq), "changes/commit")
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds())/1000, "p99-ms")
		})
	}
}
