package storage

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Calendar is how far time has moved the field's work: committed data, so that who is shown what follows from the state
// alone. The sweeper turns a day over job by job, in the order of their ids, and brings in another rule in the same way.
type Calendar struct {
	Day    model.Day      // the day it is; never goes back
	Turned model.RecordID // jobs above this still live in the day before
	Rule   model.Window
	Next   model.Window   // the rule that is being brought in; Rule: none is
	Walked model.RecordID // jobs up to this live by Next
	In     uint64         // jobs that came in since that was last told
	Out    uint64         // jobs that went out since
}

// JobWindow is what stands of a job in TableWindows. A job without a row is in, and stays.
type JobWindow struct {
	Out bool
	Due model.Day // when it will be otherwise; NoDay: never
}

// DueKey is where a job stands in TableWindows under the day on which it is due: key order is the order of days.
func DueKey(day model.Day, job model.RecordID) string {
	b := binary.BigEndian.AppendUint32([]byte(DuePrefix), uint32(day)^1<<31)
	return string(append(b, job[:]...))
}

// DuePrefix is what keys of jobs under their days begin with.
const DuePrefix = "d"

// ParseDueKey is the inverse of [DueKey].
func ParseDueKey(key string) (day model.Day, job model.RecordID, ok bool) {
	const at = len(DuePrefix) + 4
	if len(key) != at+len(job) || key[:len(DuePrefix)] != DuePrefix {
		return 0, job, false
	}
	return model.Day(binary.BigEndian.Uint32([]byte(key[len(DuePrefix):at])) ^ 1<<31), model.RecordID([]byte(key[at:])), true
}

// JobWindowKey is where a job's own row stands in TableWindows.
func JobWindowKey(job model.RecordID) string { return "j" + string(job[:]) }

// Append appends the row of a calendar.
func (c Calendar) Append(b []byte) []byte {
	b = appendSigned(append(b, rowVersion), int64(c.Day))
	b = append(b, c.Turned[:]...)
	b = appendWindow(appendWindow(b, c.Rule), c.Next)
	b = append(b, c.Walked[:]...)
	return appendNumber(appendNumber(b, c.In), c.Out)
}

// ParseCalendar is the inverse of [Calendar.Append].
func ParseCalendar(b []byte) (Calendar, error) {
	d := decode(b)
	c := Calendar{Day: d.day()}
	d.fixed(c.Turned[:])
	c.Rule, c.Next = d.window(), d.window()
	d.fixed(c.Walked[:])
	c.In, c.Out = d.uvarint(), d.uvarint()
	return finish(d, c, "calendar")
}

// Append appends the row of a job's window.
func (w JobWindow) Append(b []byte) []byte {
	return appendSigned(append(b, rowVersion, bits(w.Out)), int64(w.Due))
}

// ParseJobWindow is the inverse of [JobWindow.Append].
func ParseJobWindow(b []byte) (JobWindow, error) {
	d := decode(b)
	return finish(d, JobWindow{Out: d.flags(1) == 1, Due: d.day()}, "window of a job")
}

// day reads a day, which is 32 bits wide.
func (d *decoder) day() model.Day {
	n := signed[int64](d)
	if int64(model.Day(n)) != n {
		d.fail()
	}
	return model.Day(n)
}

func appendWindow(b []byte, w model.Window) []byte {
	return appendText(appendSigned(appendSigned(b, w.Past), w.Future), w.Zone)
}

func (d *decoder) window() model.Window {
	return model.Window{Past: signed[int64](d), Future: signed[int64](d), Zone: d.text()}
}
