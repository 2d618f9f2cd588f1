package merge_test

import (
	"cmp"
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/merge"
	"github.com/fieldsync/fieldsync/sync/model"
)

// laws is what a policy claims of its merging. Every policy claims that merging groups as one likes (associative), that what
// comes twice counts once (idempotent), and that a device's edits of one field are judged as their last one.
type laws struct {
	commutes bool // the order of arrival does not matter; else what stands first stands
	always   bool // it decides between a device's own edits too
	ranks    func(s merge.Side, open bool) int
}

// claimed is the laws of each policy, as domain (c) says them and not as the code does: of two sides the one of the higher rank
// stands, of one rank the later.
var claimed = map[model.Policy]laws{
	model.PolicyField: {commutes: true, ranks: func(s merge.Side, open bool) int {
		if open != s.Office {
			return 1
		}
		return 0
	}},
	model.PolicyOffice: {commutes: true, ranks: officeFirst}, model.PolicyThreeWay: {commutes: true, ranks: officeFirst},
	model.PolicyLatest: {commutes: true, ranks: func(merge.Side, bool) int { return 0 }},
	model.PolicyMax:    {commutes: true, always: true, ranks: func(s merge.Side, _ bool) int { return int(s.Value.Int()) }},
	model.PolicyOnce:   {}, model.PolicyAppend: {}, model.PolicyState: {}, model.PolicyDelta: {}, model.PolicyCompare: {}, model.PolicyServer: {},
}

func officeFirst(s merge.Side, _ bool) int {
	if s.Office {
		return 1
	}
	return 0
}

// op is one device's edit of one field.
type op struct {
	device, number, field int
	merge.Side
}

// rules is how a case is played: the code's decision, and what a server does around it.
type rules struct {
	resolve func(p model.Policy, current, incoming merge.Side, open bool) merge.Verdict
	clashes bool // planted: a device's second edit clashes with its own first
	forgets bool // planted: what came before is an edit anew
	whole   bool // planted: an edit writes the record as its device had it
}

// play lets edits arrive in an order, and gives what stands in each field; a zero op is the base. A device makes its second
// edit on its first, without having heard of the others.
func (r rules) play(p model.Policy, order []*op, open bool) (fields [3]*op) {
	for _, o := range order {
		switch cur := fields[o.field]; {
		case cur == nil: // on an unchanged base there is nothing to decide
		case cur.device == o.device && !r.clashes && !claimed[p].always:
			if cur.number >= o.number && !r.forgets {
				continue
			}
		case r.resolve(p, cur.Side, o.Side, open) == merge.Keep:
			continue
		}
		if r.whole {
			fields = [3]*op{}
		}
		fields[o.field] = o
	}
	return fields
}

// expected is what must stand: the oracle, which has nothing of the code.
func expected(l laws, order []*op, open bool) (fields [3]*op) {
	for f := range fields {
		var here []*op
		for _, o := range order {
			if o.field == f {
				here = append(here, o)
			}
		}
		if len(here) == 0 {
			continue
		}
		if l.commutes {
			fields[f] = slices.MaxFunc(here, func(a, b *op) int {
				office := func(o *op) int { return officeFirst(o.Side, open) }
				return cmp.Or(cmp.Compare(l.ranks(a.Side, open), l.ranks(b.Side, open)), cmp.Compare(a.Occurred, b.Occurred),
					cmp.Compare(office(a), office(b)), a.Change.Compare(b.Change))
			})
			continue
		}
		for _, o := range here { // the last edit of whoever came first
			if o.device == here[0].device && (fields[f] == nil || o.number > fields[f].number) {
				fields[f] = o
			}
		}
	}
	return fields
}

// arrivals is every order in which two edits each of three devices can arrive, a device's own in its order.
var arrivals = func() (out [][]int) {
	var grow func(order []int, left [3]int)
	grow = func(order []int, left [3]int) {
		if len(order) == 6 {
			out = append(out, slices.Clone(order))
		}
		for d := range left {
			if left[d] > 0 {
				next := left
				next[d]--
				grow(append(order, 2*d+2-left[d]), next)
			}
		}
	}
	grow(nil, [3]int{2, 2, 2})
	return out
}()

// scope calls f with every case of the small scope: 3 devices, of which some are the office's, with 2 edits each of 3 fields,
// at times that meet and cross.
func scope(f func(ops []*op, open bool)) {
	times := [][6]model.Instant{{1, 4, 2, 5, 3, 6}, {1, 6, 2, 3, 2, 3}, {5, 6, 3, 4, 1, 2}}
	for n := range 3 * 3 * 3 * 3 * 3 { // the first edit is of the first field: which is which means nothing
		for sides := range 8 {
			ops, left := make([]*op, 6), 3*n
			for i := range ops {
				d := i / 2
				ops[i] = &op{device: d, number: i % 2, field: left % 3, Side: field(byte(i+1), times[n%len(times)][i])}
				ops[i].Office = sides>>d&1 == 1
				left /= 3
			}
			f(ops, false)
			f(ops, true)
		}
	}
}

