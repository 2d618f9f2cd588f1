//go:build plant

package engine_test

import (
	"testing"

	"github.com/fieldsync/fieldsync/storage/memstore"
	"github.com/fieldsync/fieldsync/sync/engine"
)

// TestPlantedRequests: the ledger finds every planted bug of the API's requests.
func TestPlantedRequests(t *testing.T) {
	for _, bug := range []string{"stale-accepted", "print-ignored", "unit-split", "rehearsal-kept", "request-forgotten"} {
		engine.Plant = func(name string) bool { return name == bug }
		found := ""
		for seed := uint64(1); seed <= 20 && found == ""; seed++ {
			found = playRequests(t, seed)
		}
		engine.Plant = nil
		if found == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, found)
	}
}

// TestPlantedOffice: the directed tests of the office's side find theirs.
func TestPlantedOffice(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"feed-of-another-life": livesOfTheStore, "held-of-everybody": heldHours, "feed-of-everybody": historyProjected, "feed-unprojected": historyProjected, "orphans-told": deletionTold,
		"closed-partner-enters": closedCompany, "closed-partner-stays": closedCompany, "unlinked-session-lives": unlinked,
		"view-as-wider": viewAsNoWider, "peers-by-anybody": assignsAnybody, "caller-unfenced": endedCallers, "end-tells-one": endingAll, "rehearsed-end-ends": keptEnd,
		"wipe-called-off-late": calledOff, "wipe-of-one-user": wipedEach,
		"audit-without-origin": auditedFrom, "expiry-is-a-person": func(*testing.T) string { return endsByPerson() },
		"numbers-lost": numbersKept, "history-replaced": historyShared,
	})
}

// TestPlantedAudit: the directed tests of reading the audit, and of what it says, find theirs.
func TestPlantedAudit(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"audit-read-unnoted": readAudit, "audit-cursor-of-any-question": auditReaders, "takeover-unaudited": sessionsAudited,
		"decided-by-nobody": sessionsAudited, "settings-unaudited": sessionsAudited,
		"quota-ignored": handInQuota, "repeats-counted": handInQuota,
	})
}

// TestPlantedWindows: the directed tests of windows find theirs.
func TestPlantedWindows(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"window-forbids": notCarried,
		"away-unnoticed": givenOutOfTime,
		"turn-unbounded": func(t *testing.T) string { return bounded(t, memstore.New(1<<32), 1000) },
	})
}

// TestPlantedTaps: the directed test of taps of one moment finds theirs.
func TestPlantedTaps(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"taps-unordered": taps})
}

// TestPlantedOffers: the directed tests of offers find theirs.
func TestPlantedOffers(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"expiry-beats-acceptance": lateAcceptance, "expiry-waits-for-nobody": waitedFor, "lapse-of-fixed-size": bigOffers, "offers-lapse-unseen": unseenOffer})
}

// TestPlantedTransitions: the directed tests of single transitions find theirs.
func TestPlantedTransitions(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"undone-after-done": takenBack, "clients-write": clientWrites, "removed-by-anybody": deletesJob})
}

// TestPlantedLevels: the directed tests of levels find theirs.
func TestPlantedLevels(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"disabled-stays": disabling, "facts-go-with-the-access": factsOfBefore, "widened-unasked": widening, "last-admin-lost": lastAdmin, "admin-without-password": adminOnPaper, "more-than-they-have": reaching,
		"features-without-levels": switched, "list-unbounded": listed, "anybody-listed": listed, "rights-regain-nothing": regained,
	})
}

// TestPlantedRights: that of what is asked in the commit finds each group that is not.
func TestPlantedRights(t *testing.T) {
	checks := map[string]func(*testing.T) string{}
	for _, group := range []string{"keys", "hooks", "marks", "ends", "people", "passwords"} {
		checks[group+"-unfenced"] = unfenced(group)
	}
	finds(t, checks)
}

// TestPlantedConfirmations: those of what a device has confirmed, what it held, and what is asked before.
func TestPlantedConfirmations(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"only-unsent-is-news": reportNews, "jitter-is-news": reportNews,
		"confirmed-whatever-the-checkpoint": confirming, "change-unnoted": confirming, "any-page-is-the-purge": confirming,
		"threshold-ignored": asking, "settings-by-anybody": governing, "exposure-forgets-exits": exposes, "latest-interval-only": exposes,
		"exposure-to-everybody": exposureProjected, "exposure-ignores-horizon": oldExposure,
		"turn-is-a-change-of-rights": turnNoted, "exposure-forgets-views": exposedBetween, "exposure-ends-with-the-first-session": exposedAgain,
	})
}

// TestPlantedTickets: those of tickets.
func TestPlantedTickets(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"tickets-twice": spentOnce, "tickets-for-ever": expiring, "older-links-good": newestLink, "tickets-outlive-passwords": newestLink,
		"tickets-by-anybody": managedTickets, "older-password-enters": olderPassword,
	})
	finds(t, map[string]func(*testing.T) string{"tickets-twice": connectsOnce, "tickets-for-ever": connectsOnce})
}

// TestPlantedLeavers: those of people who leave and come back, and of links that are spent.
func TestPlantedLeavers(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"removed-session-lives": leaver, "removed-applied": leaver, "leavers-offered": toldWhoLeft, "fate-of-the-reason": fateTold, "password-outlives-removal": comesBack,
		"leavers-unfenced": removers, "leavers-assigned": givenToLeaver, "work-of-the-meantime": givenMeanwhile,
		"links-twice": newestLink, "rest-forgotten": bigLeaver, "author-replaced": replaced, "late-done-overrides": replacedAndBack,
	})
}

