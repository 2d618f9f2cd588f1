package sorted_test

import (
	"fmt"
	"maps"
	"math/rand"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/storage/internal/sorted"
)

// TestMap compares a map with the standard one over random histories, long enough to split and empty chunks.
func TestMap(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewSource(seed))
	var m sorted.Map[int]
	want := map[string]int{}
	for step := range 60_000 {
		key := fmt.Sprintf("%04x", random.Intn(4000))
		switch grow := step/15_000%2 == 0; {
		case random.Intn(10) < 7 == grow:
			m.Set(key, step)
			want[key] = step
		default:
			_, had := want[key]
			if got := m.Delete(key); got != had {
				t.Fatalf("seed %d, step %d: Delete(%s) = %v, want %v", seed, step, key, got, had)
			}
			delete(want, key)
		}
		if step%5_000 == 0 {
			compare(t, &m, want)
		}
	}
	c := m.Clone()
	compare(t, &m, want)
	for key := range want {
		m.Delete(key)
	}
	compare(t, &m, nil)
	compare(t, &c, want)
}

func compare(t *testing.T, m *sorted.Map[int], want map[string]int) {
	t.Helper()
	if m.Len() != len(want) {
		t.Fatalf("Len = %d, want %d", m.Len(), len(want))
	}
	keys := slices.Sorted(maps.Keys(want))
	for _, span := range []struct{ prefix, from string }{{"", ""}, {"0", ""}, {"0a", "8"}, {"0f", "g"}, {"zz", ""}} {
		var got, fit []string
		for key, value := range m.Prefix(span.prefix, span.from) {
			if have, ok := m.Get(key); !ok || have != value || want[key] != value {
				t.Fatalf("%s = %d, walked as %d, want %d", key, have, value, want[key])
			}
			got = append(got, key)
		}
		for _, key := range keys {
			if strings.HasPrefix(key, span.prefix) && key >= span.prefix+span.from {
				fit = append(fit, key)
			}
		}
		if !slices.Equal(got, fit) {
			t.Fatalf("Prefix(%q, %q) = %v, want %v", span.prefix, span.from, got, fit)
		}
	}
}

func TestOrderedArrivalFillsChunks(t *testing.T) {
	var m sorted.Map[struct{}]
	for i := range 10_000 {
		m.Set(fmt.Sprintf("%06d", i), struct{}{})
	}
	if _, ok := m.Get("009999"); !ok || m.Len() != 10_000 {
		t.Errorf("Len = %d, want 10000 with the last", m.Len())
	}
}
