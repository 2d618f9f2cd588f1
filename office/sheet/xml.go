package sheet

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Limits of a part's XML.
const (
	maxToken = 1 << 20 // bytes of one token: a cell's text with every character escaped is shorter
	maxDepth = 64      // of elements in elements
)

// What a token is.
type kindOfToken uint8

const (
	begins kindOfToken = iota + 1 // an element, with its name and attributes
	ends                          // an element, with its name
	says                          // text
)

// tokens reads the XML of a workbook's parts. It is not [encoding/xml], which takes most of an import's time: a workbook is
// read three times, and has several elements for each cell. It knows what workbooks are made of: elements, attributes, texts,
// CDATA, comments, and the five entities that XML has; namespaces are left out, a DOCTYPE is refused. What the tokens refer to
// is good until the next one.
type tokens struct {
	r *bufio.Reader

	name       []byte // of the element, without its prefix
	attributes []pair
	said       []byte // of says

	open   []string // names of the elements that have begun, with their prefixes
	buf    []byte   // the token
	ended  []byte   // the name of the element that ended
	inside bool     // the '<' of the next one has been read
	closes bool     // the element that begins has no content: its end comes next
}

// pair is an attribute, escaped as it was.
type pair struct{ name, value []byte }

func newTokens(r io.Reader) *tokens {
	return &tokens{r: bufio.NewReaderSize(r, 64<<10)}
}

var (
	errDepth  = fmt.Errorf("elements in it are more than %d deep", maxDepth)
	errToken  = fmt.Errorf("something in it is larger than %d KiB", maxToken>>10)
	errXML    = errors.New("it is not XML")
	errCut    = errors.New("it is cut")
	errCoding = errors.New("its characters are not in UTF-8")
)

// next reads a token; io.EOF when there is none.
func (t *tokens) next() (kindOfToken, error) {
	if t.closes {
		t.closes = false
		t.end()
		return ends, nil
	}
	for {
		if !t.inside {
			text, err := t.text()
			if err != nil || text {
				return says, err
			}
		}
		t.inside = false
		first, err := t.r.Peek(1)
		if err != nil {
			return 0, cut(err)
		}
		switch first[0] {
		case '?':
			err = t.instruction()
		case '!':
			var text bool
			if text, err = t.marked(); text {
				return says, err
			}
		case '/':
			return ends, t.closing()
		default:
			return begins, t.opening()
		}
		if err != nil {
			return 0, err
		}
	}
}

// cut is the error of a part that ends too early.
func cut(err error) error {
	if errors.Is(err, io.EOF) {
		return errCut
	}
	return err
}

// upTo reads on to behind a sequence of bytes, whose last one is end.
func (t *tokens) upTo(sequence string) error {
	from := len(t.buf)
	for {
		piece, err := t.r.ReadSlice(sequence[len(sequence)-1])
		t.buf = append(t.buf, piece...)
		switch {
		case len(t.buf) > maxToken:
			return errToken
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil:
			return err
		case bytes.HasSuffix(t.buf[from:], []byte(sequence)):
			return nil
		}
	}
}

// text reads to the next '<'. ok is false when there is none before it. Behind the last element there is only space.
func (t *tokens) text() (ok bool, err error) {
	t.buf = t.buf[:0]
	err = t.upTo("<")
	if errors.Is(err, io.EOF) {
		if len(t.open) > 0 || len(bytes.TrimSpace(t.buf)) > 0 {
			return false, errCut
		}
		return false, io.EOF
	}
	if err != nil {
		return false, err
	}
	t.inside = true
	if t.said = t.buf[:len(t.buf)-1]; len(t.said) == 0 {
		return false, nil
	}
	t.said, err = plainText(t.said)
	return true, err
}

