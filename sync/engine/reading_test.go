package engine_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// device is what a phone holds, and where it stands.
type device struct {
	c      *company
	conn   model.Connection
	cursor []byte
	rows   map[model.RecordID]map[model.FieldNo]model.Value
}

func (c *company) device(u model.UserID, kind model.UserKind) *device {
	c.t.Helper()
	d := &device{c: c, conn: c.phone(u, kind), rows: map[model.RecordID]map[model.FieldNo]model.Value{}}
	d.sync()
	return d
}

func (d *device) sync() {
	d.c.t.Helper()
	d.cursor = d.c.sync(d.conn, d.cursor, d.rows)
}

// want checks which records the device holds after it has synced.
func (d *device) want(why string, there bool, ids ...model.RecordID) {
	d.c.t.Helper()
	d.sync()
	for _, id := range ids {
		if have := d.rows[id] != nil; have != there {
			d.c.t.Errorf("%s: held %v, want %v", why, have, there)
		}
	}
}

// made pushes creations by the office, which must be applied, and gives their ids.
func (c *company) made(coll model.Collection, fields ...model.Assign) model.RecordID {
	c.t.Helper()
	id := model.RecordID(newChange(c.t))
	spec, _ := builtin(c.t).Spec(coll)
	if spec.Append {
		id = model.RecordID{} // that of its change
	}
	ch := c.change(c.amy, model.OpCreate, coll, id, fields...)
	if a := c.push(c.office(), ch)[0]; a.Outcome != model.OutcomeApplied {
		c.t.Fatalf("creating in %d = %v reason %d, want applied", coll, a.Outcome, a.Reason)
	}
	return ch.Record
}

func builtin(t testing.TB) *model.Table {
	t.Helper()
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

func under(id model.RecordID) model.Assign { return set(model.FieldParent, model.Ref(id)) }

// level changes levels of a phone's user.
func (c *company) level(u model.UserID, kind model.UserKind, levels map[access.Permission]access.Level) {
	c.t.Helper()
	s := access.DefaultSets(kind)
	for p, l := range levels {
		s.Mobile[p] = l
	}
	if err := c.e.SetLevels(context.Background(), c.id, u, s.Encode(), c.now); err != nil {
		c.t.Fatal(err)
	}
}

// TestI9_AMaskDoesNotTellOfNewHiddenFields: what the company defines after a right was lost shows nowhere in the page.
func TestI9_AMaskDoesNotTellOfNewHiddenFields(t *testing.T) {
	masks := func(fields int) []model.Mask {
		c := newCompany(t)
		c.newJob(c.ben, 0)
		ben := c.device(c.ben, model.Mobile)
		c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCustomers: access.Hidden})
		for i := range fields {
			c.made(model.FieldDefinitions, set(2, model.Int(int64(model.Jobs))), set(3, model.Int(1<<20+int64(i))),
				set(4, model.Text("sheet"+string(rune('a'+i)))), set(5, model.Int(int64(model.TypeInt))),
				set(model.DefinitionClass, model.Text("customer")), set(7, model.Text("optional")))
		}
		p, err := c.e.Pull(context.Background(), model.Pull{Connection: ben.conn, Cursor: ben.cursor}, c.now)
		if err != nil {
			t.Fatal(err)
		}
		return p.Masks
	}
	plain, other := masks(0), masks(3)
	if len(plain) == 0 {
		t.Fatal("nothing is masked")
	}
	same := func(a, b model.Mask) bool {
		return a.Collection == b.Collection && a.Keep == b.Keep && slices.Equal(a.Fields, b.Fields)
	}
	if !slices.EqualFunc(plain, other, same) {
		t.Errorf("masks %v, and with new hidden fields %v", plain, other)
	}
	for _, m := range plain {
		if !m.Keep || m.Collection == model.Jobs && slices.Contains(m.Fields, model.JobCustomer) {
			t.Errorf("mask %+v, want what is kept, without the customer", m)
		}
	}
}

