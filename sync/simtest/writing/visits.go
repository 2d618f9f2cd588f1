package writing

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// visitOf names a visit: who, and which.
type visitOf struct {
	user   model.UserID
	number int64
}

// visited is a visit as it must be.
type visited struct {
	began, ended model.Instant
	state        string
}

// visits is who worked on a job, from when to when: each fact counts, whatever became of the job by it.
func (j *job) visits() map[visitOf]visited {
	out := map[visitOf]visited{}
	p := j.clone().play()
	for _, e := range j.events { // in their order
		of := visitOf{e.by, e.visit}
		v, began := out[of]
		switch {
		case e.office || e.kind == "accept" || e.kind == "decline" || e.kind == "pause" && !began:
			continue
		case !began:
			v = visited{began: e.at, state: "open"}
		}
		if e.kind == "done" && v.ended == 0 {
			v.ended, v.state = e.at, "done"
		}
		out[of] = v
	}
	for of, v := range out {
		if x := p.find(of.user, of.number); v.ended == 0 && x != nil && !x.has() {
			v.state = "withdrawn"
			out[of] = v
		}
	}
	return out
}

// compareVisits checks the records of a job's visits, of which there is one each.
func (o *oracle) compareVisits(r *rec, rd storage.Reader) {
	want := r.job.visits()
	for id := range rd.Children(r.id, model.Visits) {
		have, _ := rd.Record(id)
		of := visitOf{model.UserID(model.RefOf(have.Value(model.VisitUser))), have.Value(model.VisitNumber).Int()}
		got := visited{
			model.Instant(have.Value(model.VisitBegan).Int()), model.Instant(have.Value(model.VisitEnded).Int()),
			have.Value(model.VisitState).Text(),
		}
		if v, ok := want[of]; !ok || v != got {
			o.w.failf("(d): visit %d of %s on %s is %v, must be %v by %v", of.number, short(of.user), o.title(r), got, v, r.job)
		}
		delete(want, of)
	}
	for of := range want {
		o.w.failf("(d): visit %d of %s on %s is not there", of.number, short(of.user), o.title(r))
	}
}
