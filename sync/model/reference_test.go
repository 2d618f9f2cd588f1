package model_test

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

var update = flag.Bool("update", false, "rewrite docs/reference/model.md")

const reference = "../../docs/reference/model.md"

// TestReference keeps docs/reference/model.md what the table says. Read the diff before committing it.
func TestReference(t *testing.T) {
	want := render(builtin(t))
	if *update {
		if err := os.WriteFile(reference, []byte(want), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(reference)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s is stale; run: go test ./sync/model -run TestReference -update", reference)
	}
}

var typeNames = map[model.Type]string{
	model.TypeText: "text", model.TypeLong: "long text", model.TypeBool: "bool", model.TypeInt: "int",
	model.TypeMoney: "money", model.TypeQuantity: "quantity", model.TypeMinutes: "minutes", model.TypeInstant: "instant",
	model.TypeDate: "date", model.TypeEnum: "enum", model.TypeRef: "reference", model.TypeUser: "id", model.TypeGeo: "geo",
	model.TypeHash: "hash", model.TypeData: "data", model.TypeAny: "any",
}

var policyNames = map[model.Policy]string{
	model.PolicyOnce: "once", model.PolicyAppend: "append", model.PolicyField: "field", model.PolicyOffice: "office",
	model.PolicyLatest: "latest", model.PolicyThreeWay: "three-way", model.PolicyState: "state", model.PolicyDelta: "delta",
	model.PolicyCompare: "compare", model.PolicyMax: "max", model.PolicyServer: "server",
}

var natureNames = map[model.Nature]string{model.Claim: "claim", model.Fact: "fact", model.System: "system"}

var scopeNames = map[model.Scope]string{
	model.ScopeInbox:  "whoever of the office sees what it is about",
	model.ScopeOffice: "the office", model.ScopeJob: "the office and whoever is assigned to the job",
	model.ScopeContacts:   "the office, and the assigned by the job-card setting",
	model.ScopeBills:      "whoever of the office sees invoices, and the company's own assigned by the invoices level",
	model.ScopeQuotes:     "whoever of the office sees quotes, and the company's own assigned by the invoices level",
	model.ScopeAssets:     "whoever of the office sees equipment, and above Hidden whoever has a job that names it, or of the company's own people is at its site",
	model.ScopeParts:      "whoever of the office sees equipment, and whoever moved them",
	model.ScopeStock:      "whoever of the office sees equipment",
	model.ScopeRoutes:     "whoever of the office sees route optimizations",
	model.ScopeMessages:   "whoever of the office sees messages, and both ends",
	model.ScopePeople:     "whoever of the office sees jobs or manages people, the person, the company's own people on a job with them, and a subcontractor's dispatchers",
	model.ScopeAssignee:   "the office and the one user it names",
	model.ScopeDirectory:  "the directory, and above Hidden whoever has a job that refers to it",
	model.ScopePay:        "whoever sees everybody's hours, and the worker by the timesheets level",
	model.ScopeMoney:      "whoever sees money",
	model.ScopeReference:  "everybody of the company",
	model.ScopeOwn:        "the office and the one user it is of",
	model.ScopeDefinition: "whoever sees the class it describes",
	model.ScopeCards:      "the office and whoever is assigned to the job, by the job-card setting once they have set out",
}

var writerNames = []string{"office", "assignee", "author", "creator", "editor", "portal", "server", "addressee"}

func writers(w model.Writers) string {
	var out []string
	for i, name := range writerNames {
		if w>>i&1 == 1 {
			out = append(out, name)
		}
	}
	if out == nil {
		return "nobody"
	}
	return strings.Join(out, ", ")
}

func render(table *model.Table) string {
	var b strings.Builder
	b.WriteString(`# The model

Every collection and field there is, from the one table in ` + "`sync/model`" + ` (` + "`Builtin`" + `). Written by a test; do not
edit: ` + "`go test ./sync/model -run TestReference -update`" + `.

A company's own fields join a collection under random numbers from 65,536. Numbers never change. Sources are ids and
sections of the domain report: R rules, W and V requirements, (b) permissions, (c) merging, (d) jobs, (e) hours.

* **class** says whose view shows the field: structure (whoever sees the record), coarse (a client too), work, customer,
  price, internal (the office), pay.
* **policy** says which value stands when two people changed the field: the first (once), none is lost (append), the
  field while the visit is open (field), the office (office; three-way: unless nobody changed it meanwhile), the latest,
  what follows from events (state), the sum (delta), nobody on a stale base (compare), the server's (server).
* **nature**: a fact is never refused for being late; a claim is judged by the rights of now.
* A field with **!** must be given and is never erased.
`)
	for _, s := range table.Specs() {
		renderSpec(&b, table, s)
	}
	return b.String()
}

func renderSpec(b *strings.Builder, table *model.Table, s *model.Spec) {
	fmt.Fprintf(b, "\n## %d %s\n\n", s.No, s.Name)
	if s.Note != "" {
		fmt.Fprintf(b, "%s.\n\n", strings.ToUpper(s.Note[:1])+s.Note[1:])
	}
	hangs := "nothing"
	if p, ok := table.Spec(s.Parent); ok {
		hangs = p.Name
	}
	fmt.Fprintf(b, "Hangs on %s. Seen by %s. Made by %s, deleted by %s. ", hangs, scopeNames[s.Scope], writers(s.Creates), writers(s.Deletes))
	fmt.Fprintf(b, "A %s", natureNames[s.Nature])
	if s.Append {
		b.WriteString(", keyed by its change")
	}
	if s.Sought {
		b.WriteString(". Its texts are looked through by a search")
	}
	if len(s.OneOf) > 0 {
		var names []string
		for _, no := range s.OneOf {
			f, _ := s.Field(no)
			names = append(names, f.Name)
		}
		fmt.Fprintf(b, "; one of %s must be given", strings.Join(names, ", "))
	}
	fmt.Fprintf(b, ". Source: %s.\n\n", s.Source)
	b.WriteString("| no | field | type | class | policy | written by | nature | source | note |\n|---|---|---|---|---|---|---|---|---|\n")
	for i := range s.Fields {
		f := &s.Fields[i]
		name := f.Name
		if f.Required {
			name += " **!**"
		}
		fmt.Fprintf(b, "| %d | %s | %s | %s | %s | %s | %s | %s | %s |\n", f.No, name, typeOf(table, f), f.Class,
			policyNames[f.Policy], writers(f.Writers), natureNames[f.Nature], f.Source, f.Note)
	}
}

func typeOf(table *model.Table, f *model.Field) string {
	out := typeNames[f.Type]
	switch {
	case f.Type == model.TypeEnum:
		out += ": " + strings.Join(f.Options, ", ")
	case f.Type == model.TypeRef && f.Ref != 0:
		s, _ := table.Spec(f.Ref)
		out += " to " + s.Name
	case f.Type == model.TypeText || f.Type == model.TypeLong || f.Type == model.TypeData || f.Type == model.TypeAny:
		if f.Max > 0 {
			out += fmt.Sprintf(" ≤ %d B", f.Max)
		}
	case f.Min != 0 || f.Max != 0:
		out += fmt.Sprintf(" %d…%d", f.Min, f.Max)
	}
	return out
}
