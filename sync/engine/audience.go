package engine

import (
	"encoding/binary"
	"maps"
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// audienceKey is an audience's key in TableAudiences.
func audienceKey(n model.AudienceName) string {
	return string(append([]byte{byte(n.Kind)}, n.Of[:]...))
}

// number finds an audience's number without giving it one.
func (t *tx) number(n model.AudienceName) (model.Audience, bool) {
	raw, ok := t.row(storage.TableAudiences, audienceKey(n))
	if !ok || len(raw) != 4 {
		return 0, false
	}
	return model.Audience(binary.BigEndian.Uint32(raw)), true
}

// intern gives an audience its number, for ever.
func (t *tx) intern(n model.AudienceName) model.Audience {
	if a, ok := t.number(n); ok {
		return a
	}
	a := t.lastAudience() + 1
	number := binary.BigEndian.AppendUint32(nil, uint32(a))
	t.put(storage.TableAudiences, "", number)
	t.put(storage.TableAudiences, audienceKey(n), number)
	t.put(storage.TableAudiences, nameKey(a), []byte(audienceKey(n)))
	if n.Kind != model.AudienceCompany { // which is there before anybody can be linked to it
		t.tenant.Views++
		t.tenanted = true
	}
	return a
}

// lastAudience is the last number that was given; numbers are never reused.
func (t *tx) lastAudience() model.Audience {
	raw, ok := t.row(storage.TableAudiences, "")
	if !ok || len(raw) != 4 {
		return 0
	}
	return model.Audience(binary.BigEndian.Uint32(raw))
}

// nameKey is the key of an audience's name in TableAudiences. No kind is 0.
func nameKey(a model.Audience) string {
	return string(binary.BigEndian.AppendUint32([]byte{0}, uint32(a)))
}

// audienceName is what an audience is called; the zero name of a number that was never given.
func (t *tx) audienceName(a model.Audience) model.AudienceName {
	key, ok := t.row(storage.TableAudiences, nameKey(a))
	if !ok || len(key) != 1+len(model.RecordID{}) {
		return model.AudienceName{}
	}
	return model.AudienceName{Kind: model.AudienceKind(key[0]), Of: model.RecordID(key[1:])}
}

// settle brings a record's memberships in line with what access says, and its children's with it: the commit that
// reassigns a job writes their exits and entries too (DESIGN §12.2).
func (t *tx) settle(id model.RecordID) {
	r := t.record(id)
	if r == nil {
		return
	}
	t.place(r)
	switch r.Collection {
	case model.Assignments:
		clear(t.crews)
		if job := t.live(r.Parent()); job != nil {
			t.settleJob(job.ID)
		}
	case model.Customers:
		t.link(t.record(id))
		t.indexAlike(t.record(id))
	case model.JobOrigins:
		t.indexAlike(t.record(id))
	case model.VisitEvents: // whoever sets out may be shown where to
		if setsOut(r) {
			for _, card := range t.below(r.Parent(), model.JobCards) {
				t.place(card)
			}
		}
	}
}

// settleJob places a job and everything below it anew, and counts what the job refers to.
func (t *tx) settleJob(id model.RecordID) {
	t.refer(id)
	left := MaxAggregate + 1 // and the job
	t.settleTree(id, &left)
}

func (t *tx) settleTree(id model.RecordID, left *int) {
	if *left--; *left < 0 {
		t.fail(storage.ErrTooBig)
		return
	}
	r := t.record(id)
	t.place(r)
	for _, child := range t.offspring(r) {
		t.settleTree(child, left)
	}
}

// place writes the exits and entries of one record, given as this decision has it. They go into a copy (edit), which is
// part of the decision; r itself is not changed.
func (t *tx) place(r *model.Record) {
	var want []model.Audience
	if !r.Deleted {
		want = t.audiences(r)
	}
	var have []model.Audience
	for _, m := range r.Memberships {
		if m.Open() {
			have = append(have, m.Audience)
		}
	}
	came := t.unnoticed(r)
	if !slices.Equal(have, want) {
		e := t.edit(r.ID)
		for _, a := range want {
			if !slices.Contains(have, a) {
				enter(e, a, t.seq())
				came = true
			}
		}
		for _, a := range have {
			if !slices.Contains(want, a) {
				leave(e, a, t.seq())
				t.narrows(e, a)
			}
		}
	}
	if came {
		t.entered = append(t.entered, r.ID)
	}
}

// unnoticed says whether a record may have become somebody's without coming into an audience: phones do not carry it, and it is
// theirs all the same (DESIGN §12.13).
func (t *tx) unnoticed(r *model.Record) bool {
	job := t.jobOf(r)
	return job != nil && t.outside(job.ID) && !planted("away-unnoticed")
}

// enter opens an interval at seq. Left and re-entered in one commit: the interval goes on.
func enter(r *model.Record, a model.Audience, seq model.Seq) {
	m := membership(r, a)
	if n := len(m.Intervals); n > 0 && m.Intervals[n-1].Out == seq {
		m.Intervals[n-1].Out = 0
		return
	}
	m.Intervals = append(m.Intervals, model.Interval{First: seq, In: seq})
	if len(m.Intervals) > model.MaxIntervals && !planted("intervals-unbounded") {
		first := m.Intervals[0].First
		m.Intervals = slices.Delete(m.Intervals, 0, 1)
		m.Intervals[0].First = first
	}
	if planted("latest-interval-only") && len(m.Intervals) > 1 {
		m.Intervals = slices.Delete(m.Intervals, 0, len(m.Intervals)-1)
	}
}

// leave ends the open interval at seq. Entered and left in one commit: no interval, unless it carries an older First.
func leave(r *model.Record, a model.Audience, seq model.Seq) {
	m := membership(r, a)
	last := len(m.Intervals) - 1
	if m.Intervals[last].In != seq || m.Intervals[last].First != seq {
		m.Intervals[last].Out = seq
		return
	}
	m.Intervals = slices.Delete(m.Intervals, last, last+1)
	if len(m.Intervals) == 0 {
		r.Memberships = slices.DeleteFunc(r.Memberships, func(x model.Membership) bool { return x.Audience == a })
	}
}

// membership finds or makes what a record remembers of an audience.
func membership(r *model.Record, a model.Audience) *model.Membership {
	i, ok := slices.BinarySearchFunc(r.Memberships, a, func(m model.Membership, a model.Audience) int {
		return int(int64(m.Audience) - int64(a))
	})
	if !ok {
		r.Memberships = slices.Insert(r.Memberships, i, model.Membership{Audience: a})
	}
	return &r.Memberships[i]
}

// audiences is the numbers of the audiences a live record belongs to now, ascending.
func (t *tx) audiences(r *model.Record) []model.Audience {
	spec, ok := t.table.Spec(r.Collection)
	if !ok {
		return nil
	}
	var out []model.Audience
	for _, n := range access.Audiences(spec, t.circle(spec, r)) {
		out = append(out, t.intern(n))
	}
	if access.Counted(spec.Scope) {
		out = append(out, t.counted(countRefers, r.ID)...)
	}
	switch spec.No {
	case model.Assets:
		out = append(out, t.counted(countStands, r.Parent())...)
	case model.People:
		out = append(out, t.counted(countWorks, r.ID)...)
	}
	if planting {
		out = append(out, t.showsToOthers(r)...)
	}
	return sortedAudiences(out)
}

// counted is the audiences that jobs refer to a record for.
func (t *tx) counted(by string, id model.RecordID) (out []model.Audience) {
	for _, k := range t.keys(storage.TableCounts, by+string(id[:])) {
		out = append(out, model.Audience(binary.BigEndian.Uint32([]byte(k[17:]))))
	}
	return out
}

func sortedAudiences(list []model.Audience) []model.Audience {
	slices.Sort(list)
	return slices.Compact(list)
}

// circle is the people around a record that decide who is in scope of it.
func (t *tx) circle(spec *model.Spec, r *model.Record) access.Circle {
	c := access.Circle{Author: t.fieldAuthor(r), Named: named(r), Describes: describes(r)}
	if label, ok := spec.Named("audience"); ok {
		c.NoteAudience = r.Value(label.No).Text()
		if planted("leak-internal-notes") {
			c.NoteAudience = access.LabelField
		}
		if planted("notes-to-clients") {
			c.NoteAudience = access.LabelClient
		}
	}
	c.Bearing = r.Collection == model.Files && r.Value(model.FileBearing).Bool() && !planted("leak-files")
	c.Verdict = r.Collection == model.Messages && !r.Value(model.MessageItem).IsNull() && !planted("verdicts-to-every-desk")
	if spec.Scope == model.ScopeInbox {
		c.Subject, c.Disputed = t.disputed(r)
	}
	if spec.Scope == model.ScopeJob || spec.Scope == model.ScopeDirectory || spec.Scope == model.ScopeAssets || shared(spec, r) {
		if client := t.client(r); !client.IsZero() {
			c.Companies = []model.RecordID{client}
		}
	}
	switch spec.Scope {
	case model.ScopeJob, model.ScopeCards, model.ScopeContacts, model.ScopeBills, model.ScopeQuotes:
	case model.ScopeAssignee, model.ScopePeople:
		c.Crew = crewOf(r)
		if r.Collection == model.Visits && !t.showsVisit(r, c.Named) {
			c.Named = model.UserID{}
		}
		if job := t.jobOf(r); job != nil {
			c.Outside = t.outside(job.ID)
		}
		return c
	default:
		return c
	}
	job := t.jobOf(r)
	if job == nil {
		return c
	}
	who := t.crew(job.ID)
	c.Assignees, c.Creator, c.Outside = who.users, t.fieldAuthor(job), who.outside
	if spec.Scope == model.ScopeCards {
		c.Travelled = t.travelled(job.ID)
	}
	if !c.Bearing { // a dispatcher may have customers Hidden (domain S11)
		c.Crew = who.companies
	}
	return c
}

// shared says whether the office shows a document of money to the client whose it is (domain b.2).
func shared(spec *model.Spec, r *model.Record) bool {
	f, ok := spec.Named("shared")
	return ok && r.Value(f.No).Bool()
}

// crewOf is the subcontractor company that an assignment gives the job to, or that a person works for: its dispatchers are
// told of these, and of no other company's (domain W24).
func crewOf(r *model.Record) []model.RecordID {
	switch {
	case r.Collection == model.Assignments && standing(r):
		return []model.RecordID{model.RefOf(r.Value(model.AssignmentCompany))}
	case r.Collection == model.People && r.Value(model.PersonKind).Text() == model.Subcontractor.String():
		return []model.RecordID{model.RefOf(r.Value(model.PersonCompany))}
	default:
		return nil
	}
}

// describes is the class of the field that a definition is of; what it does not say is the office's.
func describes(r *model.Record) model.Class {
	if r.Collection != model.FieldDefinitions {
		return model.ClassStructure
	}
	class, _ := model.ParseClass(r.Value(model.DefinitionClass).Text())
	if planted("leak-definitions") {
		return model.ClassWork
	}
	return class
}

// disputed is the scope of the record, and the class of the field, that a review item is about.
func (t *tx) disputed(r *model.Record) (scope model.Scope, class model.Class) {
	spec, ok := t.table.Spec(model.Collection(r.Value(model.ReviewOf).Int()))
	if !ok {
		return 0, model.ClassStructure
	}
	if field, ok := spec.Field(model.FieldNo(r.Value(model.ReviewField).Int())); ok {
		class = field.Class
	}
	return spec.Scope, class
}

// fieldAuthor is who made a record in the field, or nobody: what a person said in the office does not follow them to
// their phone (domain V20).
func (t *tx) fieldAuthor(r *model.Record) model.UserID {
	if c, ok := r.Cell(model.FieldParent); ok && !r.Writes[c.Write].Office {
		return r.Writes[c.Write].Author
	}
	return model.UserID{}
}

// author is who created a record.
func (t *tx) author(r *model.Record) model.UserID {
	if c, ok := r.Cell(model.FieldParent); ok {
		return r.Writes[c.Write].Author
	}
	return model.UserID{}
}

// named is the one user a record is about, for collections that name one.
func named(r *model.Record) model.UserID {
	var f model.FieldNo
	switch r.Collection {
	case model.Assignments:
		if !standing(r) {
			return model.UserID{} // it is not theirs any more
		}
		f = model.AssignmentUser
	case model.Messages:
		f = model.MessageTo
	case model.TimesheetCorrections:
		f = model.CorrectionWorker
	case model.TimesheetApprovals:
		f = model.ApprovalWorker
	case model.TimesheetEvents:
		f = model.TimeWorker
	case model.Visits:
		f = model.VisitUser
	case model.VisitEvents:
		f = model.VisitEventAuthor
	case model.People:
		return model.UserID(r.ID)
	default:
		return model.UserID{}
	}
	return model.UserID(model.RefOf(r.Value(f)))
}

// jobOf is the job a record hangs on, itself when it is one, or nil. What hangs on nothing has none.
func (t *tx) jobOf(r *model.Record) *model.Record {
	for range 4 { // the table nests no deeper
		if r == nil || r.Deleted {
			return nil
		}
		if r.Collection == model.Jobs {
			return r
		}
		r = t.record(r.Parent())
	}
	return nil
}

// crew is who a job is assigned to now: users and subcontractor companies, each ascending; and whether their phones
// carry it.
type crew struct {
	users     []model.UserID
	named     []model.UserID // those of them whom the office assigned, in no order
	companies []model.RecordID
	outside   bool
}

// assignees is who is assigned to a job now, ascending.
func (t *tx) assignees(job model.RecordID) []model.UserID { return t.crew(job).users }

func (t *tx) crew(job model.RecordID) crew {
	if c, ok := t.crews[job]; ok {
		return c
	}
	c := crew{outside: t.outside(job)}
	for _, r := range t.below(job, model.Assignments) {
		if !standing(r) {
			continue
		}
		if user := model.UserID(model.RefOf(r.Value(model.AssignmentUser))); !user.IsZero() { // or it is a company's
			c.users = append(c.users, user)
			if by, _ := r.Cell(model.AssignmentUser); r.Writes[by.Write].Office || planted("peers-by-anybody") {
				c.named = append(c.named, user)
			}
		}
		if company := model.RefOf(r.Value(model.AssignmentCompany)); !company.IsZero() {
			c.companies = append(c.companies, company)
		}
	}
	slices.SortFunc(c.users, model.UserID.Compare)
	slices.SortFunc(c.companies, model.RecordID.Compare)
	c.users, c.companies = slices.Compact(c.users), slices.Compact(c.companies)
	t.crews[job] = c
	return c
}

// travelled is those assigned to a job now who have set out for it, on whatever visit, ascending.
func (t *tx) travelled(job model.RecordID) []model.UserID {
	var out []model.UserID
	assigned := t.assignees(job)
	for _, r := range t.below(job, model.VisitEvents) {
		who := model.UserID(model.RefOf(r.Value(model.VisitEventAuthor)))
		if setsOut(r) && slices.Contains(assigned, who) {
			out = append(out, who)
		}
	}
	slices.SortFunc(out, model.UserID.Compare)
	return slices.Compact(out)
}

// setsOut says whether an event of a visit says that its author is on the way, or there.
func setsOut(event *model.Record) bool {
	kind := event.Value(model.VisitEventKind).Text()
	return kind == workflow.KindTravel || kind == workflow.KindStart
}

// standing says whether an assignment still gives its user the job.
func standing(r *model.Record) bool {
	s := r.Value(model.AssignmentState).Text()
	return s != "declined" && (s != "withdrawn" || planted("leak-lost-job"))
}

// What rows of counts are of, by the first byte of their keys. A job keeps what it counts under its own.
const (
	countOfJob  = "j"
	countRefers = "r" // jobs refer to the record: it is shown to whoever works on them
	countStands = "g" // jobs are at the site: what stands there is shown to whoever works on them
	countWorks  = "w" // the person is assigned to jobs: they are shown to whoever else is. No field of a job can name one so
)

// refer keeps, for every user of a job, how many of their jobs refer to a customer, a site, an asset or a colleague, and
// places those records anew when the first reference comes or the last one goes (DESIGN §12.2). In key order: what comes
// into an audience is judged again in the order in which it came.
func (t *tx) refer(job model.RecordID) {
	own := countOfJob + string(job[:])
	have := t.keys(storage.TableCounts, own)
	want := map[string]bool{}
	if r := t.record(job); !r.Deleted {
		users, outside := t.assignees(job), t.outside(job)
		count := func(by string, ref model.RecordID, kind model.AudienceKind, u model.UserID) {
			if outside {
				kind = model.AudienceAway // what a phone does not carry is remembered as theirs all the same
			}
			want[own+by+countKey(ref, t.intern(model.AudienceName{Kind: kind, Of: model.RecordID(u)}))] = true
		}
		for _, u := range users {
			for _, ref := range t.references(r, have) {
				count(countRefers, ref.to, model.AudienceRefs, u)
				if ref.field == model.JobSite {
					count(countStands, ref.to, model.AudienceGear, u)
				}
			}
			for _, other := range t.crew(job).named { // whom else somebody names may be nobody: they are told nothing of who it is
				if other != u {
					count(countWorks, model.RecordID(other), model.AudiencePeers, u)
				}
			}
		}
	}
	for _, k := range slices.Sorted(maps.Keys(want)) {
		if !slices.Contains(have, k) {
			t.count(k[len(own):], 1)
			t.put(storage.TableCounts, k, nil)
		}
	}
	for _, k := range have {
		if !want[k] {
			t.count(k[len(own):], -1)
			t.remove(storage.TableCounts, k)
		}
	}
}

// reference is a record that a job names, and the field it does so in.
type reference struct {
	field model.FieldNo
	to    model.RecordID
}

// references is the records that a job shows to whoever works on it: those whose link the office made, or somebody who
// may look them up. Who may not could otherwise name any customer and be shown it (domain b.4, W28). What was shown so
// is shown as long as the link stands, whatever becomes of its author. have is what is counted for the job.
func (t *tx) references(job *model.Record, have []string) []reference {
	var out []reference
	for _, f := range []model.FieldNo{model.JobCustomer, model.JobSite, model.JobAsset} {
		cell, ok := job.Cell(f)
		ref := model.RefOf(cell.Value)
		if !ok || ref.IsZero() {
			continue
		}
		counted := slices.ContainsFunc(have, func(k string) bool { return k[17:18] == countRefers && k[18:34] == string(ref[:]) })
		if w := job.Writes[cell.Write]; counted || w.Office || t.looksUp(w.Author) {
			out = append(out, reference{f, ref})
		}
	}
	return out
}

// looksUp says whether a user may look up customers and sites at all.
func (t *tx) looksUp(u model.UserID) bool {
	p, err := t.person(u, 0)
	if err != nil || p.err != nil {
		return false // nobody is shown anything by rights that cannot be read
	}
	directory, ok := t.number(model.AudienceName{Kind: model.AudienceDirectory})
	return ok && p.views[lastStep].In(directory)
}

func countKey(r model.RecordID, a model.Audience) string {
	return string(binary.BigEndian.AppendUint32(slices.Clone(r[:]), uint32(a)))
}

// count counts one more, or one less, under a key of [countRefers], [countStands] or [countWorks].
func (t *tx) count(key string, by int) {
	n := by
	if raw, ok := t.row(storage.TableCounts, key); ok {
		have, _ := binary.Uvarint(raw)
		n += int(have)
	}
	if n > 0 {
		t.put(storage.TableCounts, key, binary.AppendUvarint(nil, uint64(n)))
	} else {
		t.remove(storage.TableCounts, key)
	}
	var id model.RecordID
	copy(id[:], key[1:])
	r := t.live(id)
	switch {
	case r == nil || n != by && n != 0:
	case key[:1] == countStands:
		for _, asset := range t.below(id, model.Assets) {
			t.place(asset)
		}
	default:
		t.place(r)
	}
}
