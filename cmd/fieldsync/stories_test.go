package main

import (
	"bytes"
	"errors"
	"flag"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// playFile plays a story as fieldsync story run does, on a gateway of its own.
func playFile(t *testing.T, s *script.Story, patience time.Duration) (held int, told string, err error) {
	t.Helper()
	var out bytes.Buffer
	c := &call{stdio: stdio{strings.NewReader(""), &out, io.Discard}}
	c.set.define(flag.NewFlagSet("", flag.ContinueOnError))
	held, err = (&stories{patience: patience}).play(t.Context(), c, s)
	return held, out.String(), err
}

func readStory(t *testing.T, file string) *script.Story {
	t.Helper()
	text, err := os.ReadFile(file)
	check(t, err)
	s, err := script.Parse(file, text)
	check(t, err)
	return s
}

// shortStories are those that are played in the race run too: most of what a story does is done in these.
var shortStories = []string{"06-reassigned-and-both-worked.story", "14-hidden-assigned-job.story"}

// TestStories plays every story there is, each on a gateway of its own.
func TestStories(t *testing.T) {
	for _, pattern := range []string{"../../docs/stories/*.story", "testdata/stories/*.story"} {
		files, err := filepath.Glob(pattern)
		check(t, err)
		if len(files) == 0 {
			t.Fatalf("there are no stories at %s", pattern)
		}
		for _, file := range files {
			if filepath.Base(file) == "10-flaky-train.story" {
				continue // its 200 tunnels take half a minute: make stories plays it, and TestScenario10 the same
			}
			if testing.Short() && !slices.Contains(shortStories, filepath.Base(file)) {
				continue
			}
			t.Run(filepath.Base(file), func(t *testing.T) {
				t.Parallel()
				if _, told, err := playFile(t, readStory(t, file), storyPatience); err != nil {
					t.Errorf("%v\n%s", err, told)
				}
			})
		}
	}
}

// TestDocsStory plays the story of the page for whoever writes one.
func TestDocsStory(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("make test plays it")
	}
	_, text, _ := strings.Cut(readDoc(t, "how-to/write-a-story.md"), "```\n")
	text, _, _ = strings.Cut(text, "```\n")
	s, err := script.Parse("door.story", []byte(text))
	check(t, err)
	if held, told, err := playFile(t, s, storyPatience); err != nil || held != 2 {
		t.Errorf("%d held, %v\n%s", held, err, told)
	}
}

// TestStoriesHaveAPlayerForEveryForm: what the parser understands the player plays, and nothing is played that cannot be
// said.
func TestStoriesHaveAPlayerForEveryForm(t *testing.T) {
	said := map[string]bool{}
	for _, f := range script.Forms() {
		said[f.Name] = true
		_, act := acts[f.Name]
		_, view := views[f.Name]
		if act == f.Expects || view != f.Expects {
			t.Errorf("%s: %q is played by an act: %t, by a view: %t", f.Name, f.Pattern, act, view)
		}
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(acts)), slices.Collect(maps.Keys(views))) {
		if !said[name] {
			t.Errorf("%s is played, and no sentence says it", name)
		}
	}
}

// TestStoriesUseEveryForm: a sentence that no story has is one that nobody knows to work.
func TestStoriesUseEveryForm(t *testing.T) {
	used := map[string]bool{}
	for _, pattern := range []string{"../../docs/stories/*.story", "testdata/stories/*.story"} {
		files, err := filepath.Glob(pattern)
		check(t, err)
		for _, file := range files {
			for _, step := range readStory(t, file).Steps {
				used[step.Form.Name] = true
			}
		}
	}
	for _, f := range script.Forms() {
		if !used[f.Name] {
			t.Errorf("no story has the sentence: %s", f.Pattern)
		}
	}
}

// before is what the stories that must fail begin with.
const before = `# A story that is not so
Given a company with planner Amy, engineers Ben and Cal and client Dot
And it is 12:00 on 24 October 2026 in Europe/London
And a customer "ACME Bakery" at "5 Mill Lane"
And Dot is from "ACME Bakery"
And a job "Oven door" at "ACME Bakery" assigned to Ben
And a job "Oven light"
When Ben's phone syncs
And Ben notes "Hinge is bent" on "Oven door"
And Amy changes the priority of "Oven door" to "urgent"
And Ben's phone syncs
`

