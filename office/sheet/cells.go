package sheet

import (
	"errors"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"
)

// readStyles reads what kind of number each style shows.
func (w *workbook) readStyles(part string) error {
	if part == "" {
		return nil
	}
	own := map[string]string{}
	inside := false
	return w.each(part, func(in *tokens) error {
		switch string(in.name) {
		case "numFmt":
			own[string(in.attribute("numFmtId"))] = string(in.attribute("formatCode"))
		case "cellXfs":
			inside = true
		case "cellStyles", "cellStyleXfs", "dxfs":
			inside = false
		case "xf":
			if !inside {
				return nil
			}
			id := string(in.attribute("numFmtId"))
			code, ok := own[id]
			if !ok {
				code = builtIn(id)
			}
			w.kinds = append(w.kinds, kindOf(code))
			w.digits = append(w.digits, zeros(code))
		}
		return nil
	})
}

// builtIn is the code of a format that is the same in every workbook, as far as it is a date or a time (ECMA-376 part 1,
// 18.8.30); those of the East Asian languages are dates too.
func builtIn(id string) string {
	n, err := strconv.Atoi(id)
	switch {
	case err != nil:
		return ""
	case n >= 14 && n <= 17, n == 22, n >= 27 && n <= 31, n == 36, n >= 50 && n <= 54, n >= 57 && n <= 58:
		return "yyyy-mm-dd"
	case n >= 18 && n <= 21, n >= 32 && n <= 35, n >= 45 && n <= 47, n == 55, n == 56:
		return "hh:mm:ss"
	}
	return ""
}

// kindOf says what a format's code shows a number as.
func kindOf(code string) Kind {
	code, _, _ = strings.Cut(plainCode(code), ";")
	switch {
	case strings.ContainsAny(code, "dy"):
		return Date
	case strings.ContainsAny(code, "hs"):
		return Time
	case strings.Contains(code, "m"):
		return Date
	}
	return Number
}

// plainCode is a format's code without what is shown as it stands, colours and languages. What counts hours beyond 24
// stays.
func plainCode(code string) string {
	var out strings.Builder
	for i := 0; i < len(code); i++ {
		switch c := code[i]; c {
		case '\\', '_', '*':
			i++
		case '"', '[':
			end := strings.IndexByte(code[i+1:], map[byte]byte{'"': '"', '[': ']'}[c])
			if end < 0 {
				return out.String()
			}
			if inner := strings.ToLower(code[i+1 : i+1+end]); c == '[' && strings.Trim(inner, "hms") == "" {
				out.WriteString(inner)
			}
			i += end + 1
		default:
			out.WriteByte(c | 0x20) // lower case, for letters
		}
	}
	return strings.ReplaceAll(out.String(), "general", "")
}

// zeros is how many digits a format of nothing but zeros fills a number up to, as those of postcodes and telephones.
func zeros(code string) int {
	if code != "" && strings.Trim(code, "0") == "" {
		return len(code)
	}
	return 0
}

// rows reads the sheet's rows until yield has had enough.
func (w *workbook) rows(yield func(Row) bool) error {
	line, at := 0, 0
	var row Row
	err := w.each(w.sheet, func(in *tokens) error {
		switch string(in.name) {
		case "row":
			if line > 0 && !blank(row.Cells) && !yield(row) {
				return errStop
			}
			row = Row{Line: line + 1, Cells: make([]Cell, 0, len(row.Cells))} // it is likely as long as the one before
			if n, ok := number(in.attribute("r")); ok && n > line {
				row.Line = n
			}
			line, at = row.Line, 0
		case "c":
			if n, ok := columnOf(in.attribute("r")); ok {
				at = n
			}
			at++ // where the next one is, if it does not say so itself; also behind an empty one
			return w.cell(in, at-1, &row)
		}
		return nil
	})
	if errors.Is(err, errStop) {
		return nil
	}
	if err == nil && !blank(row.Cells) {
		yield(row)
	}
	return err
}

// cell reads one cell into its row.
func (w *workbook) cell(in *tokens, column int, row *Row) error {
	style, _ := number(in.attribute("s")) // absent: the first
	kind := string(in.attribute("t"))
	text, unsolved, err := in.value()
	if unsolved {
		kind, text = "e", NoResult
	}
	if err != nil || text == "" {
		return err
	}
	c, why := w.value(kind, style, text)
	if why != "" && row.Fault == "" {
		row.Fault = why
	}
	if len(c.Text) > MaxCell {
		return faultf(row.Line, "a cell is larger than %d KiB", MaxCell>>10)
	}
	if c.Text == "" {
		return nil
	}
	if column >= MaxColumns {
		return faultf(row.Line, "has more than %d columns", MaxColumns)
	}
	for len(row.Cells) <= column {
		row.Cells = append(row.Cells, Cell{})
	}
	row.Cells[column] = c
	return nil
}

