package protocol

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// Limits bounds what [Check] lets through.
type Limits struct {
	Bytes    int // of the whole
	Depth    int // arrays and maps inside one another
	Elements int // values, the arrays and maps and the keys of maps included
}

// The limits, with their reasons.
var (
	// FrameLimits: a phone's upload slot at 2G takes some seconds for 256 KiB; what is deeper than 16 or wider than
	// 10,000 is no message of ours (DESIGN §11).
	FrameLimits = Limits{Bytes: MaxFrame, Depth: 16, Elements: 10_000}

	// PageBodyLimits: a page comes from the server alone, and a first sync has many small cells.
	PageBodyLimits = Limits{Bytes: MaxPageBody, Depth: 16, Elements: 100_000}

	// ChangeLimits: 256 fields of three elements each, and a margin for a newer peer.
	ChangeLimits = Limits{Bytes: MaxChange, Depth: 16, Elements: 1_000}

	clockLimits = Limits{Bytes: MaxBlob, Depth: 16, Elements: 64}
)

// What Check refuses. Every one of them is fatal for the connection the frame came by.
var (
	ErrTooLong   = errors.New("longer than its limit")
	ErrTruncated = errors.New("declares more than there is")
	ErrTrailing  = errors.New("bytes after the end")
	ErrDepth     = errors.New("nested too deep")
	ErrElements  = errors.New("too many elements")
	ErrLongForm  = errors.New("not in its shortest form")
	ErrText      = errors.New("a text that is not UTF-8")
	ErrMapKey    = errors.New("map keys must be texts in ascending order, each once")
	ErrForbidden = errors.New("a float, an extension or a reserved code")
)

// Check is the strict pre-pass: it says whether data is exactly one msgpack value in its only permitted form and
// within the limits. It allocates nothing and looks at each byte once, so that nothing a stranger sends costs more
// than the bytes he sent. The msgpack library must not see anything that has not passed: it allocates what a header
// declares and recurses as deep as it is told.
func Check(data []byte, limits Limits) error {
	if len(data) > limits.Bytes {
		return ErrTooLong
	}
	c := checker{data: data, limits: limits}
	if err := c.value(); err != nil {
		return fmt.Errorf("byte %d: %w", c.pos, err)
	}
	if c.pos != len(data) {
		return fmt.Errorf("byte %d: %w", c.pos, ErrTrailing)
	}
	return nil
}

// skip finds the end of the value that begins at pos, in data that has passed Check.
func skip(data []byte, pos int) (end int, err error) {
	c := checker{data: data, pos: pos, limits: Limits{Depth: math.MaxInt, Elements: math.MaxInt}}
	err = c.value()
	return c.pos, err
}

type checker struct {
	data     []byte
	pos      int
	depth    int
	elements int
	limits   Limits
}

// value walks one value. It recurses no deeper than limits.Depth.
func (c *checker) value() error {
	c.elements++
	if c.elements > c.limits.Elements {
		return ErrElements
	}
	if c.pos >= len(c.data) {
		return ErrTruncated
	}
	code := c.data[c.pos]
	c.pos++
	switch {
	case code <= 0x7f, code >= 0xe0, code == 0xc0, code == 0xc2, code == 0xc3: // small ints, nil, false, true
		return nil
	case code <= 0x8f:
		return c.pairs(int(code & 0x0f))
	case code <= 0x9f:
		return c.list(int(code & 0x0f))
	case code <= 0xbf:
		return c.text(int(code & 0x1f))
	default:
		return c.wide(code)
	}
}

// wide walks a value whose length or number follows its code.
func (c *checker) wide(code byte) error {
	switch code {
	case 0xc4, 0xc5, 0xc6:
		n, err := c.length(1<<(code-0xc4), 0)
		if err != nil {
			return err
		}
		return c.take(n)
	case 0xcc, 0xcd, 0xce, 0xcf:
		return c.unsigned(1 << (code - 0xcc))
	case 0xd0, 0xd1, 0xd2, 0xd3:
		return c.signed(1 << (code - 0xd0))
	case 0xd9, 0xda, 0xdb:
		n, err := c.length(1<<(code-0xd9), 32)
		if err != nil {
			return err
		}
		return c.text(n)
	case 0xdc, 0xdd:
		n, err := c.length(2<<(code-0xdc), 16)
		if err != nil {
			return err
		}
		return c.list(n)
	case 0xde, 0xdf:
		n, err := c.length(2<<(code-0xde), 16)
		if err != nil {
			return err
		}
		return c.pairs(n)
	default:
		return ErrForbidden
	}
}

