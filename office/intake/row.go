package intake

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// Fault is what is wrong with a row, or worth knowing of it.
type Fault struct {
	File   string `json:"file"`
	Line   int    `json:"line"`
	Column string `json:"column,omitempty"` // as the file names it; empty: the row as a whole
	Reason string `json:"reason"`
}

// String is file, line, column and reason.
func (f Fault) String() string {
	if f.Column == "" {
		return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Reason)
	}
	return fmt.Sprintf("%s:%d: %s: %s", f.File, f.Line, f.Column, f.Reason)
}

// ident is how a record is named: by its external id, or by its id.
type ident struct{ external, id string }

// text is one of both.
func (i ident) text() string {
	if i.external != "" {
		return i.external
	}
	return i.id
}

// ref is the name as a field's value.
func (i ident) ref() json.RawMessage {
	if i.external == "" {
		return quote(i.id)
	}
	return append(append([]byte(`{"external_id":`), quote(i.external)...), '}')
}

func quote(text string) json.RawMessage {
	out, err := json.Marshal(text)
	if err != nil { // a string has no other than none
		return json.RawMessage(`""`)
	}
	return out
}

// fields are those of a record, by name.
type fields map[string]json.RawMessage

// set sets a field; one of the company's own goes among them.
func (f fields) set(name string, own bool, v json.RawMessage) {
	if !own {
		f[name] = v
		return
	}
	all := fields{}
	if have, ok := f[document.KeyCustom]; ok && json.Unmarshal(have, &all) != nil {
		all = fields{}
	}
	all[name] = v
	f[document.KeyCustom] = all.encode()
}

// encode writes them in the order of their names, so that the same are the same bytes.
func (f fields) encode() json.RawMessage {
	out := []byte{'{'}
	for i, name := range slices.Sorted(maps.Keys(f)) {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(append(append(out, quote(name)...), ':'), f[name]...)
	}
	return append(out, '}')
}

// draft is a row as it was understood. Its records are not put together yet.
type draft struct {
	file     *file
	line     int
	name     ident
	records  map[model.Collection]fields
	refs     []reference
	special  map[string]sheet.Cell // by the column's name in package shape
	faults   []Fault
	warnings []Fault
	over     bool // a job that is over
}

// reference is one to another record.
type reference struct {
	of     model.Collection
	to     ident
	column string
	in     model.Collection // whose field it is; 0: of none
	field  string
}

// fault notes what is wrong with a row.
func (d *draft) fault(column, format string, args ...any) {
	d.faults = append(d.faults, Fault{d.file.Name, d.line, column, fmt.Sprintf(format, args...)})
}

// of are the fields of the row's record of a collection.
func (d *draft) of(c model.Collection) fields {
	if d.records[c] == nil {
		d.records[c] = fields{}
	}
	return d.records[c]
}

// columnOf is what the file calls the column that fills one of package shape's.
func (d *draft) columnOf(name string) string {
	if c, ok := d.file.named(name); ok {
		return c.name
	}
	return ""
}

// understand reads a row by its columns.
func (o *Options) understand(f *file, row sheet.Row) *draft {
	d := &draft{file: f, line: row.Line, records: map[model.Collection]fields{}, special: map[string]sheet.Cell{}}
	if row.Fault != "" {
		d.fault("", "%s", row.Fault)
		return d
	}
	parts := map[string][]string{}
	for i := range f.columns {
		c := &f.columns[i]
		cell := row.Cells[c.at]
		if cell.Kind == sheet.Error {
			d.fault(c.name, "the cell shows no value but %s", cell.Text)
			continue
		}
		switch c.to.Role {
		case shape.Plain:
			o.plain(d, c, cell, parts)
		case shape.Reference, shape.Outside:
			o.reference(d, c, cell)
		case shape.Part:
			if cell.Text != "" {
				parts[c.to.Into] = append(parts[c.to.Into], cell.Text)
			}
		case shape.Special:
			if cell.Text != "" {
				d.special[c.to.Name] = cell
			}
		case shape.Derived: // the only one that was kept: a job's status
			d.over = over[shape.Fold(cell.Text)]
		}
	}
	o.join(d, parts)
	o.identify(d, row)
	for _, need := range f.kind.Needs {
		if !slices.ContainsFunc(strings.Split(need, "|"), func(name string) bool { return d.has(name) || d.faulty(name) }) {
			d.fault(d.columnOf(strings.Split(need, "|")[0]), "is empty; %s need %s", f.kind.Name, strings.ReplaceAll(need, "|", " or "))
		}
	}
	return d
}

