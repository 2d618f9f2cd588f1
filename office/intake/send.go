package intake

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/sync/model"
)

// batch is units that go into one request.
type batch struct {
	units []unit
	ops   int
	size  int
}

// A request is filled up to these.
const (
	maxOps  = office.MaxOperations
	maxSize = office.MaxBulk * 3 / 4
)

// fits says whether a unit may be added; an empty batch takes any, and the server says what it thinks of it.
func (b *batch) fits(u *unit) bool {
	return b.ops == 0 || b.ops+len(u.ops) <= maxOps && b.size+u.size <= maxSize
}

func (b *batch) add(u unit) {
	b.units = append(b.units, u)
	b.ops += len(u.ops)
	b.size += u.size
}

// send asks for a batch, beside others that are under way. It returns the error of one that has failed.
func (p *pass) send(ctx context.Context, f *file, b batch, preview *Preview) error {
	if b.ops == 0 {
		return nil
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	p.mu.Lock()
	err := p.failed
	p.mu.Unlock()
	if err != nil {
		<-p.slots
		return err
	}
	p.groups.Go(func() {
		defer func() { <-p.slots }()
		results, err := p.ask(ctx, b)
		p.mu.Lock()
		defer p.mu.Unlock()
		if err != nil {
			if p.failed == nil {
				p.failed = err
			}
			return
		}
		p.settle(f, b, results, preview)
	})
	return nil
}

// wait waits for what is under way.
func (p *pass) wait() error {
	p.groups.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.failed
}

// ask makes the request of a batch.
func (p *pass) ask(ctx context.Context, b batch) ([]office.Result, error) {
	bulk := office.Bulk{DryRun: p.how.Rehearse, Operations: make([]office.Operation, 0, b.ops)}
	for i := range b.units {
		for _, op := range b.units[i].ops {
			op.Unit = i + 1
			bulk.Operations = append(bulk.Operations, op)
		}
	}
	return p.company.client.Bulk(ctx, bulk)
}

// settle tells the units of a batch what became of them. p.mu is held.
func (p *pass) settle(f *file, b batch, results []office.Result, preview *Preview) {
	for i := range b.units {
		u := &b.units[i]
		mine := results[:len(u.ops)]
		results = results[len(u.ops):]
		what := p.became(f, u, mine)
		if u.preview > 0 {
			preview.Rows[u.preview-1].What = what
		}
		p.count(f, u, what)
	}
}

// became is what became of a unit by the results of its operations.
func (p *pass) became(f *file, u *unit, results []office.Result) string {
	what := cmp.Or(u.base, office.Unchanged)
	for i, r := range results {
		switch {
		case r.Problem != nil && i == 0 && p.o.OnlyNew && r.Problem.Code == "exists":
			return office.Unchanged
		case r.Problem != nil && p.how.Rehearse && r.Problem.Code == "unknown_reference": // it comes with this run: that was checked
			return u.withReference(p.o.OnlyNew)
		case r.Problem != nil:
			p.refuse(f, u, p.refusal(u, &u.ops[i], r.Problem)...)
			return Bad
		case r.Status == office.Created && i == 0 && u.base == "":
			what = office.Created
		case r.Status != office.Unchanged && what == office.Unchanged:
			what = office.Updated
		}
	}
	if slices.ContainsFunc(results, func(r office.Result) bool { return r.Status == office.Dropped || r.Status == office.Failed }) {
		p.refuse(f, u, Fault{f.Name, u.line, "", "was not decided; run the import again"})
		return Bad
	}
	return what
}

// withReference is what becomes of a unit that refers to what is not there yet.
func (u *unit) withReference(onlyNew bool) string {
	switch {
	case !u.there:
		return office.Created
	case onlyNew:
		return office.Unchanged
	}
	return office.Updated
}

// refusal is why the server did not take a row, in the words of the file.
func (p *pass) refusal(u *unit, op *office.Operation, r *office.Refusal) (out []Fault) {
	d := u.draft
	for _, e := range r.Errors {
		name := e.Location[strings.LastIndexByte(e.Location, '.')+1:]
		out = append(out, Fault{d.file.Name, u.line, p.columnFor(d, op, name), e.Message})
	}
	if len(out) == 0 {
		reason := r.Detail
		if reason == "" {
			reason = r.Title
		}
		out = append(out, Fault{d.file.Name, u.line, "", fmt.Sprintf("%s: %s [%s]", op.Collection, reason, r.Code)})
	}
	return out
}

// columnFor is what the file calls the column that fills a field of an operation.
func (p *pass) columnFor(d *draft, op *office.Operation, name string) string {
	spec, ok := p.table.Named(op.Collection)
	if !ok {
		return name
	}
	for i := range d.file.columns {
		if c := &d.file.columns[i]; c.to.Field != nil && c.to.Of == spec.No && nameOf(c.to) == name {
			return c.name
		}
	}
	if spec.No == model.Jobs && name == "planned_minutes" {
		return d.columnOf("minutes")
	}
	return name
}
