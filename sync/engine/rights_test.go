package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// TestI7_RightsAreAskedInTheCommit: whoever has lost the right since they were let in does nothing any more, whatever it is;
// who has it still, and the operator, do.
func TestI7_RightsAreAskedInTheCommit(t *testing.T) {
	for _, group := range []string{"keys", "hooks", "marks", "ends", "people", "passwords"} {
		found(t, unfenced(group)(t))
	}
}

// unfenced is the check of a group of decisions: of those that take the web right to administer or to manage people.
func unfenced(group string) func(*testing.T) string {
	return func(t *testing.T) string {
		c := newCompany(t)
		clerk := c.without("clerk", access.WebAdmin, access.WebUsers)
		limited := c.without("limited", access.WebReports) // administers and manages people, but has less than amy
		for name, does := range c.deeds(group) {
			for who, by := range map[string]model.UserID{"of no right": clerk, "on a phone": c.ben} {
				if err := does(by, c.amy); err == nil || errors.Is(err, model.ErrUnknown) {
					return fmt.Sprintf("%s by somebody %s = %v, want a refusal", name, who, err)
				}
			}
			var beyond *access.BeyondError
			if reaches := group == "passwords" || name == "AddKey" || name == "AddHook" || name == "AddAccount"; reaches {
				if err := does(limited, c.amy); !errors.As(err, &beyond) {
					return fmt.Sprintf("%s of somebody with more = %v, want a refusal", name, err)
				}
			}
			for who, by := range map[string]model.UserID{"an administrator": c.amy, "the operator": {}} {
				if err := does(by, c.amy); err != nil && !errors.Is(err, model.ErrUnknown) {
					return fmt.Sprintf("%s by %s = %v", name, who, err)
				}
			}
		}
		return ""
	}
}

// deeds is what the decisions of a group come to, by somebody and to somebody.
func (c *company) deeds(group string) map[string]func(by, to model.UserID) error {
	ctx := context.Background()
	switch group {
	case "keys":
		return map[string]func(by, to model.UserID) error{
			"AddKey": func(by, to model.UserID) error {
				_, err := c.e.AddKey(ctx, c.id, model.APIKey{User: to, MadeBy: by, Name: "ERP"}, [32]byte(append(by[:], by[:]...)), c.now)
				return err
			},
			"RevokeKey": func(by, _ model.UserID) error { return c.e.RevokeKey(ctx, c.id, model.KeyID{}, by, c.now) },
		}
	case "hooks":
		h, err := c.e.AddHook(ctx, c.id, model.Hook{Owner: c.amy}, model.UserID{}, c.now)
		if err != nil {
			c.t.Fatal(err)
		}
		return map[string]func(by, to model.UserID) error{
			"AddHook": func(by, to model.UserID) error {
				_, err := c.e.AddHook(ctx, c.id, model.Hook{Owner: to}, by, c.now)
				return err
			},
			"ChangeHook": func(by, _ model.UserID) error {
				_, err := c.e.ChangeHook(ctx, c.id, h.ID, by, func(*model.Hook) error { return nil }, c.now)
				return err
			},
			"RemoveHook": func(by, _ model.UserID) error { return c.e.RemoveHook(ctx, c.id, model.HookID{}, by, c.now) },
			"Replay": func(by, _ model.UserID) error {
				_, err := c.e.Replay(ctx, c.id, h.ID, model.MessageID{}, by, c.now)
				return err
			},
		}
	case "marks":
		d := c.phone(c.sue, model.Subcontractor).Device
		return map[string]func(by, to model.UserID) error{"SetDeviceState": func(by, _ model.UserID) error {
			_, err := c.e.SetDeviceState(ctx, c.id, engine.DeviceMark{Device: d, State: engine.DeviceLost, By: by}, c.now)
			return err
		}}
	case "ends":
		return map[string]func(by, to model.UserID) error{"End": func(by, _ model.UserID) error {
			_, err := c.e.End(ctx, c.id, model.Ending{User: c.sue, Reason: model.EndOffice, By: by}, c.now)
			return err
		}}
	case "people":
		n := 0
		return map[string]func(by, to model.UserID) error{"AddAccount": func(by, _ model.UserID) error {
			n++
			_, err := c.e.AddAccount(ctx, c.id, engine.NewAccount{
				Login: fmt.Sprint("new", n), Kind: model.Desktop, Levels: access.RoleSets(access.Admin).Encode(), By: by,
			}, c.now)
			return err
		}}
	}
	return map[string]func(by, to model.UserID) error{"SetPassword": func(by, to model.UserID) error {
		_, err := c.e.SetPassword(ctx, c.id, to, "$new", by, c.now)
		return err
	}}
}
