package main

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Parts: what is moved and counted in the field and in the office, and what the ledger comes to.

func (p *play) takesParts(s *script.Step) (string, error) {
	return p.movesParts(s, "quantity", -s.Arg(script.Number, 0).Number)
}

func (p *play) putsParts(s *script.Step) (string, error) {
	return p.movesParts(s, "quantity", s.Arg(script.Number, 0).Number)
}

func (p *play) countsParts(s *script.Step) (string, error) {
	return p.movesParts(s, "counted", s.Arg(script.Number, 0).Number)
}

// movesParts writes a line of the ledger, at a desk or on a phone.
func (p *play) movesParts(s *script.Step, column string, n int) (string, error) {
	m, desk, err := p.hand(s)
	if err != nil {
		return "", err
	}
	what, where := s.Arg(script.Text, 0).Text, s.Arg(script.Text, 1).Text
	if desk {
		_, err := p.bulk(p.desk(s.Arg(script.Hand, 0).Person), false, creation("parts_movements", doc{"sku": what, "place": where, column: strconv.Itoa(n)}))
		return "", err
	}
	spec, _ := builtin().Spec(model.PartsMovements)
	field := func(name string, v model.Value) model.FieldValue {
		f, _ := spec.Named(name)
		return val(f.No, v)
	}
	fields := []model.FieldValue{field("sku", model.Text(what)), field("place", model.Text(where)), field(column, model.Int(int64(n)*whole))}
	if s.Has(script.Job, 0) {
		job, err := p.shownJob(m, s)
		if err != nil {
			return "", err
		}
		fields = append(fields, field("job", model.Ref(job.ID)))
	}
	return p.keep(m, s, create(model.PartsMovements, inOrder(fields)...))
}

// whole is one part: quantities are thousandths.
const whole = 1000

// partsLeft is what the gateway says that is left of a part at a place.
func (p *play) partsLeft(s *script.Step) (string, bool, error) {
	stock, err := p.stockOf(s)
	got := 0.0
	for _, d := range stock {
		n, _ := strconv.ParseFloat(textOfJSON(d["on_hand"]), 64)
		got += n
	}
	want := float64(s.Arg(script.Number, 0).Number)
	if s.Arg(script.Choice, 0).Text == "missing in" {
		want = -want
	}
	return strconv.FormatFloat(got, 'f', -1, 64), len(stock) == 1 && got == want, err
}

// stockOf is the gateway's line about the sentence's part and place: one, or none.
func (p *play) stockOf(s *script.Step) ([]doc, error) {
	what, where := s.Arg(script.Text, 0).Text, s.Arg(script.Text, 1).Text
	return p.all("stock", func(d doc) bool { return d["sku"] == what && d["place"] == where })
}

// shortage says whether the office is to see to a part of which there is less than nothing.
func (p *play) shortage(s *script.Step) (string, bool, error) {
	stock, err := p.stockOf(s)
	if err != nil {
		return "", false, err
	}
	open, err := p.all("review_items", func(d doc) bool {
		return d["state"] == "open" && d["kind"] == model.InboxStock && slices.ContainsFunc(stock, func(s doc) bool { return s["id"] == d["subject"] })
	})
	return counted(len(open), "item"), (len(open) == 1) == (s.Arg(script.Choice, 0).Text == "a shortage"), err
}

// partsTaken adds up what somebody said that they used on a job.
func (p *play) partsTaken(s *script.Step) (string, bool, error) {
	_, by := p.ofWho(s)
	lines, err := p.all("parts_movements", func(d doc) bool {
		return d["sku"] == s.Arg(script.Text, 0).Text && d["author"] == by && d["job"] == p.idOf(s, script.Job).String()
	})
	sum := 0.0
	for _, d := range lines {
		n, _ := strconv.ParseFloat(strings.TrimPrefix(textOfJSON(d["quantity"]), "-"), 64)
		sum += n
	}
	return fmt.Sprintf("%v in %s", sum, counted(len(lines), "line")), sum == float64(s.Arg(script.Number, 0).Number), err
}