// number is a number without a sign, as rows and styles have; ok is false when it is none.
func number(text []byte) (n int, ok bool) {
	for _, c := range text {
		if c < '0' || c > '9' || n > math.MaxInt32/10 {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, len(text) > 0
}

// columnOf is the column of a cell's name, counted from 0.
func columnOf(name []byte) (n int, ok bool) {
	for i := 0; i < len(name) && i < 4; i++ {
		c := name[i] | 0x20
		if c < 'a' || c > 'z' {
			return n - 1, n > 0
		}
		n = n*26 + int(c-'a') + 1
	}
	return 0, false
}

// value is a cell as it is meant. why is what is wrong with it.
func (w *workbook) value(kind string, style int, text string) (c Cell, why string) {
	switch kind {
	case "s":
		i, err := strconv.Atoi(strings.TrimSpace(text))
		if err != nil || i < 0 || i >= len(w.shared) {
			return Cell{}, "refers to a text that the workbook has not"
		}
		return Cell{Text: strings.TrimSpace(w.shared[i])}, ""
	case "str", "inlineStr":
		return Cell{Text: strings.TrimSpace(text)}, ""
	case "b":
		return Cell{Text: strconv.FormatBool(isTrue(text)), Kind: Bool}, ""
	case "e":
		return Cell{Text: text, Kind: Error}, ""
	case "d":
		at, err := time.Parse("2006-01-02T15:04:05.999Z", strings.TrimSuffix(text, "Z")+"Z")
		if err != nil {
			return Cell{Text: text}, ""
		}
		return Cell{dateText(at), Date}, ""
	}
	return w.numberBy(style, text)
}

// numberBy is a number by its style.
func (w *workbook) numberBy(style int, text string) (Cell, string) {
	f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
	if err != nil || math.IsNaN(f) || math.IsInf(f, 0) {
		return Cell{Text: text}, ""
	}
	shown := Number
	if style >= 0 && style < len(w.kinds) {
		shown = w.kinds[style]
	}
	switch {
	case shown == Date && f >= 1 && f < 2_958_466: // to the end of 9999
		return Cell{dateText(w.day(f)), Date}, ""
	case shown != Number && f >= 0 && f < 1000:
		return Cell{timeText(f), Time}, ""
	}
	return Cell{w.plain(style, text, f), Number}, ""
}

// day is the moment of a serial number of days. Until February 1900 they are off by one, for that month had 29 of them once.
func (w *workbook) day(serial float64) time.Time {
	epoch := time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)
	switch {
	case w.is1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case serial < 60:
		epoch = epoch.AddDate(0, 0, 1)
	}
	whole, part := math.Modf(serial)
	return epoch.AddDate(0, 0, int(whole)).Add(time.Duration(math.Round(part*86_400_000)) * time.Millisecond)
}

// dateText is a moment without a zone.
func dateText(at time.Time) string {
	switch {
	case at.Nanosecond() != 0:
		return at.Format("2006-01-02 15:04:05.000")
	case at.Hour() == 0 && at.Minute() == 0 && at.Second() == 0:
		return at.Format(time.DateOnly)
	}
	return at.Format(time.DateTime)
}

// timeText is a part of a day, or more than one, as hours, minutes and seconds.
func timeText(days float64) string {
	n := int(math.Round(days * 86_400))
	two := func(n int) string { return string(slices.Concat([]byte{'0' + byte(n/10)}, []byte{'0' + byte(n%10)})) }
	hours := strconv.Itoa(n / 3600)
	if len(hours) == 1 {
		hours = "0" + hours
	}
	return hours + ":" + two(n/60%60) + ":" + two(n%60)
}

// exact is how many digits of a number are meant; a workbook stores more.
const exact = 15

// plain is a number in digits, with the zeros that its style shows.
func (w *workbook) plain(style int, text string, f float64) string {
	text = strings.TrimSpace(text)
	digits := strings.TrimLeft(text, "-")
	if strings.Trim(digits, "0123456789") != "" || digits == "" {
		if near, err := strconv.ParseFloat(strconv.FormatFloat(f, 'g', exact, 64), 64); err == nil {
			f = near
		}
		text = strconv.FormatFloat(f, 'f', -1, 64)
	}
	if style >= 0 && style < len(w.digits) && len(text) < w.digits[style] && !strings.ContainsAny(text, "-.") {
		text = strings.Repeat("0", w.digits[style]-len(text)) + text
	}
	return text
}
