package lab

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"time"

	tea "charm.land/bubbletea/v2"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/lab/tunnel"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The places of the screen: the two people with phones, and the office.
const office = 2

// Messages to the screen.
type (
	phoneMsg struct { // a new picture of a phone
		person, device int
		view           *phoneView
	}
	deskMsg   struct{ view *deskView }
	sharedMsg struct { // the job that both phones have
		job  model.RecordID
		name string
	}
	saidMsg struct { // something to tell
		place int
		text  string
		bad   bool
		show  int // which phone of the place to look at from now on; 0: as before, else one more than its number
	}
	activeMsg struct { // somebody who signs in is signed in elsewhere
		place, device int
		err           *client.ActiveError
	}
)

// device is one of a place.
func (l *Lab) device(place, n int) *device {
	if place == office {
		return l.desk
	}
	return l.phones[place].devices[n]
}

// signInTime bounds a sign-in: a takeover may wait while the other phone sends what it has.
const signInTime = 45 * time.Second

// signIn signs in on a device of a place.
func (l *Lab) signIn(ctx context.Context, place, n int, takeOver string) tea.Msg {
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	d := l.device(place, n)
	err := d.signIn(ctx, takeOver)
	var active *client.ActiveError
	switch {
	case errors.As(err, &active):
		return activeMsg{place, n, active}
	case err != nil:
		return saidMsg{place: place, text: fmt.Sprintf("%s cannot sign in on the %s: %v", d.login, d.label, reason(err)), bad: true}
	case takeOver != "" && place == office:
		return saidMsg{place: place, text: "This desk is the one in use now."}
	case takeOver != "":
		return saidMsg{place: place, text: fmt.Sprintf("The %s is the one in use now; the other one hands in what it still has. d looks at the other one.", d.label)}
	}
	return saidMsg{place: place, text: "Signed in on the " + d.label + ".", show: n + 1}
}

// reason is why a sign-in failed, in a person's words.
func reason(err error) error {
	var road *url.Error
	switch {
	case !errors.As(err, &road):
		return err
	case road.Timeout():
		return errors.New("the gateway does not answer")
	}
	return errors.New("there is no connection")
}

// setWeather changes the network of a phone.
func (d *device) setWeather(place int, w tunnel.Weather) saidMsg {
	if err := d.weather(w); err != nil {
		return saidMsg{place: place, text: err.Error(), bad: true}
	}
	return saidMsg{place: place, text: "Network of the " + d.label + ": " + network(w) + "."}
}

// killed ends the app of a phone and opens it again.
func (d *device) killed(place int) saidMsg {
	before, _ := d.now().Unsent()
	if err := d.kill(); err != nil {
		return saidMsg{place: place, text: err.Error(), bad: true}
	}
	after, _ := d.now().Unsent()
	if after < before {
		return saidMsg{place: place, text: fmt.Sprintf("The app was killed, and of %d unsent only %d are there.", before, after), bad: true}
	}
	return saidMsg{place: place, text: fmt.Sprintf("The app was killed without a word and opened again: all is there, %s unsent.", counted(after, "change"))}
}

// kick ends a session in the office's name.
func (l *Lab) kick(ctx context.Context, s Session) tea.Msg {
	ctx, cancel := context.WithTimeout(ctx, signInTime)
	defer cancel()
	if err := l.cfg.Board.End(ctx, l.desk.now().Who(), s); err != nil {
		return saidMsg{place: office, text: "the session was not ended: " + err.Error(), bad: true}
	}
	l.desk.Ring()
	return saidMsg{place: office, text: plain(s.Name) + " is signed out on the " + plain(s.Label) + "; what is unsent there still comes in."}
}

// saving keeps what a person did, and says so.
func (d *device) saving(place int, what string, drafts ...client.Draft) saidMsg {
	if err := d.save(drafts...); err != nil {
		return saidMsg{place: place, text: what + " was not saved: " + err.Error(), bad: true}
	}
	if place == office {
		return saidMsg{place: place, text: what + " is saved."}
	}
	return saidMsg{place: place, text: what + ": " + savedHere + "."}
}

// step does what comes next on a job.
func (d *device) step(place int, job model.RecordID) saidMsg {
	var next struct{ kind, then string }
	var name string
	err := d.use(func(c *client.Client) error {
		r, ok, err := c.Show(job)
		if err != nil || !ok {
			return or2(err, errors.New("the job is not on this phone"))
		}
		name = jobName(r)
		state, err := standing(c, job, c.Who().User)
		if err != nil {
			return err
		}
		if next, ok = steps[state]; !ok {
			return fmt.Errorf("there is no next step, it is %s", or(state, "not yours"))
		}
		_, err = c.Save(visit(r, next.kind, c.Who().Kind)...)
		return err
	})
	if err != nil {
		return saidMsg{place: place, text: "next step: " + err.Error(), bad: true}
	}
	return saidMsg{place: place, text: fmt.Sprintf("%s: %s, now %s. %s.", name, next.kind, next.then, savedHere)}
}

func or2(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// decide is what the office does with an item of review: restore what lost, let in what was held, put away, dismiss.
func (l *Lab) decide(ctx context.Context, v itemView, yes bool) tea.Msg {
	ctx, cancel := context.WithTimeout(ctx, boardTime)
	defer cancel()
	d := l.desk
	var err error
	var done string
	switch {
	case v.held && yes:
		done, err = "let in", l.cfg.Board.Release(ctx, d.now().Who(), v.change)
	case v.held:
		done, err = "dismissed", l.cfg.Board.Dismiss(ctx, d.now().Who(), v.change)
	case yes && v.restore:
		done, err = "restored", d.use(func(c *client.Client) error { return restore(c, v.id) })
	case yes:
		err = errNothingLost
	default:
		done, err = "put away", d.use(func(c *client.Client) error {
			r, ok, err := c.Show(v.id)
			if err != nil || !ok {
				return or2(err, errors.New("somebody has put it away already"))
			}
			_, err = c.Save(resolved(r))
			return err
		})
	}
	if err != nil {
		return saidMsg{place: office, text: v.what + ": " + err.Error(), bad: true}
	}
	d.Ring()
	return saidMsg{place: office, text: v.what + ": " + done + "."}
}

// putAway takes a trouble off a phone's list: its person has seen it.
func (d *device) putAway(place int, t troubleView) saidMsg {
	if err := d.use(func(c *client.Client) error { return c.CloseProblem(t.id) }); err != nil {
		return saidMsg{place: place, text: err.Error(), bad: true}
	}
	return saidMsg{place: place, text: "Put away: " + t.what + "."}
}
