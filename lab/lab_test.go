package lab_test

import (
	"context"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab"
)

// start opens a gateway and a lab, and waits until all three are ready.
func start(t *testing.T) (*gateway, *driver) {
	t.Helper()
	g := openGateway(t)
	d := sit(t, g, t.TempDir(), nil, lab.Terminal{})
	d.ready()
	return g, d
}

// note writes one on the chosen job of the pane in front.
func (d *driver) note(words string) {
	d.t.Helper()
	d.press("n")
	d.sees(below, "Note on ")
	d.press(words)
	d.sees(below, words)
	d.press(keyEnter)
}

// title gives the chosen job of the pane in front another one.
func (d *driver) title(words string) {
	d.t.Helper()
	d.press("e")
	d.sees(below, "Title of ")
	d.press(keyClear, words)
	d.sees(below, words)
	d.press(keyEnter)
}

// a: what is done without a network is safe on the phone, and comes to everybody when there is one.
func TestAirplane(t *testing.T) {
	_, d := start(t)
	d.press("a")
	d.sees(0, "[offline] Offline. Nothing waits to be sent", "Network airplane mode", "Gateway no connection")
	d.note("Boiler is leaking")
	d.sees(0, "Offline. 1 change saved on this phone", "Unsent 1, the oldest of", "[Saved on this phone] ", "by this phone: Boiler is leaking")
	d.sees(2, "none; n writes one")
	d.press("a")
	d.sees(0, "[ready] All you did is with the office", "Network clear", "Unsent 0", "[With the office]")
	d.sees(1, "Ben Boyle: Boiler is leaking")
	d.sees(2, "Ben Boyle: Boiler is leaking", "note of Ben Boyle on ")
}

// t: everything takes longer, and arrives once.
func TestBadTunnel(t *testing.T) {
	_, d := start(t)
	d.press("t")
	d.sees(0, "Network bad tunnel: 50ms there and back, 20% lost")
	for _, words := range []string{"one", "two", "three"} {
		d.note(words)
	}
	d.sees(2, "Ben Boyle: one", "Ben Boyle: two", "Ben Boyle: three")
	d.sees(0, "Unsent 0")
	d.press("t")
	d.sees(0, "Network clear", "Gateway connected")
}

// h: a connection that only looks like one is noticed by the phone itself.
func TestSilence(t *testing.T) {
	_, d := start(t)
	d.press("2", "h")
	d.sees(1, "Network silent")
	d.note("Nobody hears this yet")
	d.sees(1, "[offline]", "1 connection broken")
	d.press("h")
	d.sees(1, "[ready]", "Unsent 0", "[With the office]")
	d.sees(0, "Cal Craig: Nobody hears this yet")
}

// x: what was saved is there after the app was killed.
func TestKill(t *testing.T) {
	g, d := start(t)
	d.press("a")
	d.note("Before the app died")
	d.sees(0, "Unsent 1")
	d.press("x")
	d.sees(below, "killed without a word and opened again: all is there, 1 change unsent")
	d.sees(0, "Offline. 1 change saved on this phone", "[Saved on this phone]", "Before the app died")
	d.press("a")
	d.sees(0, "[ready]", "[With the office]")
	d.sees(2, "Ben Boyle: Before the app died")
	d.press("x")
	d.sees(below, "all is there, 0 changes unsent")
	d.sees(0, "[ready]", "Gateway connected")
	if n := g.tap.farewells(); n > 0 {
		t.Errorf("the killed app said goodbye to the gateway, on %d connections", n)
	}
	d.note("After it")
	d.sees(2, "Ben Boyle: After it")
}

// c: the phone's clock is wrong, and what it saves has the server's time.
func TestWrongClock(t *testing.T) {
	_, d := start(t)
	d.press("c")
	d.sees(0, "3 hours fast; the server reckons ")
	d.note("By a fast clock")
	d.sees(0, "[With the office, their time ")
	d.sees(2, "Ben Boyle: By a fast clock")
	d.press("c")
	d.sees(0, "24 hours slow")
	d.press("c")
	d.sees(0, ", right")
}

// skewed is a board on which every phone has said that its clock is wrong; the gateway keeps that once a minute only.
type skewed struct{ board }

