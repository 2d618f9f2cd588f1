package main

import "testing"

func TestBurst(t *testing.T) {
	const mega = 1 << 20
	var b burst
	steps := []struct {
		allocated, inUse uint64
		want             bool
		why              string
	}{
		{100 * mega, 80 * mega, false, "it has only begun"},
		{900 * mega, 300 * mega, false, "it goes on"},
		{905 * mega, 300 * mega, true, "it is over"},
		{910 * mega, 150 * mega, false, "nothing was allocated that would be worth it"},
		{950 * mega, 150 * mega, false, "something happens"},
		{951 * mega, 150 * mega, true, "and is over, and was worth it"},
		{951 * mega, 150 * mega, false, "once is enough"},
	}
	for _, s := range steps {
		if got := b.over(s.allocated, s.inUse); got != s.want {
			t.Errorf("over(%d MB, %d MB) = %v, want %v: %s", s.allocated/mega, s.inUse/mega, got, s.want, s.why)
		}
	}
}

func TestAllocatedTells(t *testing.T) {
	before, inUse := allocated()
	kept := make([]byte, 4<<20)
	after, _ := allocated()
	if after-before < uint64(len(kept)) || inUse == 0 {
		t.Errorf("allocated went from %d to %d with %d bytes more, %d in use", before, after, len(kept), inUse)
	}
}
