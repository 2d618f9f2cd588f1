//go:build plant

package worlds

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/simtest/history"
)

// leaks is one planted leak for each channel that today's parts can open, by its rule in domain b.4.
var leaks = []struct{ rule, name, what string }{
	{"S1", "leak-duplicate-warned", "a creation is answered otherwise when a customer has the name that was typed"},
	{"S2", "leak-hidden-told", "an edit of what is hidden is answered like a lack of rights"},
	{"S2", "leak-deleted-told", "a deletion of what was deleted is answered otherwise than of what never was"},
	{"S2", "leak-parent-told", "what is made below a hidden record is answered like a lack of rights"},
	{"S2", "leak-lost-told", "work on a job that was taken away is answered by what became of the job since"},
	{"S2", "leak-reference-looked-up", "a reference is looked up before it is refused"},
	{"S2", "leak-holdings-known", "a phone that lists what it holds learns which ids there are"},
	{"S3", "leak-cursor-grows", "a cursor is longer the more the company has done"},
	{"S4", "leak-numbers-counted", "jobs are numbered one by one"},
	{"S5", "leak-hidden-counted", "hidden fields fill pages"},
	{"S5", "leak-search-counted", "a search says that there are more, of what only others see"},
	{"S6", "leak-store-name", "the name of the store is made of the last commit's number"},
	{"S6", "leak-token-counted", "the connection token is the commit's number"},
	{"S7", "leak-hidden-change-sent", "a hidden field changes, and the record is sent again"},
	{"S7", "leak-page-for-nothing", "any commit makes a page"},
	{"S7", "leak-poke", "any commit pokes"},
	{"S7", "leak-pace", "a hidden commit delays the next page"},
	{"S8", "leak-conflict-by-record", "a change of a hidden field makes a conflict"},
	{"S8", "leak-reviews", "conflicts, with the values that lost, and what is held are shown to everybody"},
	{"S8", "leak-search-hidden-field", "a record is found by words of fields that are not shown"},
	{"S9", "leak-order-number", "a job shows the customer's fields"},
	{"S9", "leak-definitions", "fields of the customer are described to everybody"},
	{"S10", "leak-internal-notes", "notes go to everybody on the job, whatever their label"},
	{"S11", "leak-files", "files that show who the customer is go to everybody on the job"},
	{"S12", "leak-site-history", "whoever works for a customer sees the customer's other jobs"},
	{"S15", "leak-people", "everybody is shown everybody"},
	{"S16", "leak-deletions-told", "deletions are told to everybody"},
	{"S18", "leak-log", "changes are logged"},
	{"S19", "leak-hours", "everybody's hours are shown to everybody"},
	{"S20", "leak-lost-job", "a job that was taken away stays"},
	{"V11", "leak-search-unseen", "words are looked for before projection, and what is found is only then projected"},
	{"S20", "leak-rights-remembered", "rights are remembered as they were"},
	{"H1", "leak-directory", "customers are sent to everybody"},
	{"H3", "leak-contacts", "whom to ask for at a site is sent whatever the setting says"},
	{"b.2", "leak-prices", "prices are sent to whoever has the job"},
	{"b.2", "leak-stock", "what is left of parts is shown to everybody"},
	{"H1", "alias-told", "a job that names a customer who is another one comes back with that one, whoever named it"},
	{"H4", "leak-link-echoed", "the office links a customer, and the worker's copy takes the name"},
}

// tries is how many pairs may be played to find a leak. The rarest is found in one of about 40, so that one that is there
// is missed less than once in 10¹⁰ runs.
const tries = 1000

// TestPlantedLeaks: every planted leak is found, or the machine has gone blind.
func TestPlantedLeaks(t *testing.T) {
	found := 0
	for _, leak := range leaks {
		t.Run(leak.name, func(t *testing.T) {
			on := func(name string) bool { return name == leak.name }
			engine.Plant, session.Plant = on, on
			defer func() { engine.Plant, session.Plant = nil, nil }()
			for seed := *first; seed < *first+tries; seed++ {
				if f := play(t, seed, history.Of(seed, *steps), 0, newStats()); f != nil {
					if f.Kind == "panic" || f.Kind == "error" {
						t.Fatalf("the world broke down, which finds no leak: %v", f)
					}
					found++
					report = append(report, fmt.Sprintf("  %-4s %s: found in pair %d, by its %s", leak.rule, leak.what, seed-*first+1, f.Kind))
					return
				}
			}
			t.Errorf("%s %s: not found in %d pairs", leak.rule, leak.what, tries)
		})
	}
	report = append(report, fmt.Sprintf("%d of %d planted leaks found", found, len(leaks)))
}
