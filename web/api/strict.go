package api

import (
	"bytes"
	"encoding"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
	"github.com/fieldsync/fieldsync/web/rest"
)

// strict decodes a JSON body into a Go type, and tells everything that it is not. encoding/json alone takes a name in other
// letters for the field's, and of two of one name the last: what one reader lets through as harmless another would do.
func strict(body []byte, into any) error {
	x := exact{}
	x.value(body, reflect.TypeOf(into).Elem(), "body")
	if len(x.faults) == 0 {
		if err := json.Unmarshal(body, into); err != nil {
			x.fault("body", rest.JSONFault(err))
		}
	}
	return asked(x.faults)
}

// exact compares JSON with a Go type, and gathers what it is not.
type exact struct{ faults []problem.Fault }

func (x *exact) fault(where, message string) {
	x.faults = append(x.faults, problem.Fault{Location: where, Message: message})
}

// raw is a part that somebody else reads: a record's document.
var raw = reflect.TypeFor[json.RawMessage]()

// value compares one value; of no type (nil) it only looks for names that are there twice.
func (x *exact) value(text []byte, t reflect.Type, where string) {
	text = bytes.TrimSpace(text)
	switch {
	case len(text) == 0, t == raw:
	case text[0] == '{' && (t == nil || t.Kind() == reflect.Struct):
		x.object(text, t, where)
	case text[0] == '[' && (t == nil || t.Kind() == reflect.Slice):
		x.list(text, t, where)
	case t == nil:
	case t.Kind() == reflect.Struct || t.Kind() == reflect.Slice || json.Unmarshal(text, reflect.New(t).Interface()) != nil || string(text) == "null":
		x.fault(where, "want "+wanted(t))
	}
}

func (x *exact) object(text []byte, t reflect.Type, where string) {
	seen := map[string]bool{}
	err := document.Members(text, func(name string, value json.RawMessage) {
		place := where + "." + short(name)
		of, known := member(t, name)
		switch {
		case !known:
			x.fault(place, "there is no such field")
		case seen[name]:
			x.fault(place, "is there twice")
		default:
			x.value(value, of, place)
		}
		seen[name] = true
	})
	if err != nil { // it was JSON before
		x.fault(where, err.Error())
	}
}

// member is the type of an object's member by its exact name.
func member(t reflect.Type, name string) (of reflect.Type, known bool) {
	if t == nil {
		return nil, true
	}
	for f := range t.Fields() {
		if own, _, _ := strings.Cut(f.Tag.Get("json"), ","); own == name {
			return f.Type, true
		}
	}
	return nil, false
}

func (x *exact) list(text []byte, t reflect.Type, where string) {
	var parts []json.RawMessage
	if err := json.Unmarshal(text, &parts); err != nil { // it was JSON before
		x.fault(where, rest.JSONFault(err))
	}
	for i, part := range parts {
		var of reflect.Type
		if t != nil {
			of = t.Elem()
		}
		x.value(part, of, fmt.Sprintf("%s[%d]", where, i))
	}
}

// wanted is a Go type's JSON in words.
func wanted(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Struct:
		return "an object"
	case reflect.Slice:
		return "a list"
	case reflect.Bool:
		return "true or false"
	case reflect.Int:
		return "a whole number"
	default:
		return "a string"
	}
}

// formed is the middleware of operations whose bodies huma reads: it turns away what huma would misread. An absent body is
// left to huma, which knows whether there has to be one.
func (s *service) formed(ctx huma.Context, next func(huma.Context)) {
	r, w := humachi.Unwrap(ctx)
	body, err := readBody(w, r, maxBody)
	if err == nil && len(body) > 0 {
		x := exact{}
		x.value(body, nil, "body")
		err = asked(x.faults)
	}
	if err != nil {
		problem.Write(w, r, s.log, err)
		return
	}
	r.Body = bodyAgain{bytes.NewReader(body)}
	next(ctx)
}

// bodyAgain is a body that was read already.
type bodyAgain struct{ *bytes.Reader }

func (bodyAgain) Close() error { return nil }

var _ encoding.TextUnmarshaler = (*model.RecordID)(nil) // its error is ErrIdent, through encoding/json too
