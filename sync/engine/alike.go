package engine

import (
	"iter"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/search"
)

// Two customers may be one: the field makes a customer that the office has, an import brings one that somebody typed. And what
// somebody typed of the customer of a job may be one that the office has, whom they may not know of (H3). Nothing is merged, linked or
// refused for it, and whoever made the second is answered as for any other (domain (c), S1, S2, scenario 15): an item of review says so to
// the office. Both are found by what they are called and by their telephone, in rows of their own.

// Rows of TableAlike: how they begin.
const (
	alikeCustomer = "c" // + hash of a likeness + id of a customer
	alikeTyped    = "t" // + hash of a likeness + id of what was typed of a job
	alikeOwn      = "o" // + record id: the beginnings of the rows that it stands in
)

// alikeSize is how much of a row's key says in what it is alike.
const alikeSize = 1 + 16

// likeness is something by which one customer may be another.
type likeness struct{ of, text string }

// What a likeness is of.
const (
	alikeName  = "n"
	alikePhone = "p"
)

// likenesses is what a customer, or what was typed of one, may be known by.
func likenesses(r *model.Record) (out []likeness) {
	if r.Deleted {
		return nil
	}
	var names, phones []string
	switch r.Collection {
	case model.Customers:
		names, phones = []string{r.Value(model.CustomerName).Text()}, []string{r.Value(model.CustomerPhone).Text()}
	case model.JobOrigins:
		for _, text := range []string{r.Value(model.OriginCustomer).Text(), r.Value(model.OriginSite).Text()} {
			first, _, _ := strings.Cut(text, ",") // they who type a name and where it is put a comma or a line between them
			first, _, _ = strings.Cut(first, "\n")
			names = append(names, text, first)
			text = strings.ReplaceAll(text, " / ", "\n") // between two of them; without the spaces it is in one
			phones = append(phones, telephones.FindAllString(text, maxTyped)...)
		}
	}
	add := func(of, text string) {
		if l := (likeness{of, text}); text != "" && !slices.Contains(out, l) {
			out = append(out, l)
		}
	}
	for _, n := range names {
		add(alikeName, lettersOf(n))
	}
	for _, p := range phones {
		add(alikePhone, phoneOf(p))
	}
	return out
}

// alikeKey begins the rows of what is alike in one thing.
func (t *tx) alikeKey(side string, l likeness) string {
	key := t.derived("alike " + l.of + l.text)
	return side + string(key[:])
}

// alikeKeys begins the rows that a record stands in.
func (t *tx) alikeKeys(r *model.Record) (keys []string) {
	side := alikeCustomer
	if r.Collection == model.JobOrigins {
		side = alikeTyped
		if job := t.live(r.Parent()); job == nil || !job.Value(model.JobCustomer).IsNull() {
			return nil // nobody asks any more
		}
	}
	for _, l := range likenesses(r) {
		keys = append(keys, t.alikeKey(side, l))
	}
	return keys
}

// indexAlike brings the rows of a customer, or of what was typed of one, in line with it.
func (t *tx) indexAlike(r *model.Record) {
	own := alikeOwn + string(r.ID[:])
	raw, _ := t.row(storage.TableAlike, own)
	keys := t.alikeKeys(r)
	if string(raw) == strings.Join(keys, "") {
		return
	}
	for ; len(raw) >= alikeSize; raw = raw[alikeSize:] {
		t.remove(storage.TableAlike, string(raw[:alikeSize])+string(r.ID[:]))
	}
	for _, k := range keys {
		t.put(storage.TableAlike, k+string(r.ID[:]), nil)
	}
	if t.remove(storage.TableAlike, own); len(keys) > 0 {
		t.put(storage.TableAlike, own, []byte(strings.Join(keys, "")))
	}
}

// maxAlike bounds how many of one name or telephone are compared with a new one.
const maxAlike = 16

// raiseAlike says to the office that a customer who was just made may be one that was there, and whose jobs may be theirs that
// somebody typed before.
func (f *frame) raiseAlike(c *model.Change, r *model.Record) {
	if planted("alike-unnoticed") {
		return
	}
	told := false
	for _, l := range likenesses(r) {
		for origin := range f.lookalikes(alikeTyped, l) {
			if mayBe(l, r, origin) {
				f.raiseTyped(origin, r)
			}
		}
		for other := range f.lookalikes(alikeCustomer, l) {
			meant := f.united(other.ID)
			if told || meant == r.ID || !mayBe(l, r, other) {
				continue
			}
			told = true
			f.review(review{
				kind: model.InboxDuplicate, change: c.ID, record: r.ID, of: model.Customers, author: c.Author, same: []byte(f.alikeKey(alikeCustomer, l)),
				more: proposes(model.CustomerMerged, meant),
			})
		}
	}
}

// raiseTypedAlike says to the office whose job that may be of which somebody typed the customer.
func (f *frame) raiseTypedAlike(origin *model.Record) {
	for _, l := range likenesses(origin) {
		for customer := range f.lookalikes(alikeCustomer, l) {
			if mayBe(l, customer, origin) {
				f.raiseTyped(origin, customer)
			}
		}
	}
}

