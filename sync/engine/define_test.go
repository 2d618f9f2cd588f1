package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// meter is a company with a field of its own on jobs, of which a worker says the value.
type meter struct {
	*company
	definition model.RecordID
	job        model.RecordID
	ben        *device
}

const meterField = model.FieldNo(1 << 20)

func newMeter(t *testing.T, rights string) *meter {
	t.Helper()
	m := &meter{company: newCompany(t)}
	m.definition = m.made(model.FieldDefinitions, set(model.DefinitionExtends, model.Int(int64(model.Jobs))),
		set(model.DefinitionNumber, model.Int(int64(meterField))), set(model.DefinitionName, model.Text("meter")),
		set(model.DefinitionType, model.Int(int64(model.TypeEnum))), set(model.DefinitionClass, model.Text("work")),
		set(model.DefinitionRights, model.Text(rights)), set(model.DefinitionOptions, model.Text("old\nnew")))
	m.job, _ = m.newJob(m.company.ben, 0)
	m.ben = m.device(m.company.ben, model.Mobile)
	return m
}

// redefine is what somebody in the office says of the field, of what they look at now.
func (m *meter) redefine(field model.FieldNo, text string) model.Change {
	ch := m.change(m.amy, model.OpEdit, model.FieldDefinitions, m.definition, set(field, model.Text(text)))
	_, ch.Base = m.look(m.caller(m.amy), m.definition)
	m.contents[ch.Body] = ch
	return ch
}

// says is Ben's value of the field.
func (m *meter) says(text string) model.Answer {
	return m.push(m.ben.conn, m.edit(m.company.ben, m.job, meterField, model.Text(text)))[0]
}

// TestC_RightsOfCustomFieldsChange: who writes a field of the company's own, and what it offers, is what the office said last; and what
// was offered once still counts.
func TestC_RightsOfCustomFieldsChange(t *testing.T) { found(t, customRights(t)) }

func customRights(t *testing.T) string {
	t.Helper()
	m := newMeter(t, "optional")
	if a := m.says("old"); a.Outcome != model.OutcomeApplied {
		return fmt.Sprintf("a worker's own: %v %d", a.Outcome, a.Reason)
	}
	stale := m.redefine(model.DefinitionRights, "required")
	m.applied(m.office(), m.redefine(model.DefinitionRights, "read_only"))
	if a := m.push(m.office(), stale)[0]; a.Outcome != model.OutcomeRecorded {
		return fmt.Sprintf("what somebody says who did not see that: %v %d", a.Outcome, a.Reason)
	}
	if a := m.says("new"); a.Outcome != model.OutcomeHeld || a.Reason != model.ReasonRight {
		return fmt.Sprintf("the office's alone: %v %d", a.Outcome, a.Reason)
	}
	m.applied(m.office(), m.redefine(model.DefinitionRights, "optional"))
	m.applied(m.office(), m.redefine(model.DefinitionOptions, "new\nsmart"))
	for _, option := range []string{"smart", "old"} {
		if a := m.says(option); a.Outcome != model.OutcomeApplied && a.Outcome != model.OutcomeMerged {
			return fmt.Sprintf("%s, which is or was offered: %v %d", option, a.Outcome, a.Reason)
		}
	}
	if a := m.says("steam"); a.Outcome != model.OutcomeRefused {
		return fmt.Sprintf("what never was offered: %v %d", a.Outcome, a.Reason)
	}
	if a := m.push(m.office(), m.redefine(model.DefinitionRights, "hidden"))[0]; a.Outcome != model.OutcomeRefused || a.Reason != model.ReasonValue {
		return fmt.Sprintf("hidden, of a class that phones are shown: %v %d", a.Outcome, a.Reason)
	}
	return ""
}

// TestC_AWantedFieldIsAskedFor: a completion without one that the company wants stands, and is flagged; whether the phone knew or not.
func TestC_AWantedFieldIsAskedFor(t *testing.T) { found(t, wantedField(t)) }

func wantedField(t *testing.T) string {
	t.Helper()
	for _, told := range []bool{false, true} {
		m := newMeter(t, "optional")
		m.applied(m.office(), m.redefine(model.DefinitionRights, "required"))
		if told {
			m.says("old")
		}
		done := m.event(m.company.ben, m.job, "done")
		done.Base = m.bases[m.company.ben]
		m.contents[done.Body] = done
		m.applied(m.ben.conn, m.event(m.company.ben, m.job, "start"), done)
		jobs := m.listed(m.amy, model.Jobs)
		status, flags := said(jobs[0], model.JobStatus).Text(), said(jobs[0], model.JobFlags).Text()
		if status != "completed" || strings.Contains(flags, workflow.FlagIncomplete) == told {
			return fmt.Sprintf("told: %v; the job is %q, flagged %q", told, status, flags)
		}
	}
	return ""
}

