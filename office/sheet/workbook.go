package sheet

import (
	"archive/zip"
	"errors"
	"io"
	"iter"
	"path"
	"strconv"
	"strings"
)

// Limits of a workbook, against bombs.
const (
	maxParts   = 10_000
	maxStrings = 256 << 20 // bytes of the texts that cells share; they are held in memory
	maxDensity = 200       // how many times smaller than unpacked a part may be packed; ordinary ones are up to 50
	smallPart  = 16 << 20  // bytes of a part to which maxDensity does not apply: it does no harm
)

// workbook is an XLSX that is being read.
type workbook struct {
	parts  map[string]*zip.File
	shared []string
	kinds  []Kind // by style
	digits []int  // by style: zeros that a number is filled up to
	is1904 bool   // days are counted from 1904
	sheet  string // the part with the cells
}

// openWorkbook opens a workbook and reads all of it but the cells.
func (t *Table) openWorkbook(r io.ReaderAt, size int64, o Options) error {
	w, err := unpack(r, size)
	if err != nil {
		return err
	}
	sheets, strs, styles, err := w.contents()
	if err != nil {
		return err
	}
	if t.Dialect, err = w.choose(sheets, o.Sheet); err != nil {
		return err
	}
	if err := w.readStyles(styles); err != nil {
		return err
	}
	if err := w.readShared(strs); err != nil {
		return err
	}
	t.lines = func() iter.Seq2[Row, error] {
		return func(yield func(Row, error) bool) {
			if err := w.rows(func(r Row) bool { return yield(r, nil) }); err != nil {
				yield(Row{}, err)
			}
		}
	}
	return nil
}

// unpack looks at a ZIP's list of parts and refuses a bomb. Nothing is unpacked.
func unpack(r io.ReaderAt, size int64) (*workbook, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, faultf(0, "is a damaged workbook: %v", err)
	}
	if len(z.File) > maxParts {
		return nil, faultf(0, "is no XLSX workbook: it has %d parts", len(z.File))
	}
	w := &workbook{parts: map[string]*zip.File{}}
	total := uint64(0)
	for _, f := range z.File {
		total += f.UncompressedSize64
		if f.UncompressedSize64 > MaxFile || total > MaxFile {
			return nil, faultf(0, "would become more than %d MiB when it is unpacked", MaxFile>>20)
		}
		if f.UncompressedSize64 > smallPart && f.UncompressedSize64 > maxDensity*f.CompressedSize64 {
			return nil, faultf(0, "is packed more densely than a workbook ever is, and is not unpacked")
		}
		w.parts[partName(f.Name)] = f
	}
	return w, nil
}

// partName is a part's name as it is looked up: some programs write backslashes, or other cases.
func partName(name string) string {
	return strings.ToLower(strings.TrimPrefix(strings.ReplaceAll(name, `\`, "/"), "/"))
}

// listed is a sheet in a workbook's list.
type listed struct {
	Name   string
	Part   string
	Hidden bool
}

// contents reads which parts the workbook has.
func (w *workbook) contents() (sheets []listed, strs, styles string, err error) {
	book := "xl/workbook.xml"
	if rels, err := w.relations(""); err == nil {
		for _, r := range rels {
			if strings.HasSuffix(r.kind, "/officeDocument") {
				book = r.part
			}
		}
	}
	rels, err := w.relations(book)
	if err != nil {
		return nil, "", "", err
	}
	by := map[string]relation{}
	for _, r := range rels {
		by[r.id] = r
		switch {
		case strings.HasSuffix(r.kind, "/sharedStrings"):
			strs = r.part
		case strings.HasSuffix(r.kind, "/styles"):
			styles = r.part
		}
	}
	err = w.each(book, func(in *tokens) error {
		switch string(in.name) {
		case "workbookPr":
			w.is1904 = isTrue(string(in.attribute("date1904")))
		case "sheet":
			r := by[string(in.attribute("id"))]
			if strings.HasSuffix(r.kind, "/worksheet") {
				state := string(in.attribute("state"))
				sheets = append(sheets, listed{string(in.attribute("name")), r.part, state != "" && state != "visible"})
			}
		}
		return nil
	})
	return sheets, strs, styles, err
}

// relation is where a part refers to.
type relation struct{ id, kind, part string }

// relations reads those of a part; of the empty name, those of the whole.
func (w *workbook) relations(of string) (out []relation, err error) {
	dir, base := path.Split(of)
	err = w.each(path.Join(dir, "_rels", base+".rels"), func(in *tokens) error {
		if string(in.name) != "Relationship" {
			return nil
		}
		target := string(in.attribute("Target"))
		if !strings.HasPrefix(target, "/") {
			target = path.Join(dir, target)
		}
		out = append(out, relation{string(in.attribute("Id")), string(in.attribute("Type")), partName(target)})
		return nil
	})
	return out, err
}

// choose finds the sheet that is wanted.
func (w *workbook) choose(sheets []listed, name string) (Dialect, error) {
	var names []string
	for _, s := range sheets {
		if s.Name == name || name == "" && !s.Hidden {
			w.sheet = s.Part
			return Dialect{Format: XLSX, Sheet: s.Name}, nil
		}
		names = append(names, strconv.Quote(s.Name))
	}
	if name == "" {
		return Dialect{}, faultf(0, "is a workbook without a sheet that can be seen; name one with --sheet")
	}
	return Dialect{}, faultf(0, "has no sheet %q; there is %s", name, strings.Join(names, ", "))
}

// readShared reads the texts that cells share.
func (w *workbook) readShared(part string) error {
	if part == "" {
		return nil
	}
	size := 0
	return w.each(part, func(in *tokens) error {
		if string(in.name) != "si" {
			return nil
		}
		text, err := in.content("si")
		if err != nil {
			return err
		}
		if size += len(text) + 16; size > maxStrings {
			return faultf(0, "has more than %d MiB of text; save it as CSV", maxStrings>>20)
		}
		w.shared = append(w.shared, text)
		return nil
	})
}

// each calls f with every element of a part that begins.
func (w *workbook) each(part string, f func(*tokens) error) error {
	file, ok := w.parts[partName(part)]
	if !ok {
		return faultf(0, "is no XLSX workbook: it lacks %s; save it as XLSX or CSV", part)
	}
	in, err := file.Open()
	if err != nil {
		return faultf(0, "is a damaged workbook: %v", err)
	}
	defer in.Close()
	t := newTokens(in)
	for {
		what, err := t.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil && what == begins {
			err = f(t)
		}
		if err != nil {
			return damaged(part, err)
		}
	}
}

// errStop ends the reading of a part early.
var errStop = errors.New("enough")

func damaged(part string, err error) error {
	var f *fault
	if errors.As(err, &f) || errors.Is(err, errStop) {
		return err
	}
	return faultf(0, "is a damaged workbook: %s: %v", part, err)
}

// unescape reads _x000D_, which is how a workbook writes characters that XML has not.
func unescape(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for {
		at := strings.Index(s, "_x")
		if at < 0 || len(s) < at+7 {
			break
		}
		n, err := strconv.ParseUint(s[at+2:at+6], 16, 16)
		if err != nil || s[at+6] != '_' {
			out.WriteString(s[:at+2])
			s = s[at+2:]
			continue
		}
		out.WriteString(s[:at])
		out.WriteRune(rune(n))
		s = s[at+7:]
	}
	out.WriteString(s)
	return out.String()
}

func isTrue(text string) bool { return text == "1" || text == "true" }
