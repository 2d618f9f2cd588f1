package intake

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// Decimal is what separates the whole part of a number from the rest.
type Decimal byte

// The separators. The zero value: what the column itself tells.
const (
	Point Decimal = '.'
	Comma Decimal = ','
)

// ParseDecimal reads point or comma; nothing is the zero value.
func ParseDecimal(text string) (Decimal, error) {
	switch text {
	case "":
		return 0, nil
	case "point", ".":
		return Point, nil
	case "comma", ",":
		return Comma, nil
	}
	return 0, fmt.Errorf("%q separates no decimals; there are point and comma", text)
}

var (
	errNumber  = errors.New("is no number")
	errDecimal = errors.New("could be two numbers")
)

// currency is what stands before or behind an amount.
var currency = regexp.MustCompile(`^(?i:GBP|EUR|USD|CHF|[£€$])|(?i:GBP|EUR|USD|CHF|[£€$])$`)

// digits is a number's text without currency, spaces and the apostrophes of thousands; negative says that it is.
func digits(text string) (number string, negative bool) {
	text = strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \u00a0\u202f'’", r) {
			return -1
		}
		return r
	}, text)
	if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") { // as accountants write it
		text, negative = text[1:len(text)-1], true
	}
	if strings.Trim(text, "0123456789.,") == "" {
		return text, negative
	}
	for range 3 { // a sign may stand before or behind the currency
		for _, sign := range []string{"-", "−", "+"} {
			if rest, ok := strings.CutPrefix(text, sign); ok {
				text, negative = rest, negative != (sign != "+")
			}
		}
		if rest, ok := strings.CutSuffix(text, "-"); ok {
			text, negative = rest, !negative
		}
		text = currency.ReplaceAllString(text, "")
	}
	return text, negative
}

// tellsDecimal says what one number of a column tells of the separator of all.
func tellsDecimal(c sheet.Cell) (d Decimal, ambiguous bool) {
	if c.Kind != sheet.Text {
		return 0, false
	}
	n, _ := digits(c.Text)
	last := strings.LastIndexAny(n, ".,")
	if last < 0 || strings.Trim(n, "0123456789.,") != "" {
		return 0, false
	}
	mark, other := n[last], byte(Point+Comma)-n[last]
	switch before := n[:last]; {
	case strings.IndexByte(before, other) >= 0:
		return Decimal(mark), false // 1.234,5
	case strings.IndexByte(before, mark) >= 0:
		return Decimal(other), false // 1.234.567
	case len(n)-last-1 != 3 || before == "" || before[0] == '0' || len(before) > 3:
		return Decimal(mark), false // 12,5 and 0,125
	}
	return 0, true // 1,234
}

// readNumber is a number with a point, and no separators of thousands.
func readNumber(c sheet.Cell, d Decimal) (string, error) {
	if c.Kind == sheet.Number {
		return c.Text, nil
	}
	n, negative := digits(c.Text)
	if n == "" || strings.Trim(n, "0123456789.,") != "" {
		return "", errNumber
	}
	if strings.ContainsAny(n, ".,") {
		if d == 0 {
			var unclear bool
			if d, unclear = tellsDecimal(c); unclear {
				return "", errDecimal
			}
		}
		var err error
		if n, err = grouped(n, d); err != nil {
			return "", err
		}
	}
	if negative {
		n = "-" + n
	}
	return n, nil
}

// grouped takes the separators of thousands out of a number.
func grouped(n string, d Decimal) (string, error) {
	thousand := byte(Point+Comma) - byte(d)
	whole, part, _ := strings.Cut(n, string(rune(d)))
	if strings.IndexByte(part, thousand) >= 0 || strings.IndexByte(part, byte(d)) >= 0 {
		return "", errNumber
	}
	groups := strings.Split(whole, string(rune(thousand)))
	for i, g := range groups {
		if i > 0 && len(g) != 3 || g == "" && len(groups) > 1 {
			return "", errNumber
		}
	}
	whole = strings.Join(groups, "")
	if whole == "" {
		whole = "0"
	}
	if part == "" {
		return whole, nil
	}
	return whole + "." + part, nil
}
