package intake

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

// value is a cell as the JSON of its field. The warning is of a value that is taken all the same.
func (o *Options) value(c *column, cell sheet.Cell) (v json.RawMessage, warning string, err error) {
	text, warning, err := o.canonical(c, cell)
	if err != nil {
		return nil, "", fmt.Errorf("%q %w", sheet.Escape(cell.Text), err)
	}
	parsed, err := document.ParseText(c.to.Field, text)
	if err != nil {
		return nil, "", fmt.Errorf("%q: %w", sheet.Escape(cell.Text), err)
	}
	return document.AppendValue(nil, c.to.Field, parsed), warning, nil
}

// canonical is a cell's text as package document reads it.
func (o *Options) canonical(c *column, cell sheet.Cell) (text, warning string, err error) {
	switch f := c.to.Field; f.Type {
	case model.TypeText:
		if !strings.ContainsAny(cell.Text, "\r\n") { // an expression is slow, and few cells have any
			return cell.Text, "", nil
		}
		return oneLine.ReplaceAllString(cell.Text, " "), "", nil
	case model.TypeBool:
		text, err = yesNo(cell.Text)
	case model.TypeInt:
		text, err = o.whole(c, cell)
	case model.TypeMinutes:
		var n int64
		n, err = minutes(cell)
		text = strconv.FormatInt(n, 10)
	case model.TypeMoney, model.TypeQuantity:
		text, err = readNumber(cell, c.decimal)
	case model.TypeEnum:
		text, err = option(f.Options, cell.Text)
	case model.TypeDate:
		var m moment
		m, err = readMoment(cell, c.order, o.Now)
		text = fmt.Sprintf("%04d-%02d-%02d", m.year, m.month, m.day)
	case model.TypeInstant:
		return o.instantText(c, cell)
	case model.TypeGeo:
		return strings.ReplaceAll(cell.Text, " ", ""), "", nil
	default:
		return cell.Text, "", nil
	}
	return text, "", err
}

// oneLine is what a line has instead of the ends of lines.
var oneLine = regexp.MustCompile(`\s*[\r\n]+\s*`)

func (o *Options) instantText(c *column, cell sheet.Cell) (text, warning string, err error) {
	m, err := readMoment(cell, c.order, o.Now)
	if err != nil {
		return "", "", err
	}
	if !m.timed {
		m.clock = workday[c.to.Name]
	}
	at, twice, err := m.instant(o.Zone)
	if err != nil {
		return "", "", err
	}
	return at.UTC().Format(time.RFC3339Nano), doubled(twice, cell, at), nil
}

// workday is when a job begins and ends that has a day and no time.
var workday = map[string]time.Duration{windowStart: 8 * time.Hour, windowEnd: 17 * time.Hour}

// doubled warns of a time that there is twice.
func doubled(twice bool, cell sheet.Cell, at time.Time) string {
	if !twice {
		return ""
	}
	return fmt.Sprintf("%q is there twice, for the clocks are put back over it; taken as the first, %s", sheet.Escape(cell.Text), at.UTC().Format(time.RFC3339))
}

var errYesNo = errors.New("is neither yes nor no")

// yesNo reads a yes or a no, in English or German, or as a mark.
func yesNo(text string) (string, error) {
	switch strings.ToLower(text) {
	case "yes", "y", "true", "t", "1", "x", "on", "ja", "j", "wahr", "✓", "✔":
		return "true", nil
	case "no", "n", "false", "f", "0", "-", "off", "nein", "falsch":
		return "false", nil
	}
	return "", errYesNo
}

// priorities in words; 1 is the most urgent.
var priorities = map[string]string{
	"emergency": "1", "urgent": "1", "critical": "1", "high": "2", "normal": "3", "medium": "3", "standard": "3", "routine": "3", "low": "4", "lowest": "5",
}

// whole reads a whole number; a priority may be a word.
func (o *Options) whole(c *column, cell sheet.Cell) (string, error) {
	if c.to.Name == "priority" {
		if n, ok := priorities[strings.ToLower(cell.Text)]; ok {
			return n, nil
		}
	}
	n := strings.TrimSuffix(cell.Text, ".0")
	if _, err := strconv.ParseInt(n, 10, 64); err != nil {
		if c.to.Name == "priority" {
			return "", errors.New("is none of urgent, high, normal, low, lowest, or 1 to 5")
		}
		return "", errors.New("is no whole number")
	}
	return n, nil
}

var (
	errMinutes = errors.New("is no time it takes; write minutes as 90, or 1:30, or 1.5 h")
	span       = regexp.MustCompile(`^(?:(\d+(?:[.,]\d+)?) ?(?:hours|hour|hrs|hr|h|std))? ?(?:(\d+) ?(?:minutes|minute|mins|min|m)?)?$`)
)

// minutes reads how long something takes.
func minutes(cell sheet.Cell) (int64, error) {
	text := strings.ToLower(strings.TrimSpace(cell.Text))
	if h, rest, ok := strings.Cut(text, ":"); ok {
		m, seconds, _ := strings.Cut(rest, ":")
		hours, err := strconv.ParseUint(h, 10, 16)
		more, err2 := strconv.ParseUint(m, 10, 8)
		if err != nil || err2 != nil || more > 59 || strings.Trim(seconds, "0") != "" {
			return 0, errMinutes
		}
		return int64(hours)*60 + int64(more), nil
	}
	parts := span.FindStringSubmatch(strings.TrimSuffix(text, ".0"))
	if text == "" || parts == nil {
		return 0, errMinutes
	}
	var out int64
	if parts[1] != "" {
		hours, err := strconv.ParseFloat(strings.Replace(parts[1], ",", ".", 1), 64)
		if err != nil || hours > 10_000 {
			return 0, errMinutes
		}
		out = int64(hours*60 + 0.5)
	}
	if parts[2] != "" {
		n, err := strconv.ParseInt(parts[2], 10, 32)
		if err != nil {
			return 0, errMinutes
		}
		out += n
	}
	return out, nil
}

// option finds one of an enum's options: in any case, with spaces for underscores. One that is active may be said by yes.
func option(options []string, text string) (string, error) {
	want := shape.Fold(text)
	for _, o := range options {
		if shape.Fold(o) == want {
			return o, nil
		}
	}
	if len(options) == 2 && options[0] == "active" {
		if yes, err := yesNo(text); err == nil {
			return options[map[string]int{"true": 0, "false": 1}[yes]], nil
		}
	}
	return "", fmt.Errorf("is none of %s", strings.Join(options, ", "))
}