// TestW28_NamingACustomerShowsThemToNobody: who may not look customers up does not get one by its id.
func TestW28_NamingACustomerShowsThemToNobody(t *testing.T) {
	c := newCompany(t)
	cust := c.made(model.Customers, set(2, model.Text("ACME")))
	site := c.made(model.Sites, under(cust), set(2, model.Text("5 Mill Lane")))
	c.level(c.sue, model.Subcontractor, map[access.Permission]access.Level{
		access.MobileCreateJob: access.On, access.MobileCustomers: access.ReadOnly,
	})
	sue, ben := c.device(c.sue, model.Subcontractor), c.device(c.ben, model.Mobile)
	job := model.RecordID(newChange(t))
	for i, a := range c.push(sue.conn,
		c.change(c.sue, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("x")),
			set(model.JobCustomer, model.Ref(cust)), set(model.JobSite, model.Ref(site))),
		c.change(c.sue, model.OpCreate, model.Assignments, model.RecordID(newChange(t)), under(job), set(model.AssignmentUser, model.Ref(c.sue))),
	) {
		if a.Outcome != model.OutcomeApplied {
			t.Fatalf("change %d = %v reason %d, want applied", i, a.Outcome, a.Reason)
		}
	}
	sue.want("named by her, who has no directory", false, cust, site)
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
	ben.want("named by a subcontractor, for a colleague", false, cust, site)
	c.device(c.amy, model.Desktop)
	c.push(c.office(), c.edit(c.amy, job, model.JobCustomer, model.Ref(cust)))
	sue.want("the office made the link its own", true, cust)
	sue.want("the other link is still hers", false, site)
}

// TestB4_WhoPicksFromTheDirectoryShowsIt: a customer picked by a user with the directory is seen by all who work on the
// job, and stays when its author may pick no more.
func TestB4_WhoPicksFromTheDirectoryShowsIt(t *testing.T) {
	c := newCompany(t)
	cust := c.made(model.Customers, set(2, model.Text("ACME")))
	create := map[access.Permission]access.Level{access.MobileCreateJob: access.On}
	c.level(c.ben, model.Mobile, create)
	c.level(c.sue, model.Subcontractor, map[access.Permission]access.Level{access.MobileCustomers: access.ReadOnly})
	ben, sue := c.device(c.ben, model.Mobile), c.device(c.sue, model.Subcontractor)
	ben.want("the directory", true, cust)
	job := model.RecordID(newChange(t))
	c.push(ben.conn, c.change(c.ben, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("x")), set(model.JobCustomer, model.Ref(cust))))
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
	c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.sue)))
	sue.want("picked by a colleague from the directory", true, cust)
	delete(create, access.MobileCreateJob)
	c.level(c.ben, model.Mobile, create)
	c.device(c.amy, model.Desktop)
	c.push(c.office(), c.edit(c.amy, job, model.JobTitle, model.Text("y")))
	ben.want("of a job of his, without the directory", true, cust)
	sue.want("the link stands", true, cust)
}

// TestH3_TheAddressComesWhenTheWorkerSetsOut: under this setting a user with customers Hidden gets the card of a job by
// travelling there, and another on the same job does not get it by that.
func TestH3_TheAddressComesWhenTheWorkerSetsOut(t *testing.T) {
	c := newCompany(t)
	rule := func(r model.JobCardRule) {
		if _, err := c.e.Configure(context.Background(), c.id, setting(func(s *model.Settings) { s.HiddenJobCard = r }), c.now); err != nil {
			t.Fatal(err)
		}
	}
	rule(model.CardAddressOnTravel)
	hidden := map[access.Permission]access.Level{access.MobileCustomers: access.Hidden}
	c.level(c.sue, model.Subcontractor, hidden)
	job, _ := c.newJob(c.sue, 0)
	withdraw := c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
	card := c.made(model.JobCards, under(job), set(model.CardAddress, model.Text("5 Mill Lane")))
	sue, ben := c.device(c.sue, model.Subcontractor), c.device(c.ben, model.Mobile)
	sue.want("the job", true, job)
	sue.want("before she sets out", false, card)
	ben.want("customers Full", true, card)
	c.level(c.ben, model.Mobile, hidden)
	ben.want("customers Hidden from now on", false, card)
	event := func(u model.UserID, conn model.Connection, kind string) {
		t.Helper()
		ch := c.change(u, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text(kind)), set(model.VisitEventVisit, model.Int(1)))
		if a := c.push(conn, ch)[0]; a.Outcome != model.OutcomeApplied {
			t.Fatalf("%s = %v reason %d, want applied", kind, a.Outcome, a.Reason)
		}
	}
	event(c.sue, sue.conn, "accept")
	sue.want("she has accepted", false, card)
	event(c.sue, sue.conn, "travel")
	sue.want("she travels", true, card)
	ben.want("he does not", false, card)
	second := c.made(model.JobCards, under(job), set(model.CardAddress, model.Text("the gate is at the back")))
	sue.want("a card that comes on the way", true, second)
	event(c.ben, ben.conn, "start")
	ben.want("he has started", true, card)
	c.made(model.OfficeEvents, under(job), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(withdraw)))
	ben.want("it is not his job any more", false, card)
	rule(model.CardSiteOnly)
	other, _ := c.newJob(c.sue, 0)
	sue.want("site only: at once", true, c.made(model.JobCards, under(other), set(model.CardAddress, model.Text("x"))))
}

