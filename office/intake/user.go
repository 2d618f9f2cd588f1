package intake

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// kindsOfUsers are the words for the kinds of users, and the set of levels that each has.
var kindsOfUsers = map[string]string{
	"desktop": "web", "office": "web", "mobile": "mobile", "field": "mobile", "engineer": "mobile", "portal": "web",
	"clientportal": "web", "subcontractor": "mobile",
}

// roles are those of the office.
var roles = []string{"admin", "planner", "manager", "support"}

// readUser reads a row of a person. Levels are words as "create_job=on customers=hidden", of the set that the kind has, or
// with its name before them, as "web.jobs=full".
func (o *Options) readUser(d *draft) office.NewUser {
	text := func(name string) string { return d.special[name].Text }
	u := office.NewUser{Login: strings.ToLower(text(shape.Login)), Role: strings.ToLower(text(shape.UserRole)), Password: o.Password}
	kind := shape.Fold(text(shape.UserKind))
	set, ok := kindsOfUsers[kind]
	if !ok && kind != "" {
		d.fault(d.columnOf(shape.UserKind), "%q is none of desktop, mobile, portal, subcontractor", sheet.Escape(text(shape.UserKind)))
	}
	u.Kind = map[string]string{"office": "desktop", "field": "mobile", "engineer": "mobile", "clientportal": "portal"}[kind]
	if u.Kind == "" {
		u.Kind = kind
	}
	if u.Role != "" && ok && (u.Kind != model.Desktop.String() || !slices.Contains(roles, u.Role)) {
		d.fault(d.columnOf(shape.UserRole), "%q is no role of a %s user; the office has %s", sheet.Escape(u.Role), u.Kind, strings.Join(roles, ", "))
	}
	if strings.ContainsAny(u.Login, " \r\n\t,;|") {
		d.fault(d.columnOf(shape.Login), "has spaces or commas in it, which no login has")
	}
	levels := map[string]map[string]string{}
	for word := range strings.FieldsFuncSeq(text(shape.Levels), func(r rune) bool { return strings.ContainsRune(" |;,\r\n", r) }) {
		name, level, ok := strings.Cut(word, "=")
		of := set
		if before, rest, dotted := strings.Cut(name, "."); dotted {
			of, name = before, rest
		}
		switch {
		case !ok || of != "web" && of != "mobile":
			d.fault(d.columnOf(shape.Levels), "%q: write PERMISSION=LEVEL, as customers=hidden", sheet.Escape(word))
		case name == "role":
			u.Role = level
		default:
			if levels[of] == nil {
				levels[of] = map[string]string{}
			}
			levels[of][name] = level
		}
	}
	for _, of := range []string{"web", "mobile"} {
		if len(levels[of]) > 0 {
			u.Levels = append(u.Levels, office.LevelSet{Set: of, Levels: levels[of]})
		}
	}
	return u
}

// grantable finds levels that there are not: the server is not asked for them in a rehearsal.
func (p *pass) grantable(d *draft, levels []office.LevelSet) {
	for _, set := range levels {
		for _, name := range slices.Sorted(maps.Keys(set.Levels)) {
			i := slices.IndexFunc(p.company.permissions, func(x office.Permission) bool { return x.Set == set.Set && x.Name == name })
			switch level := set.Levels[name]; {
			case i < 0:
				d.fault(d.columnOf(shape.Levels), "there is no permission %s.%s", set.Set, sheet.Escape(name))
			case !slices.Contains(p.company.permissions[i].Levels, level):
				d.fault(d.columnOf(shape.Levels), "%s.%s is never %q; it is one of %s", set.Set, name, sheet.Escape(level), strings.Join(p.company.permissions[i].Levels, ", "))
			}
		}
	}
}

// user adds a person, or brings their levels to what the file says. What else the file says of them goes to their record, in
// a request with others. An error is not of the row.
func (p *pass) user(ctx context.Context, d *draft) (ops []office.Operation, what string, err error) {
	u := p.o.readUser(d)
	person := d.of(model.People)
	_ = unquote(person["name"], &u.Name)
	p.grantable(d, u.Levels)
	if len(d.faults) > 0 {
		return nil, "", nil
	}
	have, there := p.company.users[u.Login]
	u.Company, err = p.employer(ctx, d)
	switch {
	case err != nil || len(d.faults) > 0:
	case there:
		what, err = p.known(ctx, d, have, u)
	case p.how.Rehearse:
		what, have = office.Created, office.User{Login: u.Login, Kind: u.Kind}
	default:
		what = office.Created
		have, err = p.company.client.AddUser(ctx, u)
	}
	var no *office.Refusal
	if errors.As(err, &no) && no.Status < http.StatusInternalServerError && !(no.Status == http.StatusForbidden && no.Code == "scope_missing") && no.Status != http.StatusUnauthorized {
		d.fault("", "%s", no.Error())
		return nil, "", nil
	}
	if err != nil || len(d.faults) > 0 {
		return nil, "", err
	}
	p.company.users[u.Login] = have
	if !there && p.o.Password == "" {
		p.report.NoSignIn++
	}
	delete(person, "name") // people are never renamed by an import (domain WP4)
	if len(person) == 0 || have.ID.IsZero() || p.o.OnlyNew && there {
		return nil, what, nil
	}
	op := office.Operation{Op: "update", Collection: "people", ID: have.ID.String(), Fields: person.encode()}
	return []office.Operation{op}, what, nil
}

