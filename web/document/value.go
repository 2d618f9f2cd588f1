package document

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fieldsync/fieldsync/sync/model"
)

// instantForm is RFC 3339 with milliseconds.
const instantForm = "2006-01-02T15:04:05.000Z07:00"

// Digits behind the point.
const (
	moneyDigits    = 2
	quantityDigits = 3
)

// AppendValue appends a field's value as JSON; null is "null".
func AppendValue(b []byte, f *model.Field, v model.Value) []byte {
	switch {
	case v.IsNull():
		return append(b, "null"...)
	case f.Type == model.TypeAny && v.Kind() == model.KindBytes:
		b = append(b, `{"hex":`...)
		b = appendString(b, hex.EncodeToString([]byte(v.Raw())))
		return append(b, '}')
	case v.Kind() == model.KindBool:
		return strconv.AppendBool(b, v.Bool())
	case v.Kind() == model.KindInt && (f.Type == model.TypeInt || f.Type == model.TypeMinutes || f.Type == model.TypeAny):
		return strconv.AppendInt(b, v.Int(), 10)
	default:
		return appendString(b, Text(f, v))
	}
}

// Text is a value as text, for files and messages: the form of its JSON without quotes; empty for null.
func Text(f *model.Field, v model.Value) string {
	switch v.Kind() {
	case model.KindNull:
		return ""
	case model.KindBool:
		return strconv.FormatBool(v.Bool())
	case model.KindInt:
		switch f.Type {
		case model.TypeMoney:
			return decimal(v.Int(), moneyDigits, moneyDigits)
		case model.TypeQuantity:
			return decimal(v.Int(), quantityDigits, 0)
		case model.TypeInstant:
			return time.UnixMilli(v.Int()).UTC().Format(instantForm)
		default:
			return strconv.FormatInt(v.Int(), 10)
		}
	case model.KindBytes:
		if f.Type == model.TypeData {
			return base64.StdEncoding.EncodeToString([]byte(v.Raw()))
		}
		return hex.EncodeToString([]byte(v.Raw()))
	default:
		return v.Text()
	}
}

// decimal is a whole number of 10^-digits, with at least least digits behind the point.
func decimal(n int64, digits, least int) string {
	sign, u := "", uint64(n)
	if n < 0 {
		sign, u = "-", -u
	}
	text := strconv.FormatUint(u, 10)
	if len(text) <= digits {
		text = strings.Repeat("0", digits+1-len(text)) + text
	}
	whole, part := text[:len(text)-digits], text[len(text)-digits:]
	for len(part) > least && part[len(part)-1] == '0' {
		part = part[:len(part)-1]
	}
	if part == "" {
		return sign + whole
	}
	return sign + whole + "." + part
}

// ParseText is the inverse of [Text]. The error says what is wanted; the empty text is null.
func ParseText(f *model.Field, text string) (model.Value, error) {
	if text == "" {
		return model.Null(), nil
	}
	v, err := parse(f, text)
	if err != nil {
		return model.Value{}, err
	}
	return v, check(f, v)
}

func parse(f *model.Field, text string) (model.Value, error) {
	switch f.Type {
	case model.TypeBool:
		if text != "true" && text != "false" {
			return model.Value{}, errors.New("want true or false")
		}
		return model.Bool(text == "true"), nil
	case model.TypeInt, model.TypeMinutes:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return model.Value{}, errors.New("want a whole number")
		}
		return model.Int(n), nil
	case model.TypeMoney:
		return parseDecimal(text, moneyDigits)
	case model.TypeQuantity:
		return parseDecimal(text, quantityDigits)
	case model.TypeInstant:
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return model.Value{}, errors.New(`want an instant as "2026-03-01T09:30:00Z" or with an offset`)
		}
		return model.Int(at.UnixMilli()), nil
	case model.TypeRef, model.TypeUser:
		id, err := model.ParseIdent[struct{}](text)
		if err != nil || id.IsZero() { // the zero id would be read as no value
			return model.Value{}, errors.New("want an id of 32 hexadecimal digits")
		}
		return model.Ref(id), nil
	case model.TypeHash:
		raw, err := hex.DecodeString(text)
		if err != nil {
			return model.Value{}, errors.New("want hexadecimal digits")
		}
		return model.Bytes(raw), nil
	case model.TypeData:
		raw, err := base64.StdEncoding.Strict().DecodeString(text)
		if err != nil {
			return model.Value{}, errors.New("want base64")
		}
		return model.Bytes(raw), nil
	default:
		return model.Text(text), nil
	}
}

// parseDecimal reads a decimal number exactly.
func parseDecimal(text string, digits int) (model.Value, error) {
	want := fmt.Errorf(`want a decimal number with at most %d digits behind the point, as "1234.5"`, digits)
	unsigned, negative := strings.CutPrefix(text, "-")
	whole, part, _ := strings.Cut(unsigned, ".")
	if whole == "" || len(part) > digits || strings.HasSuffix(unsigned, ".") || strings.ContainsAny(whole+part, "+-_ ") {
		return model.Value{}, want
	}
	n, err := strconv.ParseInt(whole+part+strings.Repeat("0", digits-len(part)), 10, 64)
	if err != nil {
		return model.Value{}, want
	}
	if negative {
		n = -n
	}
	return model.Int(n), nil
}