// TestB2_FlagsOfAJobAreTheOffices: they tell of the visits of others, and of what waits for the office's eye.
func TestB2_FlagsOfAJobAreTheOffices(t *testing.T) {
	c := newCompany(t)
	job, _ := c.newJob(c.sue, 0)
	his := c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
	sue, ben, amy := c.device(c.sue, model.Subcontractor), c.device(c.ben, model.Mobile), c.device(c.amy, model.Desktop)
	c.push(ben.conn, c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{}, under(job), set(model.VisitEventKind, model.Text("start")), set(model.VisitEventVisit, model.Int(1))))
	c.made(model.OfficeEvents, under(job), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(his)))
	sue.want("her job", true, job)
	amy.sync()
	if amy.rows[job][model.JobFlags].Text() == "" {
		t.Fatal("a worker was taken off a job that he had started, and no flag was raised")
	}
	if v, there := sue.rows[job][model.JobFlags]; there {
		t.Errorf("a subcontractor gets the flags %q", v.Text())
	}
}

// TestD7_ReferencesComeInOrder: a job's customer and site come into an audience in one order, in which what waits for
// them is judged again.
func TestD7_ReferencesComeInOrder(t *testing.T) {
	c := newCompany(t)
	for range 20 {
		cust := c.made(model.Customers, set(2, model.Text("ACME")))
		site := c.made(model.Sites, under(cust), set(2, model.Text("5 Mill Lane")))
		job := c.made(model.Jobs, set(model.JobTitle, model.Text("x")), set(model.JobCustomer, model.Ref(cust)), set(model.JobSite, model.Ref(site)))
		c.made(model.Assignments, under(job), set(model.AssignmentUser, model.Ref(c.ben)))
		got := c.e.EnteredByRefer(c.id, job)
		if len(got) != 2 || bytes.Compare(got[0][:], got[1][:]) > 0 {
			t.Fatalf("entered %v, want both, ascending", got)
		}
	}
}

// TestI10_OneAnswerForEverythingADeviceHolds: however much it is, what a device may not hold is named in one look, and
// what leaves after that look is retracted by the feed from the cursor it gave.
func TestI10_OneAnswerForEverythingADeviceHolds(t *testing.T) {
	c := newCompany(t)
	job, asg := c.newJob(c.ben, 0)
	ben := c.phone(c.ben, model.Mobile)
	held := []model.RecordID{job, asg}
	for range 20_000 {
		held = append(held, model.RecordID(newChange(t)))
	}
	p, err := c.e.Reconcile(context.Background(), ben, held, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if len(p.Retracts) != 20_000 || slices.Contains(p.Retracts, job) {
		t.Fatalf("%d retracts, want the 20,000 that are not his", len(p.Retracts))
	}
	c.made(model.OfficeEvents, under(job), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg)))
	next, err := c.e.Pull(context.Background(), model.Pull{Connection: ben, Cursor: p.Cursor}, c.now)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Contains(next.Retracts, job) || !slices.Contains(next.Retracts, asg) {
		t.Errorf("retracts %v, want the job that left after the answer", next.Retracts)
	}
}
