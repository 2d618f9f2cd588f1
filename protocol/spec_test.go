package protocol_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestSpec holds what can drift apart: every number that the code assigns stands in SPEC.md, under its name.
func TestSpec(t *testing.T) {
	text, err := os.ReadFile("SPEC.md")
	if err != nil {
		t.Fatal(err)
	}
	spec := string(text)
	want := func(s, why string) {
		if !strings.Contains(spec, s) {
			t.Errorf("SPEC.md lacks %q: %s", s, why)
		}
	}
	for code := protocol.Code(1); code < 5000; code++ {
		if name := code.String(); name != "unknown" {
			want(fmt.Sprintf("| %d | %s", code, name), "a code")
		}
	}
	for number := protocol.Type(1); number.String() != "unknown"; number++ {
		want(fmt.Sprintf("### %d %s (", number, number), "a message")
		if number > protocol.LastType {
			t.Errorf("%s is above the last message", number)
		}
	}
	for o := model.OutcomeRetry; o <= model.OutcomeDismissed; o++ {
		want(fmt.Sprintf("| %d | %s |", o, o), "an outcome")
	}
	for _, reason := range []model.Reason{
		model.ReasonNone, model.ReasonMissing, model.ReasonRight, model.ReasonAge, model.ReasonStacked, model.ReasonGroup,
		model.ReasonAfterEnd, model.ReasonWindow, model.ReasonLost, model.ReasonContent, model.ReasonUnknown,
		model.ReasonRemoved,
		model.ReasonLater, model.ReasonHandedIn, model.ReasonExists, model.ReasonNotYours, model.ReasonOwnLater,
		model.ReasonClosed, model.ReasonOverruled, model.ReasonWaits,
		model.ReasonBody, model.ReasonValue, model.ReasonShape, model.ReasonReadonly, model.ReasonBase, model.ReasonTooLarge,
	} {
		want(fmt.Sprintf("\n| %d | ", reason), "a reason")
	}
	for _, limit := range []int{
		protocol.MaxFrame, protocol.MaxPageBody, protocol.MaxChange, protocol.MaxHoldings, protocol.MaxIDs,
		protocol.MaxResume, protocol.MaxAnswers, protocol.MaxBye, protocol.FrameLimits.Elements,
		protocol.PageBodyLimits.Elements, protocol.ChangeLimits.Elements,
	} {
		want(fmt.Sprintf("%d,%03d", limit/1000%1000, limit%1000), "a limit")
	}
}