// TestStoriesFail: every expectation can turn out not to be so, and the story then says in which line, and what was seen.
// Each of these is wrong by one word, and all of them are looked at in one play.
func TestStoriesFail(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("make test plays it")
	}
	var wrongs []string
	for _, wrong := range []string{
		`the office sees the note "Hinge was bent" by Ben on "Oven door"`,
		`the office sees the note "Hinge is bent" by Cal on "Oven door"`,
		`the office sees that the note "Hinge is bent" on "Oven door" was received 60 minutes after it was written`,
		`the office sees no notes on "Oven door"`,
		`the office sees 2 notes by Ben on "Oven door"`,
		`the office sees the priority of "Oven door" as "low"`,
		`the office sees no priority of "Oven door"`,
		`the office sees "Oven door" flagged as late_work`,
		`the office sees "Oven door" assigned to Cal`,
		`the office sees a visit of 0 minutes by Ben on "Oven door"`,
		`the office sees 1 visit by Ben on "Oven door"`,
		`the office sees that the visit of Ben on "Oven door" began 0 minutes ago`,
		`the office sees 15 minutes entered by Ben on "Oven door"`,
		`the office sees 1 time event by Ben`,
		`the office sees time of Ben flagged as skew`,
		`the office sees the shift of Ben start 0 minutes ago`,
		`the office sees the shift of Ben start at 12:00`,
		`the office sees that Ben's phone showed 12:00 at the start of the shift`,
		`the office sees 15 minutes paid to Ben`,
		`the office sees 15 minutes paid to Ben on 24 October 2026`,
		`the office sees 3 "elbow" left in "van 7"`,
		`the office sees 3 "elbow" missing in "van 7"`,
		`the office has a shortage of "elbow" in "van 7" to review`,
		`the office sees 3 "elbow" taken by Ben for "Oven door"`,
		`the office has a conflict to review on "Oven door"`,
		`the office keeps "low" by Ben as a losing priority of "Oven door"`,
		`the office holds "Hinge is bent" of Ben on "Oven door"`,
		`the office sees Cal signed in on Ben's phone`,
		`the office sees Ben signed in on Ben's phone with 3 unsent`,
		`the office sees Ben signed in nowhere`,
		`the session of Cal is still the same`,
		`the office sees Cal signed in on one phone alone`,
		`each time one phone was let in and the other asked`,
		`the first payroll file pays Ben 15 minutes`,
		`the first payroll file is the same byte for byte`,
		`the office sees Ben's phone as lost`,
		`the office sees Ben's phone as in use with 3 unsent`,
		`the office sees the rights of Ben's phone as sent`,
		`the office sees the mobile right customers of Ben as hidden`,
		`Amy is warned with ends_mobile_access`,
		`Amy is refused with not_allowed`,
		`Ben's phone shows "Oven light"`,
		`Ben's phone does not show "Oven door"`,
		`Ben's phone shows the priority of "Oven door" as "low"`,
		`Ben's phone shows the address "6 Mill Lane" for "Oven door"`,
		`Ben's phone shows the access notes "Ring twice" for "Oven door"`,
		`Ben's phone shows the words "5 Mill Lane" for "Oven door"`,
		`Ben's phone shows the task "Measure" on "Oven door"`,
		`Ben's phone shows 2 jobs`,
		`Ben's phone shows the note "Hinge was bent" on "Oven door"`,
		`Ben's phone does not show the note "Hinge is bent" on "Oven door"`,
		`Ben's phone has 1 unsent`,
		`Ben's phone has 1 waiting for the office`,
		`the outcome of "Hinge is bent" on Ben's phone is held`,
		`Ben's phone is stopped`,
		`Ben's phone is told "another"`,
		`Ben's phone tells its user "Hinge was bent"`,
		`Ben is asked about Ben's phone`,
		`Ben is not let in on Ben's phone because "first"`,
		`Ben's phone finds nothing for "Hinge"`,
		`Ben's phone was sent nothing since then`,
		`Ben's phone was sent 17 records since then`,
		`Ben's phone was sent at most 0 records since then`,
		`Ben's phone was told to forget before it was sent anything new`,
		`Ben's phone was never sent anything of "ACME Bakery"`,
		`Ben's phone was answered alike for "Oven door" and "Oven light"`,
		`Dot's portal shows "Oven light"`,
		`Dot's portal does not show "Oven door"`,
		`Dot's portal shows 2 jobs`,
		`Dot's portal shows the progress of "Oven door" as "completed"`,
		`Dot's portal shows nothing of "Mill"`,
	} {
		wrongs = append(wrongs, "And "+wrong)
	}
	s, err := script.Parse("wrong.story", []byte(before+"Then Ben's phone has 0 unsent\n"+strings.Join(wrongs, "\n")))
	check(t, err)
	p := openPlay(t, s)
	for i := range s.Steps {
		step, held := &s.Steps[i], p.checks
		err := p.step(step, i > 0 && s.Steps[i-1].Block == step.Block)
		if step.Line <= strings.Count(before, "\n")+1 {
			check(t, err)
			continue
		}
		var not *storyError
		if !errors.As(err, &not) || not.step != step || not.why != nil || p.checks != held {
			t.Errorf("%s: %v; want that it is not so", step.Text, err)
		}
	}
}

// openPlay is a story on a gateway of its own, of which nothing was played yet. It looks at what it expects twice, and waits for
// nothing: what was synced before is there.
func openPlay(t *testing.T, s *script.Story) *play {
	t.Helper()
	c := &call{stdio: stdio{strings.NewReader(""), io.Discard, io.Discard}}
	c.set.define(flag.NewFlagSet("", flag.ContinueOnError))
	dir := shortDir(t)
	clock, err := townClockOf(s)
	check(t, err)
	d, chief, err := ownGateway(t.Context(), c, dir, administrator(s), clock.now)
	check(t, err)
	t.Cleanup(func() { check(t, d.close()) })
	p := newPlay(t.Context(), s, storySettings{server: d.address, tenant: storyTenant, dir: dir, out: io.Discard, clock: clock}, chief, 1)
	t.Cleanup(func() { check(t, p.leave()) })
	return p
}

