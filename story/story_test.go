package story_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/story"
)

// beginning is enough of a story for any sentence to follow.
const beginning = `# A story
Given a company with an administrator Olga, planner Amy, engineers Ben and Cal and a subcontractor Sue
And a customer "ACME" at "5 Mill Lane"
And an own field boiler pressure of jobs
And a job "Boiler" at "ACME" assigned to Ben
`

func parse(t *testing.T, lines string) *story.Story {
	t.Helper()
	s, err := story.Parse("test.story", []byte(beginning+lines))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAStoryIsUnderstood(t *testing.T) {
	s := parse(t, `
# a remark
When Ben on the second phone completes "Boiler", because "it was, \ at last", 90 minutes ago.
And Amy changes the credit limit of “ACME” to "12.50"
Then the office sees three notes by Ben on "Boiler"
But Ben's phone has nothing unsent
`)
	if s.Title != "A story" || len(s.Steps) != 8 {
		t.Fatalf("title %q, %d steps", s.Title, len(s.Steps))
	}
	people := s.Steps[0].Arg(story.People, 0).People
	if want := []story.Member{{"Olga", "administrator"}, {"Amy", "planner"}, {"Ben", "engineer"}, {"Cal", "engineer"}, {"Sue", "subcontractor"}}; !slices.Equal(people, want) {
		t.Errorf("people %v", people)
	}
	done := s.Steps[4]
	hand, when := done.Arg(story.Hand, 0), done.Arg(story.Time, 0)
	if done.Form.Name != "visit" || hand.Person != "Ben" || hand.Number != 2 || done.Arg(story.Choice, 0).Text != "completes" ||
		done.Arg(story.Text, 0).Text != `it was, \ at last` || when.Ago != 90*time.Minute || done.Line != 8 || done.Block != 2 {
		t.Errorf("%+v", done)
	}
	if got := s.Steps[5].Arg(story.Field, 0).Text; got != "credit_limit" {
		t.Errorf("field %q", got)
	}
	if s.Steps[6].Arg(story.Number, 0).Number != 3 || s.Steps[7].Arg(story.Number, 0).Number != 0 || !s.Steps[7].Expects() || s.Steps[7].Keyword != "But" {
		t.Errorf("%+v %+v", s.Steps[6], s.Steps[7])
	}
	if s.Steps[7].Has(story.Time, 0) || !done.Has(story.Time, 0) {
		t.Error("what is left out is there, or the other way round")
	}
}

// samples is a word for each slot.
var samples = strings.NewReplacer(
	"PEOPLE", "planner Amy", "PERSON", "Olga", "WHO", "Ben", "PHONE", "Ben's phone", "PORTAL", "Dot's portal", "NTH", "second", "JOB", `"Boiler"`, "CUSTOMER", `"ACME"`,
	"RECORD", `"Boiler"`, "FIELD", "description", "TEXT", `"some text"`, "NUMBER", "3", "TIME", "2 hours ago", "CLOCK", "22:00", "DAY", "24 October 2026", "WORD", "on",
)

// written are the ways to write a pattern: with all and without what may be left out, with the first and the last alternative.
func written(pattern string) (out []string) {
	all := pattern
	bare := pattern
	for {
		from, to := strings.IndexByte(bare, '['), strings.IndexByte(bare, ']')
		if from < 0 {
			break
		}
		bare = bare[:from] + bare[to+1:]
	}
	all = strings.NewReplacer("[", "", "]", "").Replace(all)
	for _, p := range []string{all, bare} {
		for _, last := range []bool{false, true} {
			text := p
			for {
				from, to := strings.IndexByte(text, '('), strings.IndexByte(text, ')')
				if from < 0 {
					break
				}
				choices := strings.Split(text[from+1:to], "|")
				choice := choices[0]
				if last {
					choice = choices[len(choices)-1]
				}
				text = text[:from] + choice + text[to+1:]
			}
			out = append(out, samples.Replace(text))
		}
	}
	return out
}

// TestEveryFormIsItsOwn: what is written by a form's pattern is that form, whatever other forms there are.
func TestEveryFormIsItsOwn(t *testing.T) {
	names := map[string]bool{}
	for _, f := range story.Forms() {
		if names[f.Name] || f.Help == "" || strings.HasSuffix(f.Help, ".") {
			t.Errorf("form %q has no name of its own, or its help is not one line without a full stop: %q", f.Name, f.Help)
		}
		names[f.Name] = true
		for _, text := range written(f.Pattern) {
			word := "When "
			if f.Expects {
				word = "Then "
			}
			if got := story.Recognised(text); got != f.Name {
				t.Errorf("%s%s is a sentence of %q, want %q", word, text, got, f.Name)
			}
		}
	}
	for _, s := range story.Slots {
		if !slices.ContainsFunc(story.Forms(), func(f *story.Form) bool { return strings.Contains(f.Pattern, string(s.Slot)) }) {
			t.Errorf("no form has the slot %s", s.Slot)
		}
	}
}

// TestFaultsAreTold: with the line, what is wrong, why, and what may have been meant.
func TestFaultsAreTold(t *testing.T) {
	for _, c := range []struct {
		why, text string
		line      int
		want      []string
	}{
		{"a sentence that there is not, with the nearest", `When Ben nods "Valve" on "Boiler"`, 6, []string{"no sentence of a story", "WHO notes TEXT on JOB"}},
		{"a word that is spelt wrongly", `When Ben's phone sinks`, 6, []string{"no sentence", "PHONE syncs"}},
		{"a person that there is not, nearly spelt", `When Bne notes "x" on "Boiler"`, 6, []string{"nobody is called Bne", "Did you mean Ben?"}},
		{"a job that there is not", `When Ben notes "x" on "Boilers"`, 6, []string{`there is no job "Boilers"`, "Did you mean Boiler?"}},
		{"a customer is no job", `When Ben notes "x" on "ACME"`, 6, []string{`there is no job "ACME"`}},
		{"a field that there is not", `When Ben changes descriptn of "Boiler" to "x"`, 6, []string{"jobs have no field descriptn", "Did you mean description?"}},
		{"a field of another record", `When Ben changes priority of "ACME" to "x"`, 6, []string{"customers have no field priority"}},
		{"an expectation cannot be made to happen", `When Ben's phone has 0 unsent`, 6, []string{"is what must be so", "under Then"}},
		{"what happens cannot be expected", "Then Ben's phone syncs", 6, []string{"is what happens", "under Given or When"}},
		{"And continues an expectation", "Then Ben's phone shows \"Boiler\"\nAnd Ben's phone syncs", 7, []string{"is what happens"}},
		{"no keyword", `Ben notes "x" on "Boiler"`, 6, []string{`"Ben" begins no sentence`}},
		{"an open quotation mark", `When Ben notes "x on Boiler`, 6, []string{"quotation mark"}},
		{"the field does not cancel", `When Ben cancels "Boiler"`, 6, []string{"Ben is an engineer", "in the office"}},
		{"the office does not travel", `When Amy travels to "Boiler"`, 6, []string{"Amy is a planner", "in the field"}},
		{"the office has no phone", `Then Amy's phone shows "Boiler"`, 6, []string{"Amy has no phone"}},
		{"a clock, when nobody said what time it is", `When it is 22:00`, 6, []string{"not said what time it is", "in Europe/London"}},
		{"a day that there is not", `When it is 22:00 on 31 June 2026 in Europe/London`, 6, []string{"no sentence", "it is CLOCK"}},
		{"the office has no portal", `Then Amy's portal shows "Boiler"`, 6, []string{"Amy has no portal", "for clients"}},
		{"an engineer is nobody's client", `Given Ben is from "ACME"`, 6, []string{"Ben is an engineer", "from another company"}},
		{"a second company", `Given a company with planner Eve`, 6, []string{"there is a company already"}},
		{"a record that there is already", `Given a customer "Boiler" at "x"`, 6, []string{`there is a "Boiler" already`}},
		{"a field that jobs have", `Given an own field priority of jobs`, 6, []string{"jobs have a field priority already"}},
		{"nothing is expected", `When Ben signs in`, 6, []string{"the story expects nothing"}},
		{"too long", "When " + strings.Repeat("x", story.MaxLine), 6, []string{"too long"}},
		{"no UTF-8", "When \xff", 6, []string{"UTF-8"}},
	} {
		_, err := story.Parse("bad.story", []byte(beginning+c.text))
		var first *story.Error
		if !errors.As(err, &first) || first.Line != c.line || !strings.HasPrefix(first.Error(), "bad.story:") {
			t.Errorf("%s: %v, want a fault in line %d", c.why, err, c.line)
			continue
		}
		for _, w := range c.want {
			if !strings.Contains(err.Error(), w) {
				t.Errorf("%s: %v\nlacks %q", c.why, err, w)
			}
		}
	}
	for _, c := range []struct{ why, text, want string }{
		{"no title", "Given a company with planner Amy and engineer Ben\nWhen Ben signs in\nThen Ben's phone has 0 unsent", "no title"},
		{"no company", "# T\nGiven a job \"x\"", "no company yet"},
		{"And begins nothing", "# T\nAnd a company with planner Amy", "continues nothing"},
		{"nobody in the office", "# T\nGiven a company with engineer Ben", "in the office"},
		{"two of a name", "# T\nGiven a company with planner Amy and engineer Amy", "two people"},
		{"a role without a name", "# T\nGiven a company with planner and engineer Ben", "no sentence"},
		{"nothing at all", "", "no title"},
	} {
		if _, err := story.Parse("bad.story", []byte(c.text)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.why, err, c.want)
		}
	}
}