// instruction reads "<?…?>". The first one says how characters are written.
func (t *tokens) instruction() error {
	t.buf = t.buf[:0]
	if err := t.upTo("?>"); err != nil {
		return cut(err)
	}
	_, encoding, found := bytes.Cut(t.buf, []byte("encoding="))
	if !found || !bytes.HasPrefix(t.buf, []byte("?xml ")) || len(encoding) == 0 {
		return nil
	}
	name, _, _ := bytes.Cut(encoding[1:], encoding[:1])
	if !bytes.EqualFold(name, []byte("utf-8")) && !bytes.EqualFold(name, []byte("us-ascii")) {
		return errCoding
	}
	return nil
}

// marked reads a comment, or a CDATA section, which is text.
func (t *tokens) marked() (text bool, err error) {
	t.buf = t.buf[:0]
	const comment, cdata = "!--", "![CDATA["
	if first, err := t.r.Peek(len(comment)); err == nil && string(first) == comment {
		_, _ = t.r.Discard(len(comment)) // it was just seen; its hyphens do not end it
		return false, cut(t.upTo("-->"))
	}
	if first, err := t.r.Peek(len(cdata)); err != nil || string(first) != cdata {
		return false, errXML
	}
	_, _ = t.r.Discard(len(cdata)) // it was just seen
	if err := t.upTo("]]>"); err != nil {
		return true, cut(err)
	}
	t.said = bytes.TrimSuffix(t.buf, []byte("]]>"))
	return true, fine(t.said)
}

// closing reads "</name>".
func (t *tokens) closing() error {
	t.buf = t.buf[:0]
	if err := t.upTo(">"); err != nil {
		return cut(err)
	}
	name := bytes.TrimRight(t.buf[1:len(t.buf)-1], " \t\r\n")
	if len(t.open) == 0 || t.open[len(t.open)-1] != string(name) {
		return errXML
	}
	t.end()
	return nil
}

// end ends the last element that has begun.
func (t *tokens) end() {
	last := len(t.open) - 1
	t.name = local(append(t.ended[:0], t.open[last]...))
	t.ended, t.open = t.name, t.open[:last]
}

// opening reads "<name attribute='value' … >".
func (t *tokens) opening() error {
	t.buf = t.buf[:0]
	quote := byte(0) // that is open: a '>' inside is not the end
	for from := 0; from == 0 || quote != 0; {
		if err := t.upTo(">"); err != nil {
			return cut(err)
		}
		for _, c := range t.buf[from:] {
			switch {
			case quote == 0 && (c == '"' || c == '\''):
				quote = c
			case c == quote:
				quote = 0
			}
		}
		from = len(t.buf)
	}
	return t.take(t.buf[:len(t.buf)-1])
}

const space = " \t\r\n"

// take takes an element's tag apart.
func (t *tokens) take(tag []byte) error {
	tag, closes := bytes.CutSuffix(tag, []byte("/"))
	n := bytes.IndexAny(tag, space)
	if n < 0 {
		n = len(tag)
	}
	full, rest := tag[:n], tag[n:]
	t.attributes = t.attributes[:0]
	for rest = bytes.TrimLeft(rest, space); len(rest) > 0; rest = bytes.TrimLeft(rest, space) {
		name, after, _ := bytes.Cut(rest, []byte("="))
		name, after = bytes.TrimRight(name, space), bytes.TrimLeft(after, space)
		if len(name) == 0 || len(after) == 0 || after[0] != '"' && after[0] != '\'' {
			return errXML
		}
		end := bytes.IndexByte(after[1:], after[0])
		if end < 0 {
			return errXML
		}
		t.attributes = append(t.attributes, pair{local(name), after[1 : 1+end]})
		rest = after[end+2:]
	}
	if len(full) == 0 || bytes.ContainsAny(full, `<"'=&`) {
		return errXML
	}
	if len(t.open) == maxDepth {
		return errDepth
	}
	t.name, t.closes = local(full), closes
	t.open = append(t.open, nameOf(full))
	return nil
}

// names are those of the elements that there are most of, so that not each of them is another string.
var names = [...]string{"c", "v", "row", "is", "t", "si", "r", "f"}

// nameOf is a name as a string.
func nameOf(full []byte) string {
	for _, name := range names {
		if string(full) == name {
			return name
		}
	}
	return string(full)
}