// TestStoriesEndAtRest: what was so for a moment alone, and a refusal that nobody expects, are found at the end.
func TestStoriesEndAtRest(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("make test plays it")
	}
	for _, c := range []struct{ why, text, want string }{
		{
			"a refusal that the story does not expect", "When Amy sets the mobile right create_job of Ben to on\nThen Ben's phone has 0 unsent",
			"the story does not expect it",
		},
		{"a phone that there is not", `Then Cal's phone shows "Oven door"`, "Cal has no such phone yet"},
		{"a time that has passed", "When it is 11:00 on 24 October 2026\nThen Ben's phone has 0 unsent", "it is later than that already"},
		{"a time that there is not", "When it is 01:30 on 28 March 2027\nThen Ben's phone has 0 unsent", "clocks in Europe/London never show that on 28 March 2027"},
		{"what cannot be done", "When Amy takes \"Oven light\" away from Cal\nThen Ben's phone has 0 unsent", "the job is not theirs"},
	} {
		s, err := script.Parse("wrong.story", []byte(before+c.text))
		check(t, err)
		if _, _, err := playFile(t, s, time.Second); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

// TestStoryCommands: what is wrong with a file is told before anything is played, and the verdict is the exit code.
func TestStoryCommands(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	bad, wrong := filepath.Join(dir, "bad.story"), filepath.Join(dir, "wrong.story")
	check(t, os.WriteFile(bad, []byte(before+"Then Ben nods"), 0o600))
	check(t, os.WriteFile(wrong, []byte(before+"Then Ben's phone has 1 unsent"), 0o600))
	good, so := "../../docs/stories/03-same-field.story", filepath.Join(dir, "so.story")
	check(t, os.WriteFile(so, []byte(before+"Then Ben's phone has 0 unsent"), 0o600)) // so at the first look, which needs no patience
	if out := must(t, "", "story", "forms"); !strings.Contains(out, "WHO notes TEXT on JOB [TIME]\n      a note for") || !strings.Contains(out, "PHONE  ") {
		t.Errorf("story forms:\n%s", out)
	}
	if out := must(t, "", "story", "check", good); !strings.Contains(out, "3. The same field") {
		t.Errorf("story check: %s", out)
	}
	for _, args := range [][]string{{"story", "check", bad, good}, {"story", "run", good, bad}, {"story", "run"}, {"story", "check", dir + "/none"}} {
		if out, err := cli(t, "", args...); exitCode(err) != exitUsage || strings.Contains(out, "VERDICT") {
			t.Errorf("%v: %v\n%s", args, err, out)
		}
	}
	if testing.Short() {
		return // make test plays it
	}
	out, err := cli(t, "", "story", "run", "--patience", "100ms", wrong, so)
	if exitCode(err) != exitChecks || !strings.Contains(out, "VERDICT: FAILED, 1 of 2 stories") || !strings.Contains(out, "wrong.story:12: this is not so") {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestStoryElsewhere: with --server a story is played on a gateway that runs already, in an empty company and in no other.
func TestStoryElsewhere(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("make test plays it")
	}
	s := openStage(t, nil)
	run := func(args ...string) (string, error) {
		return cli(t, "", append([]string{"story", "run", "--server", "http://" + s.address, "--key-file", filepath.Join(s.set.data, "key")}, args...)...)
	}
	use := func(text string) { check(t, os.WriteFile(filepath.Join(s.set.data, "key"), []byte(text), 0o600)) }
	use(s.clerk("acme", "amy").token)
	if out, err := run("--tenant", "acme", "../../docs/stories/03-same-field.story"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "3 people are at acme") {
		t.Fatalf("%v\n%s", err, out)
	}
	id, err := s.engine.AddTenant(t.Context(), "trial", s.operator.now())
	check(t, err)
	s.tenants["trial"] = id
	s.addUser("trial", "boss", model.Desktop, access.RoleSets(access.Admin))
	use(s.clerk("trial", "boss").token)
	if out, err := run("--tenant", "trial", "../../docs/stories/18-night-shift-and-wrong-clock.story"); exitCode(err) != exitUsage || !strings.Contains(err.Error(), "without --server") {
		t.Fatalf("a story that says what time it is: %v\n%s", err, out)
	}
	out, err := run("--tenant", "trial", "../../docs/stories/03-same-field.story")
	if err != nil || !strings.Contains(out, "VERDICT: 1 story, 9 expectations, all held") {
		t.Fatalf("%v\n%s", err, out)
	}
	if out, err := run("--tenant", "trial", "../../docs/stories/03-same-field.story"); exitCode(err) != exitUsage {
		t.Fatalf("a company that is not empty any more: %v\n%s", err, out)
	}
}
