package intake

import (
	"strconv"
	"time"

	"github.com/fieldsync/fieldsync/office/sheet"
)

// Instant reads a cell as a date and says which instant it is in a zone.
func Instant(c sheet.Cell, order Order, now time.Time, zone *time.Location) (string, error) {
	m, err := readMoment(c, order, now)
	if err != nil {
		return "", err
	}
	at, twice, err := m.instant(zone)
	text := at.UTC().Format(time.RFC3339)
	if twice {
		text += " twice"
	}
	return text, err
}

// Tells says what a cell tells of the order of dates.
func Tells(c sheet.Cell, now time.Time) string {
	order, unclear := tells(c, now)
	if unclear {
		return "unclear"
	}
	return order.String()
}

// Number reads a cell as a number.
func Number(text string, d Decimal) (string, error) { return readNumber(sheet.Cell{Text: text}, d) }

// TellsDecimal says what a cell tells of the separator of decimals.
func TellsDecimal(text string) string {
	d, unclear := tellsDecimal(sheet.Cell{Text: text})
	if unclear {
		return "unclear"
	}
	if d == 0 {
		return ""
	}
	return string(rune(d))
}

// Minutes reads how long something takes.
func Minutes(text string) (string, error) {
	n, err := minutes(sheet.Cell{Text: text})
	return strconv.FormatInt(n, 10), err
}

// YesNo reads a yes or a no.
func YesNo(text string) (string, error) { return yesNo(text) }
