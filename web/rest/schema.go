package rest

import (
	"fmt"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// Record is the schema of a record of a collection as it is shown, with those of its fields that are wanted.
func Record(t *model.Table, spec *model.Spec, wanted func(*model.Field) bool) *huma.Schema {
	p := map[string]*huma.Schema{
		document.KeyID:      {Type: huma.TypeString, Description: "32 hexadecimal digits."},
		document.KeyCreated: {Type: huma.TypeString, Format: "date-time", Description: "When it was made, as estimated."},
		document.KeyUpdated: {Type: huma.TypeString, Format: "date-time", Description: "When what you see of it last changed, as estimated."},
		document.KeyCustom:  {Type: huma.TypeObject, Description: "The company's own fields, by name.", AdditionalProperties: true},
	}
	for i := range spec.Fields {
		f := &spec.Fields[i]
		if name := document.Name(t, spec, f); name != "" && wanted(f) {
			p[name] = Field(t, f, false)
		}
	}
	s := Object(p, document.KeyID)
	s.Description = spec.Note
	return s
}

// Object is the schema of an object with these properties and no others.
func Object(properties map[string]*huma.Schema, required ...string) *huma.Schema {
	return &huma.Schema{Type: huma.TypeObject, Properties: properties, Required: required, AdditionalProperties: false}
}

// Field is the schema of a field's values; of those sent or of those shown.
func Field(t *model.Table, f *model.Field, sent bool) *huma.Schema {
	s := &huma.Schema{Type: huma.TypeString, Description: f.Note}
	size := func() {
		if f.Max > 0 {
			n := int(f.Max)
			s.MaxLength = &n
		}
	}
	switch f.Type {
	case model.TypeText, model.TypeLong:
		size() // bytes; characters are never more
	case model.TypeBool:
		s.Type = huma.TypeBoolean
	case model.TypeInt, model.TypeMinutes:
		s.Type = huma.TypeInteger
		if f.Min != 0 || f.Max != 0 {
			least, most := float64(f.Min), float64(f.Max)
			s.Minimum, s.Maximum = &least, &most
		}
	case model.TypeMoney:
		s.Pattern = `^-?[0-9]+(\.[0-9]{1,2})?$`
	case model.TypeQuantity:
		s.Pattern = `^-?[0-9]+(\.[0-9]{1,3})?$`
	case model.TypeInstant:
		s.Format = "date-time"
	case model.TypeDate:
		s.Format = "date"
	case model.TypeEnum:
		for _, o := range f.Options {
			s.Enum = append(s.Enum, o)
		}
	case model.TypeRef:
		return reference(t, f, s, sent)
	case model.TypeUser:
		s.Description = strings.TrimSpace("Id of 32 hexadecimal digits. " + s.Description)
	case model.TypeData:
		s.ContentEncoding = "base64"
	case model.TypeAny:
		return &huma.Schema{Description: f.Note}
	}
	return s
}

// reference is the schema of a reference: an id, or on the way in the external id of a record that may have one.
func reference(t *model.Table, f *model.Field, s *huma.Schema, sent bool) *huma.Schema {
	of, ok := t.Spec(f.Ref)
	if !ok {
		s.Description = strings.TrimSpace("Id of a record. " + s.Description)
		return s
	}
	s.Description = strings.TrimSpace(fmt.Sprintf("Id of one of the %s. %s", of.Name, s.Description))
	if _, named := of.Field(model.FieldExternalID); !sent || !named {
		return s
	}
	return &huma.Schema{Description: s.Description, OneOf: []*huma.Schema{
		{Type: huma.TypeString},
		Object(map[string]*huma.Schema{"external_id": {Type: huma.TypeString}}, "external_id"),
	}}
}