func (b skewed) Sessions(ctx context.Context, who client.Identity) ([]lab.Session, error) {
	all, err := b.board.Sessions(ctx, who)
	for i := range all {
		all[i].Skew = -24 * time.Hour
	}
	return all, err
}

func TestBoardShowsWrongClocks(t *testing.T) {
	g := openGateway(t)
	d := sit(t, g, t.TempDir(), func(c *lab.Config) { c.Board = skewed{board{g}} }, lab.Terminal{})
	d.sees(2, "Ben Boyle, first phone: 0 unsent, seen ", "clock 24 hours slow")
}

// s, d: a second phone takes over after a question, and the first one hands in what it has.
func TestSecondSignIn(t *testing.T) {
	_, d := start(t)
	d.press("d")
	d.sees(below, "There is no other phone yet")
	d.press("a")
	d.note("Made before the takeover")
	d.sees(0, "Unsent 1")
	d.press("s")
	d.sees(below, "Ben Boyle is active on the first phone. Sign in on the spare phone instead?", "That work still comes in")
	d.press(keyEsc)
	d.sees(below, "Nothing was changed.")
	d.press("s")
	d.sees(below, "Sign in on the spare phone instead?")
	d.press(keyEnter)
	d.sees(below, "The spare phone is the one in use now")
	d.sees(0, "first phone", "Other spare phone: in use, connected, 0 unsent", "Unsent 1")
	d.sees(2, "Ben Boyle, spare phone")
	d.press("a")
	d.sees(0, "[stopped] You signed in on another phone at", "Nothing is lost", "Unsent 0", "[With the office")
	d.sees(2, "Ben Boyle: Made before the takeover")
	d.press("d")
	d.sees(0, "Ben Boyle, spare phone", "Other first phone: session over", "Made before the takeover")
	d.press("s")
	d.sees(below, "Ben Boyle is active on the spare phone. Sign in on the first phone instead?")
	d.press(keyEnter)
	d.sees(0, "[stopped] You signed in on another phone")
	d.press("d")
	d.sees(0, "Ben Boyle, first phone", "[ready]")
}

// k, i: the office ends a session; the phone says who did it, and signs in again.
func TestKick(t *testing.T) {
	_, d := start(t)
	d.press("k")
	d.sees(below, "End the session of Ben Boyle on the first phone?", "Unsent there when it was last heard: 0")
	d.press(keyEnter)
	d.sees(0, "[stopped] The office (Amy Adair) ended this session at", "Nothing is lost: all you did here is with the office", "i signs in again")
	d.sees(2, "Signed in: 2", "the session of Ben Boyle on the first phone is over")
	d.press("k")
	d.sees(below, "nobody is signed in there")
	d.note("After the end")
	d.sees(0, "Nothing is lost: 1 change saved on this phone, to go in when you sign in here again (i).")
	d.press("a", "i")
	d.sees(below, "cannot sign in on the first phone: there is no connection")
	d.press("a")
	d.sees(0, "Network clear")
	d.press("i")
	d.sees(below, "Signed in on the first phone")
	d.sees(0, "[ready]", "Gateway connected")
	d.sees(2, "Signed in: 3")
}

// k without a network: the phone learns of it when it is back, and what it had comes in all the same.
func TestKickWhileOffline(t *testing.T) {
	_, d := start(t)
	d.press("2", "a")
	d.note("From a lift shaft")
	d.sees(1, "Unsent 1")
	d.press("3", "k")
	d.sees(below, "Whose session is to end?", "> Ben Boyle, first phone", "Cal Craig, first phone")
	d.press(keyDown)
	d.sees(below, "> Cal Craig, first phone")
	d.press(keyEnter)
	d.sees(below, "End the session of Cal Craig on the first phone?")
	d.press(keyEnter)
	d.sees(2, "Signed in: 2")
	d.sees(1, "[offline]")
	d.press("2", "a")
	d.sees(1, "[stopped] The office (Amy Adair) ended this session", "Unsent 0")
	d.sees(2, "Cal Craig: From a lift shaft")
	d.press("i")
	d.sees(1, "[ready]")
}