// defines is a definition of a field of the company's own, with its creation.
func (m *meter) defines(number model.FieldNo, name, class string) model.Change {
	return m.change(m.amy, model.OpCreate, model.FieldDefinitions, model.RecordID(newChange(m.t)), set(model.DefinitionExtends, model.Int(int64(model.Jobs))),
		set(model.DefinitionNumber, model.Int(int64(number))), set(model.DefinitionName, model.Text(name)), set(model.DefinitionType, model.Int(int64(model.TypeText))),
		set(model.DefinitionClass, model.Text(class)), set(model.DefinitionRights, model.Text("read_only")), set(model.DefinitionLimit, model.Int(100)))
}

// TestC_AFieldStaysWhatItIs: neither whoever defined a field, nor another definition, makes it one of another class: what was said of it would
// be shown to whom it was kept from.
func TestC_AFieldStaysWhatItIs(t *testing.T) { found(t, fieldStays(t)) }

func fieldStays(t *testing.T) string {
	t.Helper()
	m := newMeter(t, "optional")
	secret := m.defines(meterField+1, "margin", "internal")
	m.applied(m.office(), secret)
	m.applied(m.office(), m.rename2(m.job, meterField+1, model.Text("thin")))
	if a := m.push(m.office(), m.defines(meterField+1, "margin", "work"))[0]; a.Outcome != model.OutcomeRefused {
		return fmt.Sprintf("another definition of its number is %v %d", a.Outcome, a.Reason)
	}
	over := m.change(m.amy, model.OpEdit, model.FieldDefinitions, secret.Record, set(model.DefinitionClass, model.Text("work")))
	_, over.Base = m.look(m.caller(m.amy), secret.Record)
	over.Over = []model.ChangeID{secret.ID}
	m.contents[over.Body] = over
	if a := m.push(m.office(), over)[0]; a.Outcome != model.OutcomeRefused {
		return fmt.Sprintf("another class of whoever defined it is %v %d", a.Outcome, a.Reason)
	}
	m.ben.sync()
	if got, told := m.ben.rows[m.job][meterField+1]; told {
		return fmt.Sprintf("Ben is told %v", got)
	}
	return ""
}

// TestC_OptionsHaveABound: what was offered once is kept, as far as a company's row takes it; then the list stays, and all else goes on.
func TestC_OptionsHaveABound(t *testing.T) {
	m := newMeter(t, "optional")
	refused := 0
	for i := range 100 {
		options := fmt.Sprintf("option %d %s\nold", i, strings.Repeat("x", 3900))
		if a := m.push(m.office(), m.redefine(model.DefinitionOptions, options))[0]; a.Outcome == model.OutcomeRefused {
			refused++
		}
	}
	if refused == 0 {
		t.Error("the list grows for ever")
	}
	if a := m.says("old"); a.Outcome != model.OutcomeApplied {
		t.Errorf("an option of the first day: %v %d", a.Outcome, a.Reason)
	}
	m.made(model.Customers, set(model.CustomerName, model.Text("ACME")))
	more := 0
	for i := range 400 {
		d := m.defines(meterField+1+model.FieldNo(i), fmt.Sprint("field_", i), "internal")
		d.Fields = append(d.Fields, set(model.DefinitionOptions, model.Text(strings.Repeat("y", 3900))))
		m.contents[d.Body] = d
		if a := m.push(m.office(), d)[0]; a.Outcome == model.OutcomeApplied {
			more++
		}
	}
	if more == 0 || more == 400 {
		t.Errorf("%d fields of 400 are taken", more)
	}
	m.made(model.Customers, set(model.CustomerName, model.Text("Bakery")))
}

// TestC_ARetiredFieldIsNotAskedFor: a completion without it is complete.
func TestC_ARetiredFieldIsNotAskedFor(t *testing.T) { found(t, retiredField(t)) }

func retiredField(t *testing.T) string {
	t.Helper()
	m := newMeter(t, "required")
	retire := m.redefine(model.DefinitionRetired, "")
	retire.Fields[0].Value = model.Bool(true)
	m.contents[retire.Body] = retire
	m.applied(m.office(), retire)
	done := m.event(m.company.ben, m.job, "done")
	done.Base = m.bases[m.company.ben]
	m.contents[done.Body] = done
	m.applied(m.ben.conn, m.event(m.company.ben, m.job, "start"), done)
	if flags := said(m.listed(m.amy, model.Jobs)[0], model.JobFlags).Text(); flags != "" {
		return fmt.Sprintf("the job is flagged %q", flags)
	}
	return ""
}