// TestAllFaultsAreTold at once, each with its own line.
func TestAllFaultsAreTold(t *testing.T) {
	_, err := story.Parse("bad.story", []byte(beginning+"When nothing happens\nAnd nobody cares\nThen who knows"))
	for _, want := range []string{"bad.story:6:", "bad.story:7:", "bad.story:8:"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v\nlacks %s", err, want)
		}
	}
}

// TestTheStoriesAreUnderstood: all that are in the repository.
func TestTheStoriesAreUnderstood(t *testing.T) {
	files, err := filepath.Glob("../docs/stories/*.story")
	if err != nil || len(files) == 0 {
		t.Fatal("there are no stories", err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := story.Parse(f, text); err != nil {
			t.Error(err)
		}
	}
}

// FuzzParse: no story makes the reader panic, and what it understands says so again.
func FuzzParse(f *testing.F) {
	f.Add(beginning + "When Ben signs in\nThen Ben's phone has 0 unsent")
	f.Add("# x\nGiven a company with planner Amy\nWhen Amy changes the description of \"x\" to \"y\" 3 hours ago.")
	for _, form := range story.Forms() {
		for _, text := range written(form.Pattern) {
			f.Add(beginning + "When " + text + "\nThen " + text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		s, err := story.Parse("fuzz.story", []byte(text))
		if err != nil {
			var fault *story.Error
			if !errors.As(err, &fault) || fault.Line < 1 || fault.What == "" || fault.Why == "" {
				t.Fatalf("%#v", err)
			}
			return
		}
		expects := false
		for i := range s.Steps {
			expects = expects || s.Steps[i].Expects()
		}
		if s.Title == "" || !expects || s.Steps[0].Form.Name != "company" {
			t.Fatalf("%+v", s)
		}
	})
}
