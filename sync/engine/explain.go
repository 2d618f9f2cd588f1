package engine

import (
	"context"
	"errors"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Explain says whether a user may do something, and which rule decides it (domain V18, W49). It judges as feed and
// committer do, in the same functions, and tells the reasons that they do not. What the caller does not see is answered as
// what never was, and a field that they do not see is left out. model.ErrUnknown when there is no such user; the errors
// of [desk.oversees].
func (e *Engine) Explain(ctx context.Context, c model.Caller, q model.Inquiry) (model.Explanation, error) {
	var out model.Explanation
	err := e.at(ctx, c, func(d *desk) error {
		s, err := d.subject(q.User, q.Session)
		if err != nil {
			return err
		}
		q.Session = s.conn.Kind
		out = s.explain(q)
		return nil
	})
	return out, err
}

// subject is a user whom somebody at a desk asks about: what feed and committer make of them, in the desk's snapshot.
type subject struct {
	*frame
	desk   *desk
	enter  access.Ground
	rights *access.Rights // nil: they cannot enter
}

// subject finds the user. Rights that cannot be read are an error, never none.
func (d *desk) subject(u model.UserID, kind model.UserKind) (*subject, error) {
	if err := d.oversees(); err != nil {
		return nil, err
	}
	p, err := d.person(u, kind)
	if errors.Is(err, model.ErrToken) {
		return nil, model.ErrUnknown
	}
	if err != nil {
		return nil, err
	}
	s := &subject{frame: &frame{tx: d.tx, conn: model.Connection{Tenant: d.id, User: u, Kind: p.who.Kind}}, desk: d}
	if err := s.as(p); err != nil {
		return nil, err
	}
	if s.enter = d.entry(p.account, p.who); !s.enter.Allow {
		s.view, s.seen = model.View{}, false
		return s, nil
	}
	if p.err != nil {
		return nil, p.err
	}
	s.rights, err = access.NewRights(p.who)
	return s, err
}

// overseen is what decides who is shown what: who has which job, and who has set out.
var overseen = []model.Collection{model.Jobs, model.Assignments, model.VisitEvents}

// oversees is an error when the caller does not see whose jobs are whose, since an answer about somebody else's view
// would tell: model.ErrScoped by their key, model.ErrLevel by their level.
func (d *desk) oversees() error {
	for _, no := range overseen {
		if spec, _ := d.table.Spec(no); !d.caller.Scopes.Reads(spec.Name) {
			return model.ErrScoped
		}
	}
	if !d.names[model.AudienceName{Kind: model.AudienceOffice}] {
		return model.ErrLevel
	}
	return nil
}

// explain answers, as far as the caller sees what it is about.
func (s *subject) explain(q model.Inquiry) model.Explanation {
	out := model.Explanation{Inquiry: q}
	deny := func(r access.Rule) model.Explanation {
		out.Ground = told(access.Ground{Rule: r})
		return out
	}
	var r *model.Record
	if !q.Record.IsZero() {
		var not access.Rule
		if r, not = s.desk.find(q.Record); not != "" {
			return deny(not)
		}
	}
	if r != nil && q.Action != model.ActionCreate {
		out.Collection = r.Collection
	}
	spec, ok := s.table.Spec(out.Collection)
	if !ok || s.desk.view.Classes.Of(spec.No) == 0 || r == nil && q.Action >= model.ActionEdit {
		return deny(access.RuleMissing)
	}
	var g access.Ground
	switch q.Action {
	case model.ActionCreate:
		if g, out.Fields = s.creates(spec, r); g.Allow && spec.No == model.Assignments {
			out.AssignTo = s.assignTo()
		}
	case model.ActionEdit:
		g, out.Fields = s.edits(spec, r)
	case model.ActionDelete:
		if g = s.see(spec, r); g.Allow {
			g = access.Delete(s.who, spec, s.situation(r))
		}
	default:
		g, out.Fields = s.sees(spec, r)
	}
	if out.Ground = told(g); len(out.AssignTo) > 0 {
		out.Text += "; " + assignText(out.AssignTo)
	}
	return out
}

// find finds a record that the caller sees. One that they saw until it was deleted is deleted; anything else is
// missing, whatever it is.
func (d *desk) find(id model.RecordID) (*model.Record, access.Rule) {
	r := d.record(id)
	switch {
	case r == nil, d.view.Classes.Of(r.Collection) == 0:
		return nil, access.RuleMissing
	case r.Deleted && d.sawEnd(r):
		return nil, access.RuleDeleted
	case !d.shown(r):
		return nil, access.RuleMissing
	}
	return r, ""
}

// sawEnd says whether the caller saw a tombstone, and what it hung on, until it was deleted.
func (d *desk) sawEnd(r *model.Record) bool {
	for range 5 { // the table nests no deeper
		switch {
		case r == nil, d.view.Classes.Of(r.Collection) == 0:
			return false
		case !r.Deleted:
			return d.shown(r)
		case !endedIn(r, d.view):
			return false
		case r.Parent().IsZero():
			return true
		}
		r = d.record(r.Parent())
	}
	return false
}

// endedIn says whether a tombstone was in an audience of a view when it was deleted.
func endedIn(r *model.Record, v model.View) bool {
	var end model.Seq
	for _, m := range r.Memberships {
		for _, iv := range m.Intervals {
			end = max(end, iv.Out)
		}
	}
	for _, m := range r.Memberships {
		if n := len(m.Intervals); n > 0 && v.In(m.Audience) && m.Intervals[n-1].Out == end {
			return true
		}
	}
	return false
}

// sees is a collection, or a record with its fields.
func (s *subject) sees(spec *model.Spec, r *model.Record) (access.Ground, []model.FieldGround) {
	if r == nil {
		if !s.enter.Allow {
			return s.enter, nil
		}
		return s.rights.Collection(spec.No), nil
	}
	whole := s.see(spec, r)
	var fields map[model.FieldNo]access.Ground
	if whole.Allow {
		fields = access.Fields(s.table, r, s.view, s.rights)
	}
	var out []model.FieldGround
	for _, f := range access.Project(s.table, r, s.desk.view, nil).Fields {
		if f.Value.IsNull() {
			continue
		}
		field, _ := spec.Field(f.Field)
		g := whole
		if whole.Allow {
			g = fields[f.Field]
			g.Allow = g.Allow || planted("explain-ignores-class")
		}
		out = append(out, model.FieldGround{Field: f.Field, Class: field.Class, Ground: told(g)})
	}
	return whole, out
}

// see says why a record is shown, or is not. Whether it is, is said by what the feed asks; the rights only give the
// reason.
func (s *subject) see(spec *model.Spec, r *model.Record) access.Ground {
	if !s.enter.Allow {
		return s.enter
	}
	through, not := s.sight(r, s.view)
	if not != "" && planted("explain-ignores-audience") {
		return access.Ground{Allow: true, Rule: access.RuleAssignment}
	}
	switch not {
	case "":
		g := s.rights.Inside(s.audienceName(through))
		g.Allow = true
		return s.dated(g, r)
	case access.RuleAudience:
		c := s.circle(spec, r)
		if s.away(r, model.RecordID(s.who.User)) {
			c.Away = []model.UserID{s.who.User}
		}
		return s.dated(s.rights.Outside(spec, s.namesOf(r), c), r)
	default:
		return access.Ground{Rule: not}
	}
}

// dated adds to a ground on which days phones carry the job that a record is or hangs on, where that decides.
func (s *subject) dated(g access.Ground, r *model.Record) access.Ground {
	job := s.jobOf(r)
	if job == nil || g.Rule != access.RuleWindow && !access.Windowed(g.Through) {
		return g
	}
	span := s.span(job)
	g.Since, g.Until = span.Since.String(), span.Until.String()
	return g
}

// namesOf is the audiences that a record is in now.
func (t *tx) namesOf(r *model.Record) (out []model.AudienceName) {
	for _, m := range r.Memberships {
		if m.Open() {
			out = append(out, t.audienceName(m.Audience))
		}
	}
	return out
}

// creates judges the making of a record below another one, or below nothing.
func (s *subject) creates(spec *model.Spec, parent *model.Record) (access.Ground, []model.FieldGround) {
	switch {
	case !s.enter.Allow:
		return s.enter, nil
	case parent == nil && hangs(spec), parent != nil && (!s.adds(spec, parent) || spec.Parent != 0 && parent.Collection != spec.Parent):
		return access.Ground{Rule: access.RuleParent}, nil
	}
	of := s.making(spec, parent)
	g := access.Create(s.who, spec, of)
	if !g.Allow {
		return g, nil
	}
	return g, s.each(spec, of)
}

// edits judges the editing of a record, which is allowed when some field that the caller sees may be edited.
func (s *subject) edits(spec *model.Spec, r *model.Record) (access.Ground, []model.FieldGround) {
	g := s.see(spec, r)
	if !g.Allow {
		return g, nil
	}
	of := s.situation(r)
	best := access.Ground{Rule: access.RuleWriter}
	for _, field := range s.overseenFields(spec) {
		if g := s.editing(spec, field, of); weight(g) > weight(best) {
			best = g
		}
	}
	return best, s.each(spec, of)
}

// weight orders the grounds of a record's fields by how much they say of the record: that some may be edited, or what
// somebody could change about it that none may.
func weight(g access.Ground) int {
	switch {
	case g.Allow:
		return 3
	case g.Rule == access.RuleLevel:
		return 2
	case g.Rule == access.RuleClass, g.Rule == access.RuleWriter:
		return 0
	default:
		return 1
	}
}

// overseenFields is the fields of a collection that the caller sees.
func (s *subject) overseenFields(spec *model.Spec) (out []*model.Field) {
	for _, no := range access.ShownFields(s.table, s.desk.view, spec.No) {
		field, _ := spec.Field(no)
		out = append(out, field)
	}
	return out
}

// each judges the fields that the caller sees.
func (s *subject) each(spec *model.Spec, of access.Situation) (out []model.FieldGround) {
	for _, field := range s.overseenFields(spec) {
		g := s.editing(spec, field, of)
		if !g.Allow && g.Rule == access.RuleClass {
			g = s.rights.Class(spec.No, field.Class)
		}
		out = append(out, model.FieldGround{Field: field.No, Class: field.Class, Ground: told(g)})
	}
	return out
}

// told is a ground as it leaves the core.
func told(g access.Ground) model.Ground {
	out := model.Ground{Allow: g.Allow, Rule: string(g.Rule), Label: g.Label, Since: g.Since, Until: g.Until, Text: g.String()}
	if g.Permission != 0 {
		out.Permission, out.Level = g.Permission.String(), g.Level.String()
	}
	if g.Rule == access.RuleSetting {
		out.Setting = g.Setting + "=" + g.State
	}
	return out
}