// over are the words for a job that is not to be done any more.
var over = map[string]bool{
	"completed": true, "complete": true, "done": true, "closed": true, "cancelled": true, "canceled": true, "finished": true,
	"invoiced": true, "void": true, "erledigt": true, "abgeschlossen": true, "storniert": true,
}

// plain takes a cell as the value of its field. An empty one leaves the field alone, or clears it.
func (o *Options) plain(d *draft, c *column, cell sheet.Cell, parts map[string][]string) {
	if d.file.joins(c.to.Name) { // it is put together with its parts, in the file's order
		if cell.Text != "" {
			parts[c.to.Name] = append(parts[c.to.Name], cell.Text)
		}
		return
	}
	if cell.Text == "" {
		if o.Clear && !c.to.Field.Required {
			d.of(c.to.Of).set(nameOf(c.to), c.to.Own, json.RawMessage("null"))
		}
		return
	}
	if c.to.Name == windowStart || c.to.Name == windowEnd { // with the times of other columns
		d.special[c.to.Name] = cell
		return
	}
	v, warning, err := o.value(c, cell)
	if err != nil {
		d.fault(c.name, "%v", err)
		return
	}
	if warning != "" {
		d.warnings = append(d.warnings, Fault{d.file.Name, d.line, c.name, warning})
	}
	d.of(c.to.Of).set(nameOf(c.to), c.to.Own, v)
}

// nameOf is what a column's field is called in its record's document.
func nameOf(c *shape.Column) string {
	if c.Field.No == model.FieldParent {
		return parentNames[c.Of]
	}
	return c.Field.Name
}

// parentNames are what field 1 is called.
var parentNames = map[model.Collection]string{
	model.Sites: "customer", model.Contacts: "customer", model.Assets: "site", model.JobCards: "job", model.JobContacts: "job",
	model.Assignments: "job",
}

// joins says whether a column is put together of several.
func (f *file) joins(name string) bool {
	return slices.ContainsFunc(f.columns, func(c column) bool { return c.to.Role == shape.Part && c.to.Into == name })
}

// join puts texts together of their parts.
func (o *Options) join(d *draft, parts map[string][]string) {
	for into, texts := range parts {
		to := mustColumn(d.file.kind, into)
		glue := ", "
		for _, c := range d.file.columns {
			if c.to.Into == into {
				glue = c.to.Glue
			}
		}
		c := column{name: d.columnOf(into), to: to}
		if c.name == "" {
			c.name = into
		}
		v, _, err := o.value(&c, sheet.Cell{Text: strings.Join(texts, glue)})
		if err != nil {
			d.fault(c.name, "%v", err)
			continue
		}
		d.of(to.Of).set(nameOf(to), to.Own, v)
	}
	lat, lon := d.special[shape.Latitude].Text, d.special[shape.Longitude].Text
	if geo, ok := d.file.kind.Column("geo"); ok && lat != "" && lon != "" {
		c := column{name: d.columnOf(shape.Latitude), to: geo}
		point := func(s string) string { return strings.Replace(s, ",", ".", 1) }
		v, _, err := o.value(&c, sheet.Cell{Text: point(lat) + "," + point(lon)})
		if err != nil {
			d.fault(c.name, "%v", err)
			return
		}
		d.of(geo.Of).set(nameOf(geo), false, v)
	}
}

// reference takes a cell as the name of another record.
func (o *Options) reference(d *draft, c *column, cell sheet.Cell) {
	name := nameOf(c.to)
	if cell.Text == "" {
		if o.Clear && c.to.Field.No != model.FieldParent && d.of(c.to.Of)[name] == nil {
			d.of(c.to.Of)[name] = json.RawMessage("null")
		}
		return
	}
	to, err := o.called(cell.Text, c.to.Role == shape.Outside)
	if err != nil {
		d.fault(c.name, "%v", err)
		return
	}
	if c.to.Role == shape.Reference && d.outside(c.to.Name) {
		return // its external id is there, which says more
	}
	d.of(c.to.Of)[name] = to.ref()
	d.refs = append(d.refs, reference{of: c.to.Field.Ref, to: to, column: c.name, in: c.to.Of, field: name})
}

// outside says whether a row has given a reference by the external id.
func (d *draft) outside(name string) bool {
	c, ok := d.file.named(name + "_external_id")
	return ok && slices.ContainsFunc(d.refs, func(r reference) bool { return r.column == c.name })
}