// j: from offer to done, each step at once on the phone.
func TestSteps(t *testing.T) {
	_, d := start(t)
	for _, step := range []struct{ said, mine, office string }{
		{"accept, now accepted", "accepted", ""},
		{"travel, now travelling", "travelling", "now travelling"},
		{"start, now working", "working", "travelling, now in_progress"},
		{"done, now done", "done", ""},
	} {
		d.press("j")
		d.sees(below, step.said)
		d.sees(0, step.mine)
		d.sees(2, step.office) // before the next step, or the desk is told of both at once
	}
	d.press("j")
	d.sees(below, "there is no next step, it is done")
	d.sees(0, "Unsent 0")
}

// j without a network: the phone goes on step by step.
func TestStepsOffline(t *testing.T) {
	_, d := start(t)
	d.press("a")
	d.sees(0, "airplane mode")
	for _, mine := range []string{"accepted", "travelling", "working"} {
		d.press("j")
		d.sees(0, mine)
	}
	d.sees(0, "[Saved on this phone] start on", "[Saved on this phone] hours: work start")
	d.press("a")
	d.sees(0, "working", "Unsent 0")
	d.sees(2, "in_progress")
}

// e, r: both sides give a job another title; the office has the last word, and the value that lost.
func TestConflict(t *testing.T) {
	_, d := start(t)
	d.press("a")
	d.sees(0, "airplane mode")
	d.title("Boiler, says Ben")
	d.sees(0, "Boiler, says Ben", "Unsent 1")
	d.press("3")
	d.title("Boiler, says Amy")
	d.sees(1, "Boiler, says Amy")
	d.press("1", "a")
	d.sees(2, "To review: 1 (r)", `lost: "Boiler, says Ben", stands: "Boiler, says Amy"`)
	d.sees(0, "Boiler, says Amy", "[With the office (a newer value stands)]")
	d.press("r")
	d.sees(below, "what lost against something newer is kept")
	d.press("3", "r")
	d.sees(below, "To review", `> conflict: title of`)
	d.press(keyEnter)
	d.sees(below, "restored")
	d.sees(2, "To review: 0", "Boiler, says Ben")
	d.sees(0, "Boiler, says Ben")
	d.sees(1, "Boiler, says Ben")
}

// r, w: a conflict is put away as it is.
func TestConflictPutAway(t *testing.T) {
	_, d := start(t)
	d.press("r")
	d.sees(below, "Everything went through")
	d.press("3", "r")
	d.sees(below, "There is nothing to review")
	d.press("1", "a")
	d.sees(0, "airplane mode")
	d.title("Ben's")
	d.press("3")
	d.title("Amy's")
	d.sees(1, "Amy's")
	d.press("1", "a")
	d.sees(2, "To review: 1")
	d.press("3", "r")
	d.sees(below, "> conflict")
	d.press("w")
	d.sees(2, "To review: 0", "Amy's")
}

// r: Cal may not edit jobs. His edit waits for the office, which lets it in, or decides against it; he reads what became
// of it and puts it away.
func TestHeld(t *testing.T) {
	_, d := start(t)
	d.press("2")
	d.title("Cal's title")
	d.sees(2, "To review: 1", "held: ")
	d.sees(1, "[attention] 1 change did not simply go through", "To look at: 1 (r)", "you may not change this now")
	d.press("3", "r")
	d.sees(below, "> held")
	d.press(keyEnter)
	d.sees(0, "Cal's title")
	d.sees(2, "To review: 0")
	d.press("2")
	d.title("Another one")
	d.sees(2, "To review: 1", "held: ")
	d.press("3", "r")
	d.sees(below, "> held")
	d.press("w")
	d.sees(below, "dismissed")
	d.sees(1, "To look at: 1 (r)") // what was let in went through after all
	d.press("2", "r")
	d.sees(below, "What did not simply go through", "What you can do: ")
	d.press(keyEnter)
	d.sees(below, "Put away")
	d.sees(1, "[ready]")
}

// p: only the office sets priorities.
func TestPriority(t *testing.T) {
	_, d := start(t)
	d.press("p")
	d.sees(below, "is the office's; press 3 first")
	d.press("3", "p")
	for place := range 3 {
		d.sees(place, "P1 Look after")
	}
	d.press("p")
	d.sees(1, "P2 Look after")
}
