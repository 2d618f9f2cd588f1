package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// askOf is how the engine is asked.
func askOf(a web.Ask) engine.Ask { return engine.Ask{Confirmed: a.Confirm, Rehearse: a.DryRun} }

// Configure changes the company's settings. Who may not see people is told how much it takes, and not from whom.
func (b backOffice) Configure(ctx context.Context, c model.Caller, change func(*model.Settings) error, ask web.Ask) (model.Settings, web.RightsEffect, error) {
	ctx = engine.Sensitive(ctx)
	var out model.Settings
	if err := b.manages(ctx, c, access.WebAdmin, access.Full); err != nil {
		return out, web.RightsEffect{}, err
	}
	toll, err := b.engine.Configure(ctx, c.Tenant, engine.SettingsChange{
		By: maker(ctx, c), Ask: askOf(ask),
		Change: func(s *model.Settings) error {
			out = *s
			if err := change(&out); err != nil {
				return err
			}
			*s = out
			return nil
		},
	}, b.now())
	names := b.may(ctx, c, access.WebUsers, access.ReadOnly) == nil
	if much, ok := errors.AsType[*engine.TollError](err); ok {
		return model.Settings{}, web.RightsEffect{}, muchProblem(tollOf(much.Toll, names))
	}
	if err != nil {
		return model.Settings{}, web.RightsEffect{}, told(err)
	}
	return out, web.RightsEffect{DryRun: ask.DryRun, Takes: tollOf(toll, names)}, nil
}

// tollOf is a toll as it is told, with names or without.
func tollOf(t model.Toll, names bool) web.Toll {
	out := web.Toll{Confirm: t.Asks, Devices: []web.TollOf{}}
	for _, d := range t.Devices {
		one := web.TollOf{Records: d.Takes, Of: d.Of}
		if names {
			one.User, one.Login, one.Device, one.Label = d.User, d.Login, d.Device, d.Label
		}
		out.Devices = append(out.Devices, one)
	}
	return out
}

// tollLines is how many devices are named one by one.
const tollLines = 20

// muchProblem is what is told of a change that takes much and that nobody has confirmed.
func muchProblem(t web.Toll) *problem.Problem {
	records := 0
	var lines []problem.Fault
	for _, d := range t.Devices {
		records += d.Records
		if len(lines) < tollLines {
			lines = append(lines, problem.Fault{Message: tollLine(d)})
		}
	}
	return problem.New("takes_much", fmt.Sprintf("It would take %d records from %d devices: %s. Nothing was changed. Repeat it with confirm if that is meant.", records, len(t.Devices), tollText(t)), lines...)
}

// tollText names the devices of a toll, the first of them if there are many.
func tollText(t web.Toll) string {
	text := ""
	for i, d := range t.Devices {
		switch {
		case i == 5:
			return text + fmt.Sprintf(" and %d more", len(t.Devices)-i)
		case i > 0:
			text += ", "
		}
		text += tollLine(d)
	}
	return text
}

func tollLine(d web.TollOf) string {
	whose := "a device"
	if d.Login != "" {
		whose = fmt.Sprintf("%s on %q", d.Login, d.Label)
	}
	return fmt.Sprintf("%s, %d of %d records", whose, d.Records, d.Of)
}
