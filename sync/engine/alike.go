package engine

import (
	"regexp"
	"strings"
	"unicode"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Two customers may be one: the field makes a customer that the office has, an import brings one that somebody typed. Nothing is
// merged or refused for it, and whoever makes the second is answered as for any other (domain (c), S1, S2): an item of review says so to
// the office. Customers are found by what they are called and by their telephone in rows of their own.

// Rows of TableAlike: how they begin.
const (
	alikeName  = "n"
	alikePhone = "p"
	alikeOwn   = "o" // + record id: the rows that the customer stands in
)

// alikeKey begins the rows of what looks alike in one way.
func (t *tx) alikeKey(how, text string) string {
	key := t.derived("alike " + how + text)
	return how + string(key[:])
}

// alikeKeys begins the rows that a customer stands in.
func (t *tx) alikeKeys(r *model.Record) (keys []string) {
	if r.Deleted {
		return nil
	}
	if name := lettersOf(r.Value(model.CustomerName).Text()); name != "" {
		keys = append(keys, t.alikeKey(alikeName, name))
	}
	if phone := phoneOf(r.Value(model.CustomerPhone).Text()); phone != "" {
		keys = append(keys, t.alikeKey(alikePhone, phone))
	}
	return keys
}

// indexAlike brings the rows of a customer in line with it.
func (t *tx) indexAlike(r *model.Record) {
	own := alikeOwn + string(r.ID[:])
	raw, _ := t.row(storage.TableAlike, own)
	keys := t.alikeKeys(r)
	if string(raw) == strings.Join(keys, "") {
		return
	}
	const size = 1 + 16
	for ; len(raw) >= size; raw = raw[size:] {
		t.remove(storage.TableAlike, string(raw[:size])+string(r.ID[:]))
	}
	for _, k := range keys {
		t.put(storage.TableAlike, k+string(r.ID[:]), nil)
	}
	if t.remove(storage.TableAlike, own); len(keys) > 0 {
		t.put(storage.TableAlike, own, []byte(strings.Join(keys, "")))
	}
}

// maxAlike bounds how many customers of one name or telephone are compared with a new one.
const maxAlike = 16

// raiseAlike says to the office that a customer who was just made may be one that was there.
func (f *frame) raiseAlike(c *model.Change, r *model.Record) {
	if planted("alike-unnoticed") {
		return
	}
	for _, k := range f.alikeKeys(r) {
		for _, other := range f.lookalikes(k, maxAlike) {
			if other.ID == r.ID || k[:1] == alikeName && !nearby(r, other) {
				continue
			}
			f.review(review{
				kind: model.InboxDuplicate, change: c.ID, record: r.ID, of: model.Customers, author: c.Author, same: []byte(k),
				more: []model.Assign{{Field: model.ReviewOther, Value: model.Ref(other.ID)}},
			})
			return
		}
	}
}

// lookalikes is the first customers that stand in rows which begin alike.
func (t *tx) lookalikes(key string, most int) (out []*model.Record) {
	add := func(k string) {
		if r := t.live(model.RecordID([]byte(k[len(key):]))); r != nil && r.Collection == model.Customers && len(out) < most {
			out = append(out, r)
		}
	}
	for k := range t.r.Rows(storage.TableAlike, key, "") {
		if _, changed := t.rows[rowKey{storage.TableAlike, k}]; !changed {
			add(k)
		}
		if len(out) == most {
			return out
		}
	}
	for _, id := range t.joined { // made by this decision
		if _, there := t.rows[rowKey{storage.TableAlike, key + string(id[:])}]; there {
			add(key + string(id[:]))
		}
	}
	return out
}

// nearby says whether two customers of one name may be at one place: their postcodes are the same, as far as both have one.
func nearby(a, b *model.Record) bool {
	x, y := postcodeOf(a.Value(model.CustomerAddress).Text()), postcodeOf(b.Value(model.CustomerAddress).Text())
	return x == "" || y == "" || x == y
}

// lettersOf is a name as it is compared: its letters and digits, whatever their case.
func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, name)
}

// phoneOf is a telephone as it is compared: its last digits, since the code of the country and the zero before that of the town are
// written or not. What has fewer than 7 is none.
func phoneOf(text string) string {
	digits := strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, text)
	if len(digits) < 7 {
		return ""
	}
	return digits[max(0, len(digits)-9):]
}

var postcodes = regexp.MustCompile(`\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b|\b[0-9]{4,5}\b`)

// postcodeOf is the postcode in an address; empty: none is found. A house number comes before it.
func postcodeOf(address string) string {
	all := postcodes.FindAllString(strings.ToUpper(address), -1)
	if len(all) == 0 {
		return ""
	}
	return strings.ReplaceAll(all[len(all)-1], " ", "")
}
