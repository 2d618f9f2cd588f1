//go:build plant

package main

import (
	"errors"
	"strings"
	"testing"
)

// TestBenchFindsPlantedLies: figures of a server that does not do what it says are worth nothing. Run it with -tags plant.
func TestBenchFindsPlantedLies(t *testing.T) {
	cases := []struct{ bug, scenario, want string }{
		{"floor-writes-nothing", "push", "WRONG: floor: every acknowledged change is read back"},
		{"gateway-loses-notes", "push", "WRONG: gateway: every acknowledged change is read back"},
		{"projection-off", "revoke", "WRONG: gateway: every device from which records were taken has none left"},
		{"projection-off", "sync", "WRONG: gateway: every first sync is the projection of what was put in"},
	}
	for _, c := range cases {
		t.Run(c.bug+" "+c.scenario, func(t *testing.T) {
			t.Setenv("FIELDSYNC_TEST_PLANT", c.bug)
			out, err := benchRun(t, "--quick", "--scenario", c.scenario)
			if !errors.Is(err, errBenchWrong) || exitCode(err) != exitChecks || !strings.Contains(out, c.want) {
				t.Fatalf("the benchmark did not notice: %v\n%s", err, out)
			}
		})
	}
}
