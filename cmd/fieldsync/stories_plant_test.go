//go:build plant

package main

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
)

// storyPlants is what each story must notice: a bug, and words of the sentence that is not so when it is there.
var storyPlants = []struct{ story, bug, notices string }{
	{"01-basement-completion", "arrival-orders", "began 115 minutes ago"},
	{"02-office-edits", "stale-copy", `the description of "Boiler service" as "Check the flue too"`},
	{"03-same-field", "loser-dropped", `as a losing description`},
	{"03-same-field", "last-upload-wins", `as "Smells of gas, call first"`},
	{"04-cancelled-after-he-began", "arrival-orders", `as "completed"`},
	{"05-cancelled-before-he-began", "arrival-orders", "a visit of 55 minutes by Ben"},
	{"06-reassigned-and-both-worked", "arrival-orders", "a visit of 55 minutes by Ben"},
	{"06-reassigned-and-both-worked", "leak-lost-job", "Ben's phone does not show"},
	{"07-device-swap", "handin-claims-applied", `the outcome of "Needs a new seal"`},
	{"08-login-race", "takeover-uncompared", "each time one phone was let in"},
	{"09-refused-until-released", "refused-is-let-in", "Ben is not let in"},
	{"09-refused-until-released", "drained-unasked", `the outcome of "Needs a new burner"`},
	{"10-flaky-train", "cursor-forgotten", "at most 12 records"},
	{"11-stolen-phone", "stolen-hands-in", "the office sees 0 time events by Ben"},
	{"12-leaver", "removed-applied", "the office sees no notes"},
	{"12-leaver", "removed-session-lives", "signed in nowhere"},
	{"13-replacement", "author-replaced", "by Ben"},
	{"13-replacement", "late-done-overrides", `as "in_progress"`},
	{"14-hidden-assigned-job", "projection-off", `does not show "ACME Bakery"`},
	{"15-hidden-writes-down-a-job", "leak-link-echoed", "was sent nothing since then"},
	{"15-hidden-writes-down-a-job", "typed-unnoticed", "a possible duplicate to review"},
	{"16-downgrade-while-offline", "mask-dropped", `finds nothing for "Bakery"`},
	{"16-downgrade-while-offline", "lost-audience-not-walked", "told to forget"},
	{"17-bulk-rights", "read-only-keeps-boxes", "warned with ends_mobile_access"},
	{"17-bulk-rights", "disabled-stays", "signed in nowhere"},
	{"17-bulk-rights", "facts-go-with-the-access", `the note "Half of mine"`},
	{"17-bulk-rights", "disabled-undrained", `the outcome of "Needs a seal"`},
	{"17-bulk-rights", "last-admin-lost", "refused with last_admin"},
	{"18-night-shift-and-wrong-clock", "clock-wins", "start at 22:00"},
	{"18-night-shift-and-wrong-clock", "clock-face-counts", "540 minutes paid"},
	{"18-night-shift-and-wrong-clock", "days-in-utc", "120 minutes paid to Ben on 24 October"},
	{"19-locked-week", "adjustments-forgotten", "adjusts Cal by 180 minutes"},
	{"20-poison-item", "corrections-dropped", `the note "Part 4712 fitted"`},
	{"20-poison-item", "held-blocks", "has 1 waiting for the office"},
	{"21-subcontractor-unassigned", "arrival-orders", "a visit of 40 minutes by Sue"},
	{"21-subcontractor-unassigned", "leak-lost-job", "Sue's phone does not show"},
	{"22-password-with-unsent-work", "password-ends-nothing", "signed in nowhere"},
	{"23-wrong-clock", "clock-wins", "the shift of Ben start"},
	{"24-held-does-not-block", "held-blocks", "has 1 waiting for the office"},
	{"24-held-does-not-block", "repeat-applied-again", "has nothing waiting for the office"},
	{"25-nights-when-clocks-change", "clock-face-counts", "420 minutes paid to Ben"},
	{"25-nights-when-clocks-change", "days-in-utc", "120 minutes paid to Kim on 4 April"},
	{"26-one-van-two-engineers", "arrival-orders", "left in"},
	{"26-one-van-two-engineers", "negative-unflagged", "a shortage of"},
	{"26-one-van-two-engineers", "negative-for-ever", "no shortage of"},
	{"27-what-a-client-sees", "status-in-portal", "the progress of"},
	{"27-what-a-client-sees", "notes-to-clients", `nothing of "Second time"`},
	{"28-given-to-others", "dispatcher-assigns-anybody", "Sid's phone has 1 waiting"},
	{"29-assigned-beyond-the-list", "assigns-beyond-the-list", "has 1 waiting for the office"},
	{"30-one-customer-twice", "alias-forgotten", `the customer of "Oven light" as "ACME Bakery"`},
	{"30-one-customer-twice", "merge-is-a-link", `nothing to review on "Oven door"`},
}

// shortPatience is longer than anything that is right may take, the next report of a phone included.
const shortPatience = 2*reportEvery + time.Second

// TestStoriesFindPlantedBugs: a story that every broken build survives is a defect. Run it with -tags plant.
func TestStoriesFindPlantedBugs(t *testing.T) {
	for _, c := range storyPlants {
		t.Run(c.story+" "+c.bug, func(t *testing.T) { noticed(t, "../../docs/stories/"+c.story+".story", c.bug, c.notices) })
	}
	t.Run("sessions", func(t *testing.T) {
		noticed(t, "testdata/stories/sessions.story", "handin-claims-applied", `the outcome of "Hinge"`)
	})
}

// noticed plays a story of a broken build.
func noticed(t *testing.T, file, bug, notices string) {
	t.Helper()
	engine.Plant = func(b string) bool { return b == bug }
	session.Plant, access.Plant = engine.Plant, engine.Plant
	t.Cleanup(func() { engine.Plant, session.Plant, access.Plant = nil, nil, nil })
	_, told, err := playFile(t, readStory(t, file), shortPatience)
	wrong, ok := errors.AsType[*storyError](err)
	if !ok || wrong.why != nil || !strings.Contains(wrong.step.Text, notices) {
		t.Fatalf("%v; want that it is not so: … %s …\n%s", err, notices, told)
	}
	t.Logf("noticed: %v", err)
}

// TestPlantsOfEveryStory: there is no story of which nobody knows that it can fail.
func TestPlantsOfEveryStory(t *testing.T) {
	planted := map[string]bool{}
	for _, c := range storyPlants {
		planted[c.story] = true
	}
	files, err := filepath.Glob("../../docs/stories/*.story")
	check(t, err)
	for _, f := range files {
		if name := strings.TrimSuffix(filepath.Base(f), ".story"); !planted[name] {
			t.Errorf("no bug is planted that %s must notice", name)
		}
	}
}
