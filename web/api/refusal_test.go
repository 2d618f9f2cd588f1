package api

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// reasons reads from the source of the model which reasons there are: a new one must not be forgotten here.
func reasons(t *testing.T) map[string]model.Reason {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../../sync/model/outcome.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]model.Reason{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || len(spec.Values) != 1 || !strings.HasPrefix(spec.Names[0].Name, "Reason") {
			return true
		}
		literal, ok := spec.Values[0].(*ast.BasicLit)
		if !ok {
			t.Fatalf("%s has no number of its own", spec.Names[0].Name)
		}
		number, err := strconv.ParseUint(literal.Value, 10, 16)
		if err != nil {
			t.Fatal(err)
		}
		out[spec.Names[0].Name] = model.Reason(number)
		return true
	})
	if len(out) < 20 {
		t.Fatalf("only %d reasons were found", len(out))
	}
	return out
}

func TestEveryReasonIsTold(t *testing.T) {
	all := reasons(t)
	for name, reason := range all {
		told, ok := refusals[reason]
		if reason == model.ReasonNone {
			continue
		}
		if _, known := problem.Lookup(told[0]); !ok || !known {
			t.Errorf("%s (%d) is told as %q, which is no code of the catalogue", name, reason, told[0])
		}
		if p := refusal(model.Answer{Outcome: model.OutcomeHeld, Reason: reason}); p.Code != told[0] || p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s is told as %d %s", name, p.Status, p.Code)
		}
	}
	if len(refusals) != len(all)-1 {
		t.Errorf("%d reasons are told, there are %d", len(refusals), len(all)-1)
	}
	if p := refusal(model.Answer{Outcome: model.OutcomeRecorded}); p.Code != "refused" || !strings.Contains(p.Detail, "recorded") {
		t.Errorf("an outcome without a reason is told as %s: %s", p.Code, p.Detail)
	}
}

// TestNoteIsSmall: what a request keeps for its repeat fits what a request may keep, whatever it asked for.
func TestNoteIsSmall(t *testing.T) {
	p := &performer{results: make([]result, MaxOperations)}
	for i := range p.results {
		p.results[i] = result{status: statusUnchanged, id: model.RecordID{0xff}, external: strings.Repeat("<", 255), problem: problem.New("unsupported_media_type", "")}
		p.of = append(p.of, i)
	}
	if n := len(p.note()); n == 0 || n > 64<<10 {
		t.Errorf("the note has %d bytes", n)
	}
}