// called is the record that a text in a file names.
func (o *Options) called(text string, outside bool) (ident, error) {
	switch {
	case isID(text):
		return ident{id: text}, nil
	case len(text) > maxKey:
		return ident{}, fmt.Errorf("is too long for a key: %d bytes, at most %d", len(text), maxKey)
	case outside || o.Source == "" || strings.HasPrefix(text, o.Source+":"):
		return ident{external: text}, nil
	}
	return ident{external: o.Source + ":" + text}, nil
}

// maxKey bounds a key, in bytes: with its source, and what is put behind it for a job's assignments, it is an external id.
const maxKey = 160

// identify finds out what a row's record is called.
func (o *Options) identify(d *draft, row sheet.Row) {
	if d.file.kind.Name == shape.Users {
		d.name = ident{external: strings.ToLower(d.special[shape.Login].Text)}
		return
	}
	text := func(r shape.Role) (string, string) {
		if c, ok := d.file.role(r); ok {
			return row.Cells[c.at].Text, c.name
		}
		return "", ""
	}
	outside, column := text(shape.External)
	id, _ := text(shape.ID)
	key, keyColumn := text(shape.Key)
	if slices.ContainsFunc([]shape.Role{shape.External, shape.ID, shape.Key}, func(r shape.Role) bool {
		c, ok := d.file.role(r)
		return ok && row.Cells[c.at].Kind == sheet.Error
	}) {
		return // it is told already, and is no name
	}
	var err error
	switch {
	case outside != "":
		d.name, err = o.called(outside, true)
		if d.name.id != "" { // it looks like an id, and is said not to be one
			d.name = ident{external: outside}
		}
	case isID(id):
		d.name = ident{id: id}
	case key != "" || id != "":
		if key == "" {
			key = id
		}
		column = keyColumn
		d.name, err = o.called(key, false)
		o.fill(d, key)
	case d.file.keyed:
		d.fault(keyColumn, "is empty; it is what a later import finds the row by")
	default:
		d.name = ident{external: o.natural(d)}
	}
	if err != nil {
		d.fault(column, "%v", err)
	}
}

// fill gives a key to the field that shows it to people, where the file has no column for that.
func (o *Options) fill(d *draft, key string) {
	for _, name := range d.file.kind.Keys {
		if _, given := d.file.named(name); !given {
			to := mustColumn(d.file.kind, name)
			if v, _, err := o.value(&column{to: to}, sheet.Cell{Text: key}); err == nil {
				d.of(to.Of).set(nameOf(to), false, v)
			}
		}
	}
}

// natural is the external id of a row without a key: by what makes it what it is.
func (o *Options) natural(d *draft) string {
	h := sha256.New()
	for _, name := range d.file.kind.Identity {
		part := strings.ToLower(strings.Join(strings.Fields(d.said(name)), " "))
		h.Write(binary.BigEndian.AppendUint32(nil, uint32(len(part))))
		h.Write([]byte(part))
	}
	text := "~" + hex.EncodeToString(h.Sum(nil)[:10])
	if o.Source != "" {
		text = o.Source + ":" + text
	}
	return text
}

// said is what a row says in one of package shape's columns, in a form of its own.
func (d *draft) said(name string) string {
	if cell, ok := d.special[name]; ok {
		return cell.Text
	}
	c, ok := d.file.kind.Column(name)
	if !ok || c.Field == nil {
		return ""
	}
	return string(d.records[c.Of][nameOf(c)])
}

// has says whether a row says something in one of package shape's columns.
func (d *draft) has(name string) bool {
	text := d.said(name)
	return text != "" && text != "null"
}

// faulty says whether something is wrong with what a row says in one of package shape's columns.
func (d *draft) faulty(name string) bool {
	column := d.columnOf(name)
	return column != "" && slices.ContainsFunc(d.faults, func(f Fault) bool { return f.Column == column })
}

// hash tells the contents of two rows apart.
func (d *draft) hash() (out [16]byte) {
	h := sha256.New()
	for _, c := range slices.Sorted(maps.Keys(d.records)) {
		fmt.Fprintf(h, "%d %s\n", c, d.records[c].encode())
	}
	for _, name := range slices.Sorted(maps.Keys(d.special)) {
		fmt.Fprintf(h, "%s %q\n", name, d.special[name].Text)
	}
	copy(out[:], h.Sum(nil))
	return out
}