// TestPlantedHeld: a device that learns of another's held work is found.
func TestPlantedHeld(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"held-of-others": waiting})
}

// TestPlantedDecisions: the table of (d) finds theirs.
func TestPlantedDecisions(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"late-done-overrides": decisionTable, "unseen-unflagged": decisionTable})
}

// TestPlantedReviews: those of what waits for a person.
func TestPlantedReviews(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"fold-drops-content": flapping, "claims-fold-unread": claimsRead, "restored-without-right": restoresByRight, "ruled-without-level": ruledByLevel,
		"hidden-counted": inboxProjected, "alike-unnoticed": alike, "typed-unnoticed": typed, "item-not-indexed": inboxIndexed, "history-unchained": historyChained, "closed-over-held": closedOver, "close-tells-hidden": closedUnaware, "author-untold": authorTold, "told-of-the-latest": toldWhatStands, "alarm-tells-the-first": alarmed, "second-decided-again": secondDecided, "second-outlives-first": outlived, "held-put-away": putAway, "verdicts-to-every-desk": verdictProjected,
		"corrections-dropped": heldCorrected, "said-is-forgotten": heldCorrected, "decided-untold": heldCorrected, "corrected-without-right": correctsByRight,
	})
}

// TestPlantedStock: those of what is left of parts.
func TestPlantedStock(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"negative-unflagged": negativeStock, "negative-for-ever": negativeStock, "count-forgets-later": stockInAnyOrder, "leak-stock": stockProjected,
	})
}

// TestPlantedRetention: those of what is kept of hours, and of where people were.
func TestPlantedRetention(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"hours-for-ever": hoursKept, "hours-by-their-clock": hoursKept, "sheets-cut": sheetUncut, "places-of-home": places})
}

// TestPlantedMerges: those of customers who are another one.
func TestPlantedMerges(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"alias-told": oldName, "alias-unnoticed": oldName, "alias-forgotten": mergedCustomer, "merge-is-a-link": mergedCustomer, "merged-over-people": mergedOverPeople, "people-told": mergedOverPeople,
		"old-names-deleted": oldStays, "assets-left-behind": largeSite, "moves-unseen": losesToMove, "folded-unasked": fourOfOneName,
	})
}

// TestPlantedContent: those of notes, files and forms.
func TestPlantedContent(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{
		"last-upload-wins": func(t *testing.T) string { return climbing(t, []int64{3, 2, 1}) },
		"rights-unchanged": customRights, "options-forgotten": customRights, "hidden-by-rights-alone": customRights, "fields-become-others": fieldStays, "retired-wanted": retiredField, "unseen-unflagged": wantedField,
		"photos-twice": samePhoto, "twin-deleted": cameAgain, "captions-of-nothing": captioned, "files-unkept": keptFiles, "directory-untold": directoryEdits, "read-tomorrow": addressees, "revises-anything": func(t *testing.T) string { return revisedNotes(t) + amendedForms(t) },
	})
}

// TestPlantedSlots: those of whom a second device meets.
func TestPlantedSlots(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"refused-is-let-in": refusing, "slots-without-kind": sideBySide, "any-kind-enters": kindAskedFor, "last-admin-unguarded": lastSession})
}

// TestPlantedLapses: those of the ends that time makes.
func TestPlantedLapses(t *testing.T) {
	finds(t, map[string]func(*testing.T) string{"tokens-for-ever": tokensExpire, "expiry-is-a-person": tokensExpire, "unlocked-desk": unlockedDesk, "identity-renews-the-token": renewed})
}

// finds plants each bug, and wants its check to say what is wrong.
func finds(t *testing.T, checks map[string]func(*testing.T) string) {
	t.Helper()
	for bug, check := range checks {
		engine.Plant = func(name string) bool { return name == bug }
		wrong := check(t)
		engine.Plant = nil
		if wrong == "" {
			t.Errorf("%s was not found", bug)
		}
		t.Logf("%s: %s", bug, wrong)
	}
}

// TestPlantedSearches: the directed and random tests of searching find theirs.
func TestPlantedSearches(t *testing.T) {
	random := func(t *testing.T) string { return searches(t, 1) }
	finds(t, map[string]func(*testing.T) string{
		"leak-search-hidden-field": hiddenField, "leak-search-unseen": hiddenFinds, "leak-search-counted": hiddenFinds, "search-stale": random,
	})
}

// TestPlantedHours: the random histories of I8 find what loses hours, and the directed tests what pays or shows them wrongly.
func TestPlantedHours(t *testing.T) {
	random := func(t *testing.T) (wrong string) {
		for seed := uint64(1); seed <= 5 && wrong == ""; seed++ {
			wrong = playHours(t, seed)
		}
		return wrong
	}
	finds(t, map[string]func(*testing.T) string{
		"offset-of-another-connection": offsetOfNow,
		"cancel-clears-times":          random, "overlap-deletes": random, "clock-wins": random, "latecomers-forgotten": random,
		"adjustments-forgotten": lockedWeek, "subcontractors-paid": unpaidSubcontractor, "corrects-anybody": correctsOthers, "hours-of-everybody": seesHours,
	})
}
