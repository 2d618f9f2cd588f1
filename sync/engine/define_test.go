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
