package lab

import (
	"fmt"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// News is what tells one picture from the one before, in lines of the log. A first download is no news.

// phoneNews is the news of a phone.
func phoneNews(was, is *phoneView) (lines []string) {
	if was == nil || is.name == "" {
		return nil
	}
	if stand(was) != stand(is) {
		_, line := headline(is)
		lines = append(lines, line)
	}
	ticks := map[model.ChangeID]changeView{}
	for _, c := range was.outbox {
		ticks[c.id] = c
	}
	for i := len(is.outbox) - 1; i >= 0; i-- {
		c := is.outbox[i]
		if old, known := ticks[c.id]; (!known || old.tick != c.tick || old.more != c.more) && c.tick != savedHere {
			lines = append(lines, c.what+": "+c.tick+because(c.more))
		}
	}
	if was.status.Downloading || len(was.jobs) == 0 {
		return lines
	}
	return append(lines, jobNews(was.jobs, is.jobs, is.name)...)
}

// because is a reason in brackets.
func because(why string) string {
	if why == "" {
		return ""
	}
	return " (" + why + ")"
}

// stand is what of a phone's state is worth a line when it changes.
func stand(v *phoneView) string {
	l, _ := headline(v)
	if l == attention || l == syncing {
		l = ready
	}
	return fmt.Sprint(l, v.status.Ended, v.status.Draining, v.stopped != "")
}

// jobNews is what changed in a list of jobs; me is whose own doing is no news.
func jobNews(was, is []jobView, me string) (lines []string) {
	old := map[model.RecordID]jobView{}
	for _, j := range was {
		old[j.id] = j
	}
	for _, j := range is {
		before, there := old[j.id]
		delete(old, j.id)
		if !there {
			lines = append(lines, "new job "+j.name)
			continue
		}
		if before.title != j.title {
			lines = append(lines, fmt.Sprintf("title of %s (was %q)", j.name, plain(before.title)))
		}
		if before.status != j.status {
			lines = append(lines, j.name+": "+or(before.status, "new")+", now "+j.status)
		}
		if before.urgency != j.urgency {
			lines = append(lines, fmt.Sprintf("priority %d of %s", j.urgency, j.name))
		}
		lines = append(lines, noteNews(before, j, me)...)
	}
	for _, j := range old {
		lines = append(lines, j.name+" is not here any more")
	}
	return lines
}

func noteNews(was, is jobView, me string) (lines []string) {
	known := map[model.RecordID]bool{}
	for _, n := range was.notes {
		known[n.id] = true
	}
	for _, n := range is.notes {
		if !known[n.id] && n.author != me {
			lines = append(lines, fmt.Sprintf("note of %s on %s: %s", n.author, is.name, n.text))
		}
	}
	return lines
}

// deskNews is the news of the office.
func deskNews(was, is *deskView) (lines []string) {
	if was == nil || is.name == "" {
		return nil
	}
	if was.status.State != is.status.State && is.status.State != client.StateConnecting {
		lines = append(lines, deskLine(is))
	}
	if was.silence == "" && is.silence != "" {
		lines = append(lines, "the list of sessions: "+is.silence)
	}
	if was.status.Downloading || len(was.jobs) == 0 {
		return lines
	}
	lines = append(lines, jobNews(was.jobs, is.jobs, is.name)...)
	lines = append(lines, sessionNews(was.sessions, is.sessions)...)
	return append(lines, itemNews(was.items, is.items)...)
}

func sessionNews(was, is []Session) (lines []string) {
	type slot struct { // each person's epochs count for themselves
		login string
		epoch model.Epoch
	}
	old := map[slot]bool{}
	for _, s := range was {
		old[slot{s.Login, s.Epoch}] = true
	}
	for _, s := range is {
		if !old[slot{s.Login, s.Epoch}] {
			lines = append(lines, plain(s.Name)+" is signed in on the "+plain(s.Label))
		}
		delete(old, slot{s.Login, s.Epoch})
	}
	for _, s := range was {
		if old[slot{s.Login, s.Epoch}] {
			lines = append(lines, "the session of "+plain(s.Name)+" on the "+plain(s.Label)+" is over")
		}
	}
	return lines
}

func itemNews(was, is []itemView) (lines []string) {
	old := map[model.RecordID]itemView{}
	for _, v := range was {
		old[v.id] = v
	}
	for _, v := range is {
		if _, there := old[v.id]; !there {
			lines = append(lines, "to review: "+itemLine(v))
		}
		delete(old, v.id)
	}
	for _, v := range was {
		if _, gone := old[v.id]; gone {
			lines = append(lines, "reviewed: "+v.what)
		}
	}
	return lines
}