// broken finds a case of the small scope in which a policy is not what it claims, and says which law; "" when there is none.
// witness is two orders of one case after which another stands; "" when there are none.
func (r rules) broken(p model.Policy, l laws) (law string, cases int, witness string) {
	scope(func(ops []*op, open bool) {
		if law != "" {
			return
		}
		cases++
		var first [3]*op
		for i, arrival := range arrivals {
			order := make([]*op, len(arrival))
			for k, n := range arrival {
				order[k] = ops[n]
			}
			got := r.play(p, order, open)
			switch {
			case i == 0:
				first = got
			case got != first && l.commutes:
				law = "the order of arrival matters"
				return
			case got != first && witness == "":
				witness = fmt.Sprintf("%v and %v", arrivals[0], arrival)
			}
			again := slices.Clone(order)
			if slices.Reverse(again); r.play(p, append(slices.Clone(order), again...), open) != got {
				law = "what comes twice counts twice"
				return
			}
			if got != expected(l, order, open) {
				law = "another stands than must"
				return
			}
		}
		law = r.grouped(p, l, ops, open)
	})
	return law, cases, witness
}

// grouped checks that two and two are decided alike, however they are grouped.
func (r rules) grouped(p model.Policy, l laws, ops []*op, open bool) string {
	pick := func(a, b *op) *op {
		if r.resolve(p, a.Side, b.Side, open) == merge.Take {
			return b
		}
		return a
	}
	for _, a := range ops {
		for _, b := range ops {
			if l.commutes && pick(a, b) != pick(b, a) {
				return "two are decided by who comes first"
			}
			for _, c := range ops {
				if pick(pick(a, b), c) != pick(a, pick(b, c)) {
					return "it matters how they are grouped"
				}
			}
		}
	}
	return ""
}

// TestC_LawsAtSmallScope proves by enumeration what each policy claims, and shows of the others that the order matters.
func TestC_LawsAtSmallScope(t *testing.T) {
	all := 0
	for p := model.PolicyOnce; p <= model.PolicyServer; p++ {
		l, ok := claimed[p]
		if !ok {
			t.Fatalf("policy %d claims nothing", p)
		}
		law, cases, witness := rules{resolve: merge.Resolve}.broken(p, l)
		if law != "" {
			t.Errorf("policy %d: %s", p, law)
		}
		if (witness == "") != l.commutes {
			t.Errorf("policy %d: that the order does not matter is claimed: %v; where it does: %q", p, l.commutes, witness)
		}
		t.Logf("policy %d: %d cases in %d orders each; edits that arrive in another order, and another stands: %s", p, cases, len(arrivals),
			cmp.Or(witness, "none"))
		all += cases
	}
	if t.Logf("%d cases", all); all < 5000 {
		t.Errorf("%d cases are too few", all)
	}
}

// TestC_EveryFieldHasLaws: every field there is, and every one that a company may add, has a policy of which the laws are known.
func TestC_EveryFieldHasLaws(t *testing.T) {
	var own []model.Custom
	for i, p := range []model.Policy{model.PolicyField, model.PolicyOffice} {
		own = append(own, model.Custom{Collection: model.Jobs, Field: model.Field{
			No: model.FirstCustomField + model.FieldNo(i), Name: "own", Type: model.TypeText, Max: 10, Class: model.ClassWork, Policy: p,
			Writers: model.WriterOffice | model.WriterAssignee, Nature: model.Claim,
		}})
	}
	own[1].Field.Name = "other"
	table, err := model.NewTable(model.Builtin(), own)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range model.Builtin() {
		spec, _ := table.Spec(b.No)
		for _, f := range spec.Fields {
			if _, ok := claimed[f.Policy]; !ok && f.Policy != 0 {
				t.Errorf("%s.%s has a policy without laws: %d", spec.Name, f.Name, f.Policy)
			}
		}
	}
}

// TestC_BrokenMergesAreFound plants a bug against each law.
func TestC_BrokenMergesAreFound(t *testing.T) {
	always := func(model.Policy, merge.Side, merge.Side, bool) merge.Verdict { return merge.Take }
	for bug, r := range map[string]rules{
		"the last upload wins": {resolve: always},
		"the earlier stands": {resolve: func(p model.Policy, cur, in merge.Side, open bool) merge.Verdict {
			cur.Occurred, in.Occurred = -cur.Occurred, -in.Occurred
			return merge.Resolve(p, cur, in, open)
		}},
		"ties go to who comes": {resolve: func(p model.Policy, cur, in merge.Side, open bool) merge.Verdict {
			if cur.Occurred == in.Occurred && cur.Change != in.Change {
				return merge.Take
			}
			return merge.Resolve(p, cur, in, open)
		}},
		"rock, paper, scissors": {resolve: func(_ model.Policy, cur, in merge.Side, _ bool) merge.Verdict {
			if (in.Change[0]+3-cur.Change[0])%3 == 1 {
				return merge.Take
			}
			return merge.Keep
		}},
		"a visit is always open": {resolve: func(p model.Policy, cur, in merge.Side, _ bool) merge.Verdict {
			return merge.Resolve(p, cur, in, true)
		}},
		"a chain clashes with itself": {resolve: merge.Resolve, clashes: true},
		"what comes twice is new":     {resolve: merge.Resolve, forgets: true},
		"the whole record is written": {resolve: merge.Resolve, whole: true},
	} {
		found := ""
		for p := model.PolicyOnce; p <= model.PolicyServer && found == ""; p++ {
			found, _, _ = r.broken(p, claimed[p])
		}
		if found == "" {
			t.Errorf("%s: nothing finds it", bug)
		}
		t.Logf("%s: %s", bug, found)
		grouped := ""
		scope(func(ops []*op, open bool) {
			grouped = cmp.Or(grouped, r.grouped(model.PolicyOnce, claimed[model.PolicyOnce], ops, open))
		})
		if bug == "rock, paper, scissors" && grouped == "" {
			t.Error("that it matters how values are grouped is not found")
		}
	}
}