// check says what a value breaks of its field's bounds.
func check(f *model.Field, v model.Value) error {
	if f.Check(v) {
		return nil
	}
	switch f.Type {
	case model.TypeEnum:
		return fmt.Errorf("want one of %s", strings.Join(f.Options, ", "))
	case model.TypeText, model.TypeLong:
		return checkText(f, v.Text())
	case model.TypeData, model.TypeAny:
		return fmt.Errorf("want at most %d bytes", MaxBytes(f))
	case model.TypeInt, model.TypeMinutes:
		if f.Min == 0 && f.Max == 0 {
			return errors.New("want a smaller number")
		}
		return fmt.Errorf("want a number from %d to %d", f.Min, f.Max)
	case model.TypeInstant:
		return errors.New("want an instant from 1970 to 9999")
	case model.TypeDate:
		return errors.New(`want a date as "2026-03-01"`)
	case model.TypeGeo:
		return errors.New(`want "latitude,longitude" in decimal degrees`)
	case model.TypeHash:
		return errors.New("want a SHA-256 of 64 hexadecimal digits")
	default:
		return errors.New("out of range")
	}
}

// MaxBytes is how many bytes a text or data of a field may have; 0 for other types.
func MaxBytes(f *model.Field) int {
	switch {
	case f.Type != model.TypeText && f.Type != model.TypeLong && f.Type != model.TypeData && f.Type != model.TypeAny:
		return 0
	case f.Max > 0:
		return int(f.Max)
	case f.Type == model.TypeText:
		return model.DefaultText
	case f.Type == model.TypeLong:
		return model.DefaultLong
	default:
		return model.DefaultData
	}
}

// checkText says which of a text's rules is broken.
func checkText(f *model.Field, text string) error {
	switch {
	case len(text) > MaxBytes(f):
		return fmt.Errorf("want a text of at most %d bytes in UTF-8", MaxBytes(f))
	case !utf8.ValidString(text):
		return errors.New("want a text in UTF-8")
	case f.Type == model.TypeLong:
		return errors.New("want a text without control characters but tabs and line breaks")
	case strings.ContainsAny(text, "\r\n"):
		return errors.New("want a text on one line")
	default:
		return errors.New("want a text without control characters, tabs among them")
	}
}

// Resolve is the record that an external id of a collection names.
type Resolve func(of model.Collection, external string) (model.RecordID, error)

// parseJSON reads a field's value, null included.
func parseJSON(f *model.Field, raw json.RawMessage, resolve Resolve) (model.Value, error) {
	raw = bytes.TrimSpace(raw)
	if len(raw) == 0 {
		return model.Value{}, errors.New("want a value")
	}
	var v model.Value
	var err error
	switch first := raw[0]; {
	case string(raw) == "null":
		return model.Null(), nil
	case first == '"':
		v, err = parseString(f, raw)
	case f.Type == model.TypeBool && (first == 't' || first == 'f'):
		v = model.Bool(first == 't')
	case f.Type == model.TypeInt || f.Type == model.TypeMinutes:
		var n int64
		if json.Unmarshal(raw, &n) != nil {
			return v, errors.New("want a whole number")
		}
		v = model.Int(n)
	case f.Type == model.TypeRef && first == '{':
		return parseExternal(f, raw, resolve)
	default:
		return v, errors.New("want " + form(f))
	}
	if err != nil {
		return v, err
	}
	return v, check(f, v)
}

func parseString(f *model.Field, raw json.RawMessage) (model.Value, error) {
	var text string
	if err := json.Unmarshal(raw, &text); err != nil {
		return model.Value{}, errors.New("want " + form(f))
	}
	switch f.Type {
	case model.TypeBool, model.TypeInt, model.TypeMinutes:
		return model.Value{}, errors.New("want " + form(f))
	case model.TypeText, model.TypeLong:
		return model.Text(text), nil
	}
	return parse(f, text)
}

func parseExternal(f *model.Field, raw json.RawMessage, resolve Resolve) (model.Value, error) {
	var external string
	names, fits := 0, true
	err := Members(raw, func(name string, value json.RawMessage) {
		names++
		fits = fits && name == keyExternal && json.Unmarshal(value, &external) == nil
	})
	named := model.Field{Type: model.TypeText, Max: maxExternal} // a name that no record can have refers to none
	if err != nil || names != 1 || !fits || external == "" || !named.Check(model.Text(external)) || f.Ref == 0 || resolve == nil {
		return model.Value{}, errors.New(`want an id, or {"external_id": "…"} of a record`)
	}
	id, err := resolve(f.Ref, external)
	if err != nil {
		return model.Value{}, err
	}
	return model.Ref(id), nil
}

// form is the JSON form of a field's values in words.
func form(f *model.Field) string {
	switch f.Type {
	case model.TypeBool:
		return "true or false"
	case model.TypeInt, model.TypeMinutes:
		return "a whole number"
	case model.TypeMoney, model.TypeQuantity:
		return `a decimal number as a string, as "12.50"`
	default:
		return "a string"
	}
}

// appendString appends a JSON string.
func appendString(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil { // a string has no other error than none
		return append(b, `""`...)
	}
	return append(b, text...)
}