// local is a name without its prefix.
func local(name []byte) []byte {
	return name[bytes.IndexByte(name, ':')+1:]
}

// attribute is the element's, by its name without a prefix; empty when it has none, or one that cannot be read.
func (t *tokens) attribute(name string) []byte {
	for _, a := range t.attributes {
		if string(a.name) == name {
			text, err := plainText(a.value)
			if err != nil {
				return nil
			}
			return text
		}
	}
	return nil
}

// content is the text of everything inside an element that has begun, without what tells how it is pronounced.
func (t *tokens) content(element string) (string, error) {
	var out []byte
	inside := element == "v" // or in a t element: others have spaces for looks
	for {
		what, err := t.next()
		if err != nil {
			return "", err
		}
		switch what {
		case begins:
			if inside = string(t.name) == "t"; string(t.name) == "rPh" {
				if err := t.skip(); err != nil {
					return "", err
				}
			}
		case ends:
			if string(t.name) == element {
				return unescape(string(out)), nil
			}
			inside = element == "v"
		case says:
			if inside {
				out = append(out, t.said...)
			}
			if len(out) > 2*MaxCell { // with escapes
				return "", faultf(0, "a cell is larger than %d KiB", MaxCell>>10)
			}
		}
	}
}

// value reads to the end of a cell: the text of its value or of its own text. unsolved: it has a formula and no value.
func (t *tokens) value() (text string, unsolved bool, err error) {
	valued := false
	for {
		what, err := t.next()
		switch {
		case err != nil:
			return "", false, err
		case what == ends:
			return text, unsolved && !valued, nil
		case what != begins:
		case string(t.name) == "v":
			valued = true
			text, err = t.content("v")
		case string(t.name) == "is":
			valued = true
			text, err = t.content("is")
		default:
			unsolved = unsolved || string(t.name) == "f"
			err = t.skip()
		}
		if err != nil {
			return "", false, err
		}
	}
}

// skip reads to the end of the element that has begun.
func (t *tokens) skip() error {
	for depth := len(t.open); len(t.open) >= depth; {
		if _, err := t.next(); err != nil {
			return err
		}
	}
	return nil
}

// fine says whether a text has only characters that XML may have.
func fine(text []byte) error {
	for _, c := range text {
		if c < ' ' && c != '\n' && c != '\t' && c != '\r' {
			return fmt.Errorf("it has the character %#U", c)
		}
	}
	if !utf8.Valid(text) {
		return errCoding
	}
	return nil
}

// plainText is a text as it is meant: with ends of lines of one kind, and without escapes.
func plainText(text []byte) ([]byte, error) {
	if err := fine(text); err != nil || bytes.IndexByte(text, '&') < 0 && bytes.IndexByte(text, '\r') < 0 {
		return text, err
	}
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '&':
			end := bytes.IndexByte(text[i:], ';')
			if end < 0 {
				return nil, errXML
			}
			r, ok := entity(string(text[i+1 : i+end]))
			if !ok {
				return nil, fmt.Errorf("it has the entity &%s;", Escape(string(text[i+1:i+end])))
			}
			out = utf8.AppendRune(out, r)
			i += end
		case c != '\r':
			out = append(out, c)
		case i+1 == len(text) || text[i+1] != '\n':
			out = append(out, '\n')
		}
	}
	return out, nil
}

// entities are those that XML has.
var entities = map[string]rune{"amp": '&', "lt": '<', "gt": '>', "quot": '"', "apos": '\''}

// entity is the character that one stands for.
func entity(name string) (rune, bool) {
	digits, numeric := strings.CutPrefix(name, "#")
	if !numeric {
		r, ok := entities[name]
		return r, ok
	}
	base := 10
	if hex, ok := strings.CutPrefix(digits, "x"); ok {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(digits, base, 21)
	r := rune(n)
	return r, err == nil && utf8.ValidRune(r) && (r >= ' ' || r == '\n' || r == '\t' || r == '\r')
}
