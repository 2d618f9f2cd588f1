package main

import (
	"encoding/json"
	"maps"
	"testing"
)

// TestW45_ASettingIsReadAsItIsDeclared: not as what it looks like.
func TestW45_ASettingIsReadAsItIsDeclared(t *testing.T) {
	got, err := settingsOf([]string{"time_zone=8", "policy_mobile=true", "invoices=on", "hand_in_hours=48", "ask_share=some", "slot_per_kind=true", "unheard_of=3"})
	if err != nil {
		t.Fatal(err)
	}
	is := map[string]string{}
	for key, raw := range got {
		if !json.Valid(raw) {
			t.Errorf("%s is sent as %s", key, raw)
		}
		is[key] = string(raw)
	}
	if want := map[string]string{
		"time_zone": `"8"`, "policy_mobile": `"true"`, "invoices": `"on"`, "hand_in_hours": "48", "ask_share": `"some"`, "slot_per_kind": "true", "unheard_of": "3",
	}; !maps.Equal(is, want) {
		t.Errorf("sent %v, want %v", is, want)
	}
}
