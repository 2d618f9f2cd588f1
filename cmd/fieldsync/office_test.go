package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestReasonsAreToldToWhoReadsThem: what the office reads of Ben's change does not speak to Ben.
func TestReasonsAreToldToWhoReadsThem(t *testing.T) {
	for r := range model.Reason(1000) {
		words := strings.Fields(strings.ToLower(whyTheirs(r)))
		if slices.ContainsFunc(words, func(w string) bool { return w == "you" || w == "your" || w == "yours" }) {
			t.Errorf("the office is told of reason %d: %q", r, whyTheirs(r))
		}
		if (whyTheirs(r) == "") != (replica.Why(r) == "") {
			t.Errorf("reason %d is told to one reader alone", r)
		}
	}
	if got := whyTheirs(model.ReasonRight); got != "they may not change this now" {
		t.Errorf("the office is told %q", got)
	}
	if got := whyTheirs(model.ReasonLater); got != replica.Why(model.ReasonLater) {
		t.Errorf("what speaks to nobody is %q to the office", got)
	}
}

// TestOneOfACollection is called in words.
func TestOneOfACollection(t *testing.T) {
	for c, want := range map[model.Collection]string{
		model.VisitEvents: "visit event", model.Jobs: "job", model.JobCards: "job card",
	} {
		spec, _ := builtin().Spec(c)
		if got := recordOf(spec); got != want {
			t.Errorf("one of %s is called %q, want %q", spec.Name, got, want)
		}
	}
}