// number reads a big-endian number of size bytes.
func (c *checker) number(size int) (uint64, error) {
	if len(c.data)-c.pos < size {
		return 0, ErrTruncated
	}
	var wide [8]byte
	copy(wide[8-size:], c.data[c.pos:c.pos+size])
	c.pos += size
	return binary.BigEndian.Uint64(wide[:]), nil
}

// length reads a length of size bytes, which must be what no shorter form can say; least is the first length that
// the fixed form of the type cannot.
func (c *checker) length(size int, least uint64) (int, error) {
	n, err := c.number(size)
	if err != nil {
		return 0, err
	}
	switch size {
	case 2:
		// Arrays and maps have no form of one byte: below it is the fixed one.
		if least != 16 {
			least = 1 << 8
		}
	case 4:
		least = 1 << 16
	}
	if n < least {
		return 0, ErrLongForm
	}
	if n > uint64(len(c.data)-c.pos) { // every element takes a byte at least
		return 0, ErrTruncated
	}
	return int(n), nil
}

func (c *checker) unsigned(size int) error {
	n, err := c.number(size)
	if err != nil {
		return err
	}
	least := uint64(1) << (size * 4) // what half the size cannot hold
	if size == 1 {
		least = 1 << 7
	}
	if n < least {
		return ErrLongForm
	}
	return nil
}

// signed walks a negative number; a positive one has an unsigned form, which is the one permitted.
func (c *checker) signed(size int) error {
	n, err := c.number(size)
	if err != nil {
		return err
	}
	shift := 64 - size*8
	v := int64(n<<shift) >> shift
	most := int64(-33)
	if size > 1 {
		most = -(int64(1) << (size*4 - 1)) - 1
	}
	if v > most {
		return ErrLongForm
	}
	return nil
}

func (c *checker) take(n int) error {
	if n > len(c.data)-c.pos {
		return ErrTruncated
	}
	c.pos += n
	return nil
}

func (c *checker) text(n int) error {
	from := c.pos
	if err := c.take(n); err != nil {
		return err
	}
	if !utf8.Valid(c.data[from:c.pos]) {
		return ErrText
	}
	return nil
}

// enter goes into an array or map of n values, before any of them is looked at.
func (c *checker) enter(n int) error {
	if c.depth == c.limits.Depth {
		return ErrDepth
	}
	if n > len(c.data)-c.pos {
		return ErrTruncated
	}
	if n > c.limits.Elements-c.elements {
		return ErrElements
	}
	c.depth++
	return nil
}

func (c *checker) list(n int) error {
	if err := c.enter(n); err != nil {
		return err
	}
	for range n {
		if err := c.value(); err != nil {
			return err
		}
	}
	c.depth--
	return nil
}

// pairs walks a map. Ascending keys make a repeated one visible without remembering any.
func (c *checker) pairs(n int) error {
	if err := c.enter(2 * n); err != nil {
		return err
	}
	var before []byte
	for i := range n {
		from := c.pos
		if err := c.value(); err != nil {
			return err
		}
		key, ok := textOf(c.data[from:c.pos])
		if !ok || i > 0 && string(key) <= string(before) {
			return ErrMapKey
		}
		before = key
		if err := c.value(); err != nil {
			return err
		}
	}
	c.depth--
	return nil
}

// textOf is the content of an encoded text.
func textOf(value []byte) ([]byte, bool) {
	switch code := value[0]; {
	case code >= 0xa0 && code <= 0xbf:
		return value[1:], true
	case code >= 0xd9 && code <= 0xdb:
		return value[1+1<<(code-0xd9):], true
	default:
		return nil, false
	}
}
