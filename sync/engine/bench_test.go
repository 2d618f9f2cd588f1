package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// newJob makes a job with children notes, and assigns it to a user; it gives the job and the assignment.
func (c *company) newJob(user model.UserID, children int) (job, asg model.RecordID) {
	c.t.Helper()
	job, asg = model.RecordID(newChange(c.t)), model.RecordID(newChange(c.t))
	changes := []model.Change{
		c.change(c.amy, model.OpCreate, model.Jobs, job, set(model.JobTitle, model.Text("Boiler"))),
		c.change(c.amy, model.OpCreate, model.Assignments, asg, set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(user))),
	}
	for i := range children {
		changes = append(changes, c.change(c.amy, model.OpCreate, model.Notes, model.RecordID{},
			set(model.FieldParent, model.Ref(job)), set(model.NoteText, model.Text(fmt.Sprint("note ", i))),
			set(model.NoteAudience, model.Text("field"))))
	}
	for part := range slices.Chunk(changes, 100) {
		for i, a := range c.push(c.office(), part...) {
			if a.Outcome != model.OutcomeApplied {
				c.t.Fatalf("change %d = %v reason %d, want applied", i, a.Outcome, a.Reason)
			}
		}
	}
	return job, asg
}

// stores runs a benchmark on both drivers: what the engine costs, and what it costs with the disk.
func stores(b *testing.B, run func(b *testing.B, c *company)) {
	b.Helper()
	b.Run("memstore", func(b *testing.B) { run(b, newCompany(b)) })
	b.Run("badgerstore", func(b *testing.B) {
		s, err := badgerstore.Open(badgerstore.Config{
			Dir: b.TempDir(), NewIncarnation: func() model.Incarnation { return 1 << 32 },
		})
		if err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() {
			if err := s.Close(); err != nil {
				b.Error(err)
			}
		})
		run(b, newCompanyOn(b, s))
	})
}

// BenchmarkReassign moves a job with 500 children from one engineer to another and back.
func BenchmarkReassign(b *testing.B) { stores(b, reassign) }

func reassign(b *testing.B, c *company) {
	b.Helper()
	job, asg := c.newJob(c.ben, 500)
	users := []model.UserID{c.sue, c.ben}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		withdraw := c.change(c.amy, model.OpCreate, model.OfficeEvents, model.RecordID{},
			set(model.FieldParent, model.Ref(job)), set(model.OfficeEventKind, model.Text("withdraw")), set(model.OfficeEventOf, model.Ref(asg)))
		asg = model.RecordID(newChange(b))
		assign := c.change(c.amy, model.OpCreate, model.Assignments, asg,
			set(model.FieldParent, model.Ref(job)), set(model.AssignmentUser, model.Ref(users[i%2])))
		c.push(c.office(), withdraw, assign)
	}
}

// BenchmarkStatusChange is one event of a visit on a job with 20 children.
func BenchmarkStatusChange(b *testing.B) { stores(b, statusChange) }

func statusChange(b *testing.B, c *company) {
	b.Helper()
	job, _ := c.newJob(c.ben, 20)
	ben := c.phone(c.ben, model.Mobile)
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		if b.N%50 == 0 {
			job, _ = c.newJob(c.ben, 20)
		}
		b.StartTimer()
		c.push(ben, c.change(c.ben, model.OpCreate, model.VisitEvents, model.RecordID{},
			set(model.FieldParent, model.Ref(job)), set(model.VisitEventKind, model.Text("start")), set(model.VisitEventVisit, model.Int(1))))
	}
}

// BenchmarkNote is a note of 400 bytes on one of 50 jobs of its author, the commonest change of all.
func BenchmarkNote(b *testing.B) { stores(b, note) }

func note(b *testing.B, c *company) {
	b.Helper()
	var jobs []model.RecordID
	for range 50 {
		job, _ := c.newJob(c.ben, 0)
		jobs = append(jobs, job)
	}
	ben, text := c.phone(c.ben, model.Mobile), strings.Repeat("tight ", 67)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		c.push(ben, c.change(c.ben, model.OpCreate, model.Notes, model.RecordID{},
			set(model.FieldParent, model.Ref(jobs[i%len(jobs)])), set(model.NoteText, model.Text(text)), set(model.NoteAudience, model.Text("field"))))
	}
}

// BenchmarkSearch looks words up in a directory of 50,000 customers, as a desk and a phone with the directory do.
func BenchmarkSearch(b *testing.B) { stores(b, searchDirectory) }

func searchDirectory(b *testing.B, c *company) {
	b.Helper()
	const customers = 50_000
	names := []string{"Miller", "Bäckerei Schmidt", "Town Hall", "Harbour Office", "St Mary's School", "Parkinson & Daughters"}
	streets := []string{"Mill Lane", "High Street", "Station Road", "Quay", "Church Walk"}
	for made := 0; made < customers; {
		var changes []model.Change
		for range 200 {
			made++
			changes = append(changes, c.change(c.amy, model.OpCreate, model.Customers, model.RecordID(newChange(b)),
				set(2, model.Text(fmt.Sprintf("%s %d", names[made%len(names)], made))), set(4, model.Text(fmt.Sprintf("+44 20 7%03d %04d", made%1000, made%10_000))),
				set(5, model.Text(fmt.Sprintf("office%d@example.com", made))),
				set(6, model.Text(fmt.Sprintf("%d %s, London N%d", made%300, streets[made%len(streets)], made%22)))))
		}
		c.push(c.office(), changes...)
	}
	c.level(c.ben, model.Mobile, map[access.Permission]access.Level{access.MobileCreateJob: access.On})
	ben := c.phone(c.ben, model.Mobile)
	find := func(b *testing.B, words string) {
		b.Helper()
		if _, err := c.e.Search(b.Context(), ben, model.Search{Words: words, Of: []model.Collection{model.Customers}, Limit: 20}); err != nil {
			b.Fatal(err)
		}
	}
	b.Run("cold", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c.e.ForgetPiles()
			b.StartTimer()
			find(b, "miller")
		}
	})
	for _, words := range []string{"m", "miller", "miller 4017 high", "020 7017 4017", "nobody"} {
		b.Run(strings.ReplaceAll(words, " ", "_"), func(b *testing.B) {
			find(b, words)
			var took []time.Duration
			for b.Loop() {
				begun := time.Now()
				find(b, words)
				took = append(took, time.Since(begun))
			}
			slices.Sort(took)
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "p50-ms")
			b.ReportMetric(float64(c.e.PilesSize())/(1<<20), "piles-MB")
		})
	}
	b.Run("after_a_write", func(b *testing.B) {
		for b.Loop() {
			b.StopTimer()
			c.made(model.Customers, set(2, model.Text("Newcomer")))
			b.StartTimer()
			find(b, "miller")
		}
	})
}

// BenchmarkTurn is the turn of a day on which 20 jobs with 20 records each come to a phone, while 1,000 others stay.
func BenchmarkTurn(b *testing.B) { stores(b, turnOver) }

func turnOver(b *testing.B, c *company) {
	b.Helper()
	for range 500 {
		c.planned(c.sue, 1)
		c.planned(c.ben, 200)
	}
	b.ReportAllocs()
	for b.Loop() {
		b.StopTimer()
		for range 20 {
			job, _ := c.newJob(c.ben, 19)
			c.push(c.office(), c.rename2(job, model.JobWindowStart, model.Int(int64(c.now)+31*day)))
		}
		c.now += day
		b.StartTimer()
		c.turn()
	}
}
