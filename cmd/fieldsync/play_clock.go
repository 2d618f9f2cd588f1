package main

import (
	"errors"
	"fmt"
	"math"
	"net/http"
	"net/url"
	"sync"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// What time it is in a story, and what is said of it.

// townClock is the time of a story that says what time it is: its gateway and its phones go by it. It never goes back.
type townClock struct {
	mu    sync.Mutex     // guards the fields below
	ahead time.Duration  // of the system's
	zone  *time.Location // where the story is
}

// townClockOf is the clock of a story on a gateway of its own, which begins when the story first says what time it is.
func townClockOf(s *script.Story) (*townClock, error) {
	c := &townClock{zone: time.Local}
	for i := range s.Steps {
		if step := &s.Steps[i]; step.Form.Name == "time" {
			return c, c.set(step)
		}
	}
	return c, nil
}

// isTimed says whether a story says what time it is.
func isTimed(s *script.Story) bool {
	for i := range s.Steps {
		if s.Steps[i].Form.Name == "time" {
			return true
		}
	}
	return false
}

func (c *townClock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return time.Now().Add(c.ahead).In(c.zone)
}

// set goes to the time of a sentence.
func (c *townClock) set(s *script.Step) error {
	zone := c.now().Location()
	if name := s.Arg(script.Word, 0).Text; name != "" {
		var err error
		if zone, err = time.LoadLocation(name); err != nil {
			return fmt.Errorf("there is no zone %s; name it as Europe/London", name)
		}
	}
	at, err := comes(c.now().In(zone), s.Arg(script.Day, 0).Text, s.Arg(script.Clock, 0).Number)
	if err != nil {
		return err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.zone, c.ahead = zone, time.Until(at)
	return nil
}

// comes is when clocks show so many minutes after midnight: on a day, or at the next time after now. Where they show it twice it is
// the first one.
func comes(now time.Time, day string, minutes int) (time.Time, error) {
	on := now
	if day != "" {
		var err error
		if on, err = time.ParseInLocation(time.DateOnly, day, now.Location()); err != nil {
			return on, err
		}
	}
	at := time.Date(on.Year(), on.Month(), on.Day(), minutes/60, minutes%60, 0, 0, now.Location())
	if day == "" && at.Before(now) {
		at = time.Date(on.Year(), on.Month(), on.Day()+1, minutes/60, minutes%60, 0, 0, now.Location())
	}
	if at.Hour()*60+at.Minute() != minutes {
		return at, fmt.Errorf("clocks in %s never show that on %s", now.Location(), at.Format("2 January 2006"))
	}
	return at, nil
}

// now is what time it is in the story.
func (p *play) now() time.Time {
	if p.clock == nil {
		return time.Now()
	}
	return p.clock.now()
}

// since is how long ago something was.
func (p *play) since(at time.Time) time.Duration { return p.now().Sub(at) }

// tellsTime moves the clock of the gateway and of all phones. What a story began with may be some seconds ago already.
func (p *play) tellsTime(s *script.Step) (string, error) {
	if p.clock == nil {
		return "", errors.New("a gateway elsewhere keeps its own time; play this story without --server")
	}
	was := p.now()
	at := &townClock{ahead: p.clock.ahead, zone: p.clock.zone}
	if err := at.set(s); err != nil {
		return "", err
	}
	switch early := was.Sub(at.now()); {
	case early > time.Minute:
		return "", fmt.Errorf("it is later than that already: %s", was.In(at.zone).Format(clockLayout))
	case early > 0:
		p.clock.move(p.clock.ahead, at.zone)
	default:
		p.clock.move(at.ahead, at.zone)
	}
	return p.now().Format(clockLayout), nil
}

// clockLayout is a moment with its offset, since some times are there twice (E6).
const clockLayout = "Mon 2 Jan 2006 15:04 -07:00"

func (c *townClock) move(ahead time.Duration, zone *time.Location) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ahead, c.zone = ahead, zone
}

// systemClock is the clock of a phone that is started now, and goes as the story's does.
func (p *play) systemClock() func() device.Moment {
	system := device.SystemClock()
	if p.clock == nil {
		return system
	}
	started := p.clock.lead()
	return func() device.Moment {
		m, now := system(), p.clock.now()
		_, offset := now.Zone()
		m.Wall, m.Offset, m.Zone = model.Instant(now.UnixMilli()), offset/60, now.Location().String()
		m.Mono += (p.clock.lead() - started).Milliseconds()
		return m
	}
}

func (c *townClock) lead() time.Duration {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ahead
}

// onClock is what the clock of a phone shows.
func (p *play) onClock(m *mobile) string {
	return time.UnixMilli(int64(m.clock.moment().Wall)).In(p.now().Location()).Format(clockLayout)
}

// payZone sets the zone in which the days of somebody's hours begin and end.
func (p *play) payZone(s *script.Step) (string, error) {
	who := operation{Op: "update", Collection: "people", ID: p.members[s.Arg(script.Person, 0).Person].id.String(), Fields: doc{"zone": s.Arg(script.Word, 0).Text}}
	_, err := p.bulk(p.chief, false, who)
	return "", err
}

// sheetOf is the timesheet of the sentence's person for the days around now.
func (p *play) sheetOf(s *script.Step) (out api.Timesheet, err error) {
	_, by := p.ofWho(s)
	days := p.payDays()
	ask := url.Values{"from": {days.From}, "to": {days.To}, "worker": {by}}
	var all api.Items[api.Timesheet]
	if err := p.chief.Do(p.ctx, http.MethodGet, office.Path("timesheets")+"?"+ask.Encode(), nil, &all); err != nil {
		return out, err
	}
	if len(all.Items) != 1 {
		return out, fmt.Errorf("%s; want one", counted(len(all.Items), "timesheet"))
	}
	return all.Items[0], nil
}

// widest is how uncertain hours may be, at most, to count as known.
const widest = 5 * time.Minute

func (p *play) officePaid(s *script.Step) (string, bool, error) {
	sheet, err := p.sheetOf(s)
	if err != nil {
		return "", false, err
	}
	paid, day := sheet.Paid, s.Arg(script.Day, 0).Text
	if day != "" {
		paid = 0
	}
	for _, d := range sheet.Days {
		if d.Day == day {
			paid += d.Paid
		}
	}
	var fuzz int64
	for _, e := range sheet.Entries {
		if e.Sort == "work" || e.Sort == "travel" {
			fuzz += e.Fuzz
		}
	}
	off := paid - minutesSaid(s).Milliseconds()
	told := fmt.Sprintf("%s in %s, %d seconds uncertain", clockTime(paid), sheet.Zone, int(math.Ceil(float64(fuzz)/1000)))
	return told, max(off, -off) <= fuzz+time.Minute.Milliseconds() && fuzz <= widest.Milliseconds(), nil
}

// shiftsTold is the events that begin or end a shift of somebody, as the sentence says.
func (p *play) shiftsTold(person string, s *script.Step) (out []doc, err error) {
	by := p.members[person].id.String()
	return p.all("timesheet_events", func(d doc) bool {
		return d["worker"] == by && d["kind"] == "shift_"+s.Arg(script.Choice, 0).Text
	})
}

// showsClock says whether a moment is what clocks show in its zone, give or take some minutes.
func showsClock(at time.Time, minutes int, within time.Duration) bool {
	off := time.Duration(at.Hour()*60+at.Minute()-minutes) * time.Minute
	return off.Abs() <= within || (24*time.Hour-off.Abs()) <= within
}

func (p *play) officeClocked(s *script.Step) (string, bool, error) {
	all, err := p.shiftsTold(s.Arg(script.Person, 0).Person, s)
	told, so := "not said", false
	for _, d := range all {
		if at, ok := instantOf(d["at"]); ok {
			at = at.In(p.now().Location())
			told, so = at.Format(clockLayout), showsClock(at, s.Arg(script.Clock, 0).Number, 2*time.Minute)
		}
	}
	return told, so, err
}

func (p *play) officeShowed(s *script.Step) (string, bool, error) {
	all, err := p.shiftsTold(s.Arg(script.Phone, 0).Person, s)
	told, so := "not said", false
	for _, d := range all {
		wall, isNumber := d["wall"].(float64)
		offset, _ := d["offset"].(float64)
		if isNumber {
			at := time.UnixMilli(int64(wall)).In(time.FixedZone("", int(offset)*60))
			told, so = "it showed "+at.Format(clockLayout), showsClock(at, s.Arg(script.Clock, 0).Number, time.Minute)
		}
	}
	return told, so, err
}
