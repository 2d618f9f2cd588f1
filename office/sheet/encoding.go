package sheet

import (
	"bytes"
	"errors"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

// Encoding is how a CSV's characters are written.
type Encoding uint8

// The encodings.
const (
	UTF8        Encoding = iota
	UTF16LE              // what Excel calls Unicode text
	UTF16BE              //
	Windows1252          // of which Latin-1 is a part
)

// String is its usual name.
func (e Encoding) String() string {
	return [...]string{"UTF-8", "UTF-16", "UTF-16", "Windows-1252"}[e]
}

// codec is the encoding without a mark; nil for UTF-8.
func (e Encoding) codec() encoding.Encoding {
	switch e {
	case UTF16LE:
		return unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM)
	case UTF16BE:
		return unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM)
	case Windows1252:
		return charmap.Windows1252
	default:
		return nil
	}
}

// marks are the byte order marks.
var marks = map[Encoding]string{UTF8: "\xef\xbb\xbf", UTF16LE: "\xff\xfe", UTF16BE: "\xfe\xff"}

// detect finds out an encoding. A file of UTF-8 with a few bytes that are none is UTF-8 all the same: those rows are named,
// and not all others garbled.
func detect(r io.ReaderAt, size int64) (e Encoding, bom bool, err error) {
	start := make([]byte, min(size, 4))
	if _, err := r.ReadAt(start, 0); err != nil && !errors.Is(err, io.EOF) {
		return UTF8, false, err
	}
	for e, mark := range marks {
		if bytes.HasPrefix(start, []byte(mark)) {
			return e, true, nil
		}
	}
	var good, bad int
	buf := make([]byte, 64<<10)
	held := 0 // bytes of a character that was cut by the end of the buffer
	in := io.NewSectionReader(r, 0, size)
	for {
		n, err := in.Read(buf[held:])
		chunk := buf[:held+n]
		if bytes.IndexByte(chunk, 0) >= 0 {
			return UTF8, false, faultf(0, "is not a text in UTF-8, Windows-1252, or UTF-16 with a byte order mark; save it as CSV in UTF-8, or as XLSX")
		}
		rest := count(chunk, err != nil, &good, &bad)
		held = copy(buf, rest)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return UTF8, false, err
		}
	}
	if bad > good {
		return Windows1252, false, nil
	}
	return UTF8, false, nil
}

// count counts the characters beyond ASCII that are UTF-8, and the bytes that are none, and returns what may be the
// beginning of a character.
func count(b []byte, last bool, good, bad *int) []byte {
	for len(b) > 0 {
		if b[0] < utf8.RuneSelf {
			b = b[1:]
			continue
		}
		if !last && !utf8.FullRune(b) {
			return b
		}
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n <= 1 {
			*bad++
		} else {
			*good++
		}
		b = b[n:]
	}
	return nil
}

// decoded reads a CSV's text as UTF-8, without its mark.
func decoded(r io.ReaderAt, size int64, d Dialect) io.Reader {
	skip := int64(0)
	if d.BOM {
		skip = int64(len(marks[d.Encoding]))
	}
	in := io.NewSectionReader(r, skip, size-skip)
	if codec := d.Encoding.codec(); codec != nil {
		return codec.NewDecoder().Reader(in)
	}
	return in
}
