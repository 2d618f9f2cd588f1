package api

import (
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// customFields marks an operation that takes parameters for a company's own fields, which its description cannot name.
const customFields = "custom fields"

// readQuery reads the request's parameters. One that the operation does not have is never passed over: a misspelt filter
// would give everything, and a misspelt option would be done without.
func (c *call) readQuery(op *huma.Operation) error {
	values, err := url.ParseQuery(c.r.URL.RawQuery)
	if err != nil {
		return problem.New("bad_request", "", problem.Fault{Location: "query", Message: "cannot be read: want NAME=VALUE with & between, and other signs as %XX"})
	}
	known := func(name string) bool {
		_, custom := op.Metadata[customFields]
		return custom && strings.HasPrefix(name, document.KeyCustom+".") ||
			slices.ContainsFunc(op.Parameters, func(p *huma.Param) bool { return p.In == "query" && p.Name == name })
	}
	var faults []problem.Fault
	c.query = map[string]string{}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		switch {
		case !known(name):
			faults = append(faults, problem.Fault{Location: "query." + short(name), Message: "there is no such parameter"})
		case !utf8.ValidString(values[name][0]):
			faults = append(faults, problem.Fault{Location: "query." + name, Message: "is not UTF-8"})
		case len(values[name]) > 1:
			faults = append(faults, problem.Fault{Location: "query." + name, Message: "is there twice; several values of one have commas between"})
		default:
			c.query[name] = values[name][0]
		}
	}
	return asked(faults)
}

// asked is the problem of a request whose parameters have faults; nil when there are none.
func asked(faults []problem.Fault) error {
	if len(faults) == 0 {
		return nil
	}
	return problem.New("bad_request", "", faults[:min(len(faults), 100)]...)
}

// short is a name that was sent, as far as it is repeated.
func short(name string) string {
	if len(name) > 100 {
		return strings.ToValidUTF8(name[:100], "") + "…"
	}
	return name
}

// comparisons are the ways of asking for a field's values, by what stands in brackets behind its name.
var comparisons = map[string]model.Comparison{
	"": model.CompareIs, "from": model.CompareFrom, "below": model.CompareBelow, "has": model.CompareHas,
}

// asks is how a field can be asked for: none of them, for what nobody looks for by value.
func asks(f *model.Field) []string {
	switch f.Type {
	case model.TypeInt, model.TypeMinutes, model.TypeMoney, model.TypeQuantity, model.TypeInstant, model.TypeDate:
		return []string{"", "from", "below"}
	case model.TypeText:
		return []string{"", "has"}
	case model.TypeLong, model.TypeGeo:
		return []string{"has"}
	case model.TypeData, model.TypeAny:
		return nil
	default:
		return []string{""}
	}
}

// asking is the name of the parameter that asks for a field so.
func asking(field, how string) string {
	if how == "" {
		return field
	}
	return field + "[" + how + "]"
}

// condition reads a parameter as a question about a field; message says what is wrong with it.
func (c *call) condition(spec *model.Spec, name, value string) (w model.Condition, message string) {
	field, how, bracket := strings.Cut(strings.TrimSuffix(name, "]"), "[")
	own, custom := strings.CutPrefix(field, document.KeyCustom+".")
	f, ok := document.Find(c.table, spec, own, custom)
	if !ok {
		return w, "there is no such field"
	}
	if bracket != strings.HasSuffix(name, "]") || bracket && how == "" || !slices.Contains(asks(f), how) {
		return w, "cannot be asked for so"
	}
	w = model.Condition{Field: f.No, Op: comparisons[how]}
	texts := []string{value}
	if w.Op == model.CompareIs {
		texts = strings.Split(value, ",")
	}
	for _, text := range texts {
		v, err := model.Text(text), error(nil)
		if w.Op != model.CompareHas {
			v, err = document.ParseText(f, text)
		}
		switch {
		case text == "":
			return w, "want a value; what has none cannot be asked for"
		case err != nil:
			return w, err.Error()
		}
		w.Values = append(w.Values, v)
	}
	return w, ""
}
