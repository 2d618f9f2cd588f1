package mobile

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

func parseID[T any, P interface {
	*T
	UnmarshalText([]byte) error
}](s string) (id T, err error) {
	err = P(&id).UnmarshalText([]byte(s))
	return id, err
}

type recordText struct {
	ID         string         `json:"id"`
	Collection string         `json:"collection"`
	Fields     map[string]any `json:"fields"`
	Own        bool           `json:"own,omitempty"`
	Pending    []string       `json:"pending,omitempty"`
}

func (u *User) recordJSON(r client.Record) recordText {
	name, spec := u.name(r.Collection)
	out := recordText{ID: r.ID.String(), Collection: name, Own: r.Own, Fields: map[string]any{}}
	for _, f := range r.Fields {
		field, known := fieldName(spec, f.Field)
		out.Fields[field] = valueJSON(f.Value, known)
	}
	for _, f := range r.Pending {
		field, _ := fieldName(spec, f)
		out.Pending = append(out.Pending, field)
	}
	return out
}

// name is a collection's name, and its row of the table when it has one.
func (u *User) name(c model.Collection) (string, *model.Spec) {
	if spec, ok := u.table.Spec(c); ok {
		return spec.Name, spec
	}
	return strconv.Itoa(int(c)), nil
}

func (u *User) collection(name string) (model.Collection, *model.Spec, error) {
	if spec, ok := u.table.Named(name); ok {
		return spec.No, spec, nil
	}
	n, err := strconv.ParseUint(name, 10, 16)
	if err != nil || n == 0 {
		return 0, nil, fmt.Errorf("no such collection: %s", name)
	}
	spec, _ := u.table.Spec(model.Collection(n))
	return model.Collection(n), spec, nil
}

func fieldName(spec *model.Spec, no model.FieldNo) (string, *model.Field) {
	if spec != nil {
		if f, ok := spec.Field(no); ok {
			return f.Name, f
		}
	}
	return strconv.FormatUint(uint64(no), 10), nil
}

// bytesText is a byte string that is no reference.
type bytesText struct {
	Bytes string `json:"bytes"`
}

func valueJSON(v model.Value, f *model.Field) any {
	switch v.Kind() {
	case model.KindBool:
		return v.Bool()
	case model.KindInt:
		return v.Int()
	case model.KindText:
		return v.Text()
	case model.KindBytes:
		if f != nil && (f.Type == model.TypeRef || f.Type == model.TypeUser) && len(v.Raw()) == 16 {
			return model.RefOf(v).String()
		}
		return bytesText{base64.StdEncoding.EncodeToString([]byte(v.Raw()))}
	default:
		return nil
	}
}

func parseValue(raw json.RawMessage, f *model.Field) (model.Value, error) {
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return model.Null(), err
	}
	switch v := v.(type) {
	case nil:
		return model.Null(), nil
	case bool:
		return model.Bool(v), nil
	case float64:
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			return model.Null(), fmt.Errorf("not a whole number: %s", raw)
		}
		return model.Int(n), nil
	case string:
		if f == nil || f.Type != model.TypeRef && f.Type != model.TypeUser {
			return model.Text(v), nil
		}
		id, err := parseID[model.RecordID](v)
		return model.Ref(id), err
	}
	var b bytesText
	if err := json.Unmarshal(raw, &b); err != nil || b.Bytes == "" && string(raw) != `{"bytes":""}` {
		return model.Null(), fmt.Errorf("not a value: %s", raw)
	}
	content, err := base64.StdEncoding.DecodeString(b.Bytes)
	return model.Bytes(content), err
}

type draftText struct {
	Op         string                     `json:"op"`
	Collection string                     `json:"collection"`
	Record     string                     `json:"record"`
	Fields     map[string]json.RawMessage `json:"fields"`
}

var ops = map[string]model.Op{"create": model.OpCreate, "edit": model.OpEdit, "delete": model.OpDelete}

func (u *User) parseDrafts(drafts string) (out []client.Draft, err error) {
	var list []draftText
	if err := json.Unmarshal([]byte(drafts), &list); err != nil {
		return nil, fmt.Errorf("drafts: %w", err)
	}
	for i, d := range list {
		draft, err := u.parseDraft(d)
		if err != nil {
			return nil, fmt.Errorf("draft %d: %w", i, err)
		}
		out = append(out, draft)
	}
	return out, nil
}

func (u *User) parseDraft(d draftText) (out client.Draft, err error) {
	var ok bool
	if out.Op, ok = ops[d.Op]; !ok {
		return out, fmt.Errorf("op must be create, edit or delete, not %q", d.Op)
	}
	if d.Record != "" {
		if out.Record, err = parseID[model.RecordID](d.Record); err != nil {
			return out, err
		}
	}
	var spec *model.Spec
	if out.Op == model.OpCreate || d.Collection != "" { // an edit names it when a draft before makes the record
		out.Collection, spec, err = u.collection(d.Collection)
	} else {
		spec, err = u.specOf(out.Record)
	}
	if err != nil {
		return out, err
	}
	for _, name := range slices.Sorted(maps.Keys(d.Fields)) {
		f, err := parseField(spec, name, d.Fields[name])
		if err != nil {
			return out, fmt.Errorf("%s: %w", name, err)
		}
		out.Fields = append(out.Fields, f)
	}
	return out, nil
}

// specOf is the row of the table of a record that is here.
func (u *User) specOf(id model.RecordID) (*model.Spec, error) {
	rec, ok, err := u.c.Show(id)
	if err != nil || !ok {
		return nil, err // Save says that it is not here, unless it is made by a draft before
	}
	spec, _ := u.table.Spec(rec.Collection)
	return spec, nil
}

func parseField(spec *model.Spec, name string, raw json.RawMessage) (f model.FieldValue, err error) {
	var known *model.Field
	if spec != nil {
		known, _ = spec.Named(name)
	}
	if known != nil {
		f.Field = known.No
	} else {
		n, err := strconv.ParseUint(name, 10, 32)
		if err != nil || n == 0 {
			return f, fmt.Errorf("no such field")
		}
		f.Field = model.FieldNo(n)
	}
	f.Value, err = parseValue(raw, known)
	return f, err
}