// notThere is the id of a company that comes with this run; in a rehearsal it has none yet.
const notThere = "-"

// employer is the id of the company that a person belongs to; empty when the file says none.
func (p *pass) employer(ctx context.Context, d *draft) (id string, err error) {
	column, outside := shape.Employer, true
	cell, ok := d.special[column]
	if !ok {
		column, outside = shape.Company, false
		if cell, ok = d.special[column]; !ok {
			return "", nil
		}
	}
	name, err := p.o.called(cell.Text, outside)
	if err != nil {
		d.fault(d.columnOf(column), "%v", err)
		return "", nil
	}
	d.refs = append(d.refs, reference{of: model.Customers, to: name, column: d.columnOf(column)})
	if err = p.resolve(ctx, d); err == nil {
		err = p.referred(ctx, d)
	}
	if err != nil || len(d.faults) > 0 {
		return "", err
	}
	name = d.refs[len(d.refs)-1].to
	if there, err := p.company.has(ctx, model.Customers, name); p.how.Rehearse && !there {
		return notThere, err
	}
	return p.company.idOf(ctx, model.Customers, name)
}

// known brings the levels of somebody who is there to what a file says.
func (p *pass) known(ctx context.Context, d *draft, have office.User, u office.NewUser) (what string, err error) {
	if have.Kind != u.Kind {
		d.fault(d.columnOf(shape.UserKind), "%s is a %s user, and nobody's kind is changed by an import", u.Login, have.Kind)
		return "", nil
	}
	if u.Name != "" && u.Name != have.Name {
		p.report.Warnings = append(p.report.Warnings, Fault{d.file.Name, d.line, d.columnOf("name"), fmt.Sprintf("%s is called %q here, and stays so", u.Login, have.Name)})
	}
	if u.Company != "" && have.Company != "" && u.Company != have.Company {
		p.report.Warnings = append(p.report.Warnings, Fault{d.file.Name, d.line, cmp.Or(d.columnOf(shape.Employer), d.columnOf(shape.Company)), fmt.Sprintf("%s belongs to another company here, and stays so", u.Login)})
	}
	what = office.Unchanged
	if p.o.OnlyNew {
		return what, nil
	}
	for _, set := range u.Levels {
		change := map[string]string{}
		for name, level := range set.Levels {
			if have.Levels[set.Set][name] != level {
				change[name] = level
			}
		}
		if len(change) == 0 {
			continue
		}
		what = office.Updated
		if p.how.Rehearse {
			continue
		}
		if _, err := p.company.client.SetLevels(ctx, have.ID, office.LevelSet{Set: set.Set, Levels: change}); err != nil {
			return "", err
		}
	}
	return what, nil
}

// Founder is the person of the office who acts for an import into a company that has nobody of the office yet: the first
// administrator among the files, or else the first desktop user. ok is false when there is none.
func Founder(files []File, o Options) (u office.NewUser, ok bool, err error) {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		return u, false, err
	}
	kinds := shape.Kinds(table)
	for _, in := range files {
		k, err := kindOf(in, kinds, o.Map)
		if err != nil || k.Name != shape.Users {
			continue // what is wrong with a file is told when it is prepared
		}
		f, err := bind(in, k, o.Map)
		if err != nil {
			return u, false, err
		}
		for row, err := range f.Rows() {
			if err != nil {
				return u, false, err
			}
			d := o.understand(f, row)
			one := o.readUser(d)
			if len(d.faults) > 0 || one.Kind != model.Desktop.String() {
				continue
			}
			_ = unquote(d.of(model.People)["name"], &one.Name) // it was just quoted
			if one.Role == "admin" {
				return one, true, nil
			}
			if !ok {
				u, ok = one, true
			}
		}
	}
	return u, ok, nil
}
