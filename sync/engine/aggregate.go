package engine

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// What hangs on a job moves with it in one commit: whoever takes a job away takes all of it away. So a job may not grow
// beyond what one commit can move (DESIGN §12.2), and that is tested when something is added, never when it is moved.

// aggregate is how much hangs on a job.
type aggregate struct{ records, bytes int }

// moves is what a commit counts that moves an aggregate from its assignees to others, at most.
func (a aggregate) moves(assignees int) int {
	const perRecord, perAudience = 2 * storage.RowCost, 3 * (storage.RowCost + 48)
	return a.bytes + a.records*(perRecord+(assignees+3)*perAudience)
}

func aggregateKey(job model.RecordID) string { return "a" + string(job[:]) }

// aggregateOf is what hangs on a job, with what this decision added.
func (t *tx) aggregateOf(job model.RecordID) aggregate {
	a := t.storedAggregate(job)
	for _, id := range t.joined {
		if r := t.records[id]; id != job && t.jobID(r) == job {
			a.records++
			a.bytes += t.weigh(r)
		}
	}
	return a
}

// weigh is how many bytes a record takes. Records of a decision are replaced, never changed in place, once they were
// looked at (edit clones), but for the one being made: it is weighed when it is done.
func (t *tx) weigh(r *model.Record) int {
	n, ok := t.weights[r]
	if !ok {
		n = len(storage.AppendRecord(nil, r))
		t.weights[r] = n
	}
	return n
}

func (t *tx) storedAggregate(job model.RecordID) (a aggregate) {
	raw, _ := t.row(storage.TableCounts, aggregateKey(job))
	n, k := binary.Uvarint(raw)
	if k > 0 {
		bytes, _ := binary.Uvarint(raw[k:])
		a = aggregate{int(n), int(bytes)}
	}
	return a
}

// jobID is the job a record hangs on, whether or not it or the job still lives; zero: none, or it is the job.
func (t *tx) jobID(r *model.Record) model.RecordID {
	for range 4 { // the table nests no deeper
		if r = t.record(r.Parent()); r == nil {
			break
		}
		if r.Collection == model.Jobs {
			return r.ID
		}
	}
	return model.RecordID{}
}

// full says whether a new record would make its job more than one commit can move.
func (f *frame) full(c *model.Change, spec *model.Spec, parent *model.Record) bool {
	if parent == nil {
		return false
	}
	job := f.jobOf(parent)
	if job == nil {
		return false
	}
	a := f.aggregateOf(job.ID)
	a.records++
	a.bytes += len(c.Body) + 256
	assignees := len(f.assignees(job.ID))
	if spec.No == model.Assignments {
		assignees++
	}
	tenths := share(spec)
	return a.records > MaxAggregate/10*tenths || a.moves(assignees) > room/10*tenths
}

// share is how much of what one commit can move a job may grow to by records of a collection, in tenths. The office's
// events come last, so that what fills a job never keeps the office from taking it away, nor a worker from leaving it.
func share(spec *model.Spec) int {
	switch spec.No {
	case model.OfficeEvents:
		return 10
	case model.VisitEvents:
		return 9
	default:
		return 8
	}
}

// outgrows says whether an edit would make a record larger than a page of the feed can carry, or its job larger than a
// commit can move.
func (f *frame) outgrows(r *model.Record, c *model.Change) bool {
	more := 64 + 17*len(c.Over)
	for _, x := range c.Fields {
		more += x.Value.Size()
	}
	if len(storage.AppendRecord(nil, r))+more > storage.MaxRecordBytes {
		return true
	}
	job := f.jobOf(r)
	if job == nil || job.ID == r.ID || more < 1<<10 { // a short value fits into what is left for events
		return false
	}
	a := f.aggregateOf(job.ID)
	a.bytes += more
	return a.moves(len(f.assignees(job.ID))) > room/10*8
}

// keepAggregates brings the rows of aggregates in line with what the decision did.
func (t *tx) keepAggregates() {
	change := map[model.RecordID]aggregate{}
	for id, now := range t.records {
		if now.Collection == model.Jobs {
			if now.Deleted {
				t.remove(storage.TableCounts, aggregateKey(id))
			}
			continue
		}
		job := t.jobID(now)
		if job.IsZero() {
			continue
		}
		a := change[job]
		if was := t.stored(id); was != nil && !was.Deleted {
			a.records--
			a.bytes -= len(storage.AppendRecord(nil, was))
		}
		if !now.Deleted {
			a.records++
			a.bytes += len(storage.AppendRecord(nil, now))
		}
		change[job] = a
	}
	for job, by := range change {
		if t.live(job) == nil || by == (aggregate{}) {
			continue
		}
		a := t.storedAggregate(job)
		row := binary.AppendUvarint(nil, uint64(max(0, a.records+by.records)))
		t.put(storage.TableCounts, aggregateKey(job), binary.AppendUvarint(row, uint64(max(0, a.bytes+by.bytes))))
	}
}
