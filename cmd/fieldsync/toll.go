package main

import (
	"flag"
	"fmt"

	"github.com/fieldsync/fieldsync/web"
)

// askFlags are how a change of rights is asked for.
func askFlags(f *flag.FlagSet) *web.Ask {
	a := new(web.Ask)
	f.BoolVar(&a.Confirm, "confirm", false, "take much from devices, if it does")
	f.BoolVar(&a.DryRun, "dry-run", false, "change nothing, and say what would change")
	return a
}

// takesText says what a change of rights takes; nothing when it takes nothing.
func takesText(t web.Toll, dry bool) string {
	if len(t.Devices) == 0 {
		return ""
	}
	verb := "takes"
	if dry {
		verb = "would take"
	}
	text := fmt.Sprintf("; it %s records from %d devices: %s", verb, len(t.Devices), tollText(t))
	if dry && t.Confirm {
		text += "; it wants --confirm"
	}
	return text
}