// raiseTyped says to the office that a job without a customer may be this one's: the item proposes the link, so that whoever sees the
// job but not whose it is does not see the item (H1, S8). It is raised once for what was typed.
func (f *frame) raiseTyped(origin, customer *model.Record) {
	job := f.live(origin.Parent())
	if job == nil || !job.Value(model.JobCustomer).IsNull() || planted("typed-unnoticed") {
		return
	}
	v := typedItem(origin)
	v.more = proposes(model.JobCustomer, f.united(customer.ID))
	f.review(v)
}

// proposes is what an item says that proposes a customer: for a job, or as the one that another customer is.
func proposes(field model.FieldNo, customer model.RecordID) []model.Assign {
	return []model.Assign{
		{Field: model.ReviewField, Value: model.Int(int64(field))},
		{Field: model.ReviewOther, Value: model.Ref(customer)},
		{Field: model.ReviewLost + model.FieldNo(model.ClassCustomer), Value: model.Ref(customer)},
	}
}

// typedItem is the item about what was typed of a job.
func typedItem(origin *model.Record) review {
	cell, _ := origin.Cell(model.FieldParent)
	w := origin.Writes[cell.Write]
	return review{kind: model.InboxDuplicate, change: w.Change, record: origin.Parent(), of: model.Jobs, author: w.Author}
}

// answerLink closes what asks whose job it is when somebody says so.
func (f *frame) answerLink(was, job *model.Record, w model.Write) {
	var asked []review
	for _, origin := range f.below(job.ID, model.JobOrigins) {
		f.indexAlike(origin)
		asked = append(asked, typedItem(origin))
	}
	if cell, ok := was.Cell(model.JobCustomer); ok {
		asked = append(asked, f.aliasItem(was, cell))
	}
	for _, v := range asked {
		item := f.openItem(v)
		if item == nil || job.Value(model.JobCustomer).IsNull() {
			continue
		}
		decision := "dismissed"
		if item.Value(model.ReviewOther) == job.Value(model.JobCustomer) {
			decision = "adopted"
		}
		f.answer(item, decision, w)
	}
}

// answer closes an item by what somebody did elsewhere.
func (f *frame) answer(item *model.Record, decision string, w model.Write) {
	r := f.edit(item.ID)
	r.Set(model.ReviewDecision, model.Text(decision), w)
	r.Set(model.ReviewState, model.Text("resolved"), w)
	f.closes(item, r, w)
}

// lookalikes is the first records of one side that are alike in something.
func (t *tx) lookalikes(side string, l likeness) iter.Seq[*model.Record] {
	key := t.alikeKey(side, l)
	of := model.Customers
	if side == alikeTyped {
		of = model.JobOrigins
	}
	return func(yield func(*model.Record) bool) {
		left := maxAlike
		for _, id := range t.alikeIn(key) {
			if r := t.live(id); r == nil || r.Collection != of {
				continue
			}
			if !yield(t.live(id)) {
				return
			}
			if left--; left == 0 {
				return
			}
		}
	}
}

// alikeIn is whose rows begin with a key.
func (t *tx) alikeIn(key string) (out []model.RecordID) {
	for k := range t.r.Rows(storage.TableAlike, key, "") {
		if _, changed := t.rows[rowKey{storage.TableAlike, k}]; !changed {
			out = append(out, model.RecordID([]byte(k[len(key):])))
		}
		if len(out) == 2*maxAlike {
			break
		}
	}
	for _, id := range t.joined { // made by this decision
		if _, there := t.rows[rowKey{storage.TableAlike, key + string(id[:])}]; there {
			out = append(out, id)
		}
	}
	return out
}

// mayBe says whether two that are alike in something may be one: of one telephone, or of one name at one place, which they are not when
// both have a postcode and these differ.
func mayBe(l likeness, a, b *model.Record) bool {
	if l.of == alikePhone {
		return true
	}
	x, y := postcodeOf(placeTold(a)), postcodeOf(placeTold(b))
	return x == "" || y == "" || x == y
}

// placeTold is what a customer, or what was typed of one, says of where they are.
func placeTold(r *model.Record) string {
	if r.Collection == model.JobOrigins {
		return r.Value(model.OriginCustomer).Text() + "\n" + r.Value(model.OriginSite).Text()
	}
	return r.Value(model.CustomerAddress).Text()
}

// lettersOf is a name as it is compared: its letters and digits, whatever their case and accents, and however these were typed.
func lettersOf(name string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) {
			return -1
		}
		return r
	}, search.Fold(name))
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

// maxTyped bounds the telephones that are looked for in one text.
const maxTyped = 4

// telephones finds what may be a telephone in a text. A house number is too short to be one.
var telephones = regexp.MustCompile(`\+?[0-9][0-9 ()/.-]{5,}[0-9]`)

var postcodes = regexp.MustCompile(`\b[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][A-Z]{2}\b|\b[0-9]{4,5}\b`)

// postcodeOf is the postcode in an address; empty: none is found. A house number comes before it.
func postcodeOf(address string) string {
	all := postcodes.FindAllString(strings.ToUpper(address), -1)
	if len(all) == 0 {
		return ""
	}
	return strings.ReplaceAll(all[len(all)-1], " ", "")
}
