//go:build plant

package main

import (
	"errors"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestStoriesFindPlantedBugs: a story that a broken build survives is a defect. Run it with -tags plant.
func TestStoriesFindPlantedBugs(t *testing.T) {
	for _, c := range []struct{ file, bug string }{
		{"docs/stories/03-same-field", "loser-dropped"},
		{"docs/stories/14-hidden-assigned-job", "projection-off"},
		{"docs/stories/15-hidden-writes-down-a-job", "leak-link-echoed"},
		{"docs/stories/16-downgrade-while-offline", "mask-dropped"},
		{"docs/stories/17-bulk-rights", "disabled-stays"},
		{"docs/stories/17-bulk-rights", "last-admin-lost"},
		{"cmd/fieldsync/testdata/stories/sessions", "handin-claims-applied"},
	} {
		t.Run(c.file+" "+c.bug, func(t *testing.T) {
			engine.Plant = func(b string) bool { return b == c.bug }
			session.Plant = engine.Plant
			t.Cleanup(func() { engine.Plant, session.Plant = nil, nil })
			_, told, err := playFile(t, readStory(t, "../../"+c.file+".story"), time.Second)
			if _, wrong := errors.AsType[*storyError](err); !wrong {
				t.Fatalf("the story did not notice: %v\n%s", err, told)
			}
			t.Logf("noticed: %v", err)
		})
	}
}
