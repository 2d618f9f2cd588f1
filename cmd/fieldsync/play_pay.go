package main

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// Hours that are approved and paid, over the office's API.

// paidFile is a payroll file as it was when it was made.
type paidFile struct {
	id   model.BatchID
	text []byte // as CSV
	hash string // as the office was told
}

// payDays are the days of which a story's hours are: all that somebody can say in it, whatever the zone of pay.
func (p *play) payDays() api.PayrollDays {
	day := func(n int) string { return p.now().UTC().AddDate(0, 0, n).Format(time.DateOnly) }
	return api.PayrollDays{From: day(-8), To: day(3)}
}

func (p *play) approvesHours(s *script.Step) (string, error) {
	of, days := p.members[s.Arg(script.Person, 1).Person].id, p.payDays()
	var sheet api.Timesheet
	ask := api.SheetDays{Worker: of, From: days.From, To: days.To}
	err := p.by(s).Do(p.ctx, http.MethodPost, office.Path("timesheets", model.SheetApprove), ask, &sheet)
	return fmt.Sprintf("%d minutes, %s", sheet.Paid/60_000, sheet.State), err
}

// exportsPay makes a payroll file, or asks for the last one once more.
func (p *play) exportsPay(s *script.Step) (string, error) {
	again := s.Has(script.Choice, 0)
	file := paidFile{}
	switch n := len(p.paid); {
	case again && n == 0:
		return "", errors.New("nothing has been exported yet")
	case again:
		file.id = p.paid[n-1].id
	default:
		_, _ = rand.Read(file.id[:]) // never fails
	}
	var head api.PayrollFile
	if err := p.by(s).Do(p.ctx, http.MethodPut, office.Path("payroll", file.id.String()), p.payDays(), &head); err != nil {
		return "", err
	}
	if again != head.Repeat {
		return "", fmt.Errorf("the office was told that it was there already: %t", head.Repeat)
	}
	if !again {
		var err error
		if file.text, err = p.payFile(file.id); err != nil {
			return "", err
		}
		file.hash = head.Hash
		p.paid = append(p.paid, file)
	}
	return fmt.Sprintf("%s, %d adjusted", counted(head.Lines, "line"), head.Adjusted), nil
}

// payFile is a payroll file as it is now.
func (p *play) payFile(id model.BatchID) ([]byte, error) {
	return p.chief.File(p.ctx, office.Path("payroll", id.String())+"?format=csv")
}

// paidOf is the sentence's payroll file, if so many were made.
func (p *play) paidOf(s *script.Step) (paidFile, bool) {
	n := s.Arg(script.Ordinal, 0).Number
	if n > len(p.paid) {
		return paidFile{}, false
	}
	return p.paid[n-1], true
}

// filePays sums what a payroll file pays somebody, or only what it says about earlier files.
func (p *play) filePays(s *script.Step) (string, bool, error) {
	file, ok := p.paidOf(s)
	if !ok {
		return counted(len(p.paid), "payroll file"), false, nil
	}
	text, err := p.payFile(file.id)
	if err != nil {
		return "", false, err
	}
	lines, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	if err != nil || len(lines) == 0 {
		return "", false, errors.Join(errors.New("read a payroll file"), err)
	}
	column := func(name string) int { return slices.Index(lines[0], name) }
	who, kind, paid := column("worker"), column("kind"), column("paid_seconds")
	if who < 0 || kind < 0 || paid < 0 {
		return "", false, fmt.Errorf("a payroll file has the columns %q", lines[0])
	}
	_, by := p.ofWho(s)
	adjusts, sum := s.Arg(script.Choice, 0).Text == "adjusts", 0
	for _, l := range lines[1:] {
		if l[who] == by && (l[kind] == "adjustment") == adjusts {
			n, err := strconv.Atoi(l[paid])
			if err != nil {
				return "", false, fmt.Errorf("read a payroll file: %w", err)
			}
			sum += n
		}
	}
	return fmt.Sprintf("%d minutes in %s", sum/60, counted(len(lines)-1, "line")), sum == s.Arg(script.Number, 0).Number*60, nil
}

// fileIsSame compares a payroll file with what it was when it was made, byte for byte, and with the hash that was told then.
func (p *play) fileIsSame(s *script.Step) (string, bool, error) {
	file, ok := p.paidOf(s)
	if !ok {
		return counted(len(p.paid), "payroll file"), false, nil
	}
	text, err := p.payFile(file.id)
	sum := sha256.Sum256(text)
	return fmt.Sprintf("%d bytes, SHA-256 %x…", len(text), sum[:6]), bytes.Equal(text, file.text) && hex.EncodeToString(sum[:]) == file.hash, err
}
