package api

import (
	"cmp"
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// Session is one line of the board of live sessions (domain F14).
type Session struct {
	User     model.UserID    `json:"user"`
	Login    string          `json:"login"`
	Name     string          `json:"name"`
	Kind     string          `json:"kind" enum:"desktop,mobile,portal,subcontractor"`
	Session  model.SessionID `json:"session"`
	Epoch    web.EpochText   `json:"epoch" doc:"Names this session in an end that means no other; digits as a text."`
	Device   model.DeviceID  `json:"device"`
	Label    string          `json:"label" doc:"What its owner calls the device."`
	App      string          `json:"app" doc:"Version of the app."`
	Platform string          `json:"platform,omitempty" doc:"As the device called it when it signed in."`
	Since    *time.Time      `json:"since_at"`
	Stake
}

// Stake is what a device said of itself when it was heard last: what may be lost with it.
type Stake struct {
	Seen    *time.Time `json:"seen_at,omitempty" doc:"When it was heard last, to the minute."`
	Unsent  uint32     `json:"unsent" doc:"Changes that were not sent yet."`
	Oldest  *time.Time `json:"oldest_unsent_at,omitempty" doc:"When the oldest of them was saved."`
	Storage string     `json:"storage" enum:"unknown,fine,low,full" doc:"The room on the device. low: less than 512 MiB are free; full: less than 64 MiB, so that work may not be kept that is made there."`
	Skew    int64      `json:"clock_offset_ms,omitempty" doc:"The device's clock minus the server's."`
}

// How says how a session ended.
type How struct {
	Cause  string `json:"cause" enum:"superseded,office,password_reset,removed,revoked,signed_out,disabled,unlinked,new_identity,expired"`
	Choice string `json:"choice,omitempty" enum:"drain,now,revoke" doc:"What whoever ended it chose."`
	Reason string `json:"reason,omitempty" doc:"As they typed it for the user."`
	Fate   string `json:"fate,omitempty" enum:"handed in,held,refused" doc:"What becomes of what is unsent: it is handed in and decided by the rules; handed in, and waits for the office, all but hours; or nothing is taken."`
}

// End says how a session is to be ended.
type End struct {
	Epoch  web.EpochText  `json:"epoch,omitzero" doc:"The session that was looked at; absent: whichever is live."`
	Choice string         `json:"choice,omitempty" enum:"drain,now,revoke" default:"drain" doc:"drain: a device that can be reached sends what it has first. now: it does not. revoke: at once, and the device is lost: what it still hands in is held, all but hours; then it is wiped."`
	Stolen bool           `json:"stolen,omitempty" doc:"With revoke: the device is stolen; nothing is taken from it, and it is wiped."`
	Reason string         `json:"reason,omitempty" maxLength:"256" doc:"Why, for the user to read on the device."`
	DryRun bool           `json:"dry_run,omitempty" doc:"End nothing; the answer says what would end, and what is at stake."`
	Device model.DeviceID `json:"device,omitzero" doc:"The device that is lost or stolen, signed in or not; absent: the one of the epoch, or of the live session."`
}

// Ended says what was ended, or, of a dry run, what would be.
type Ended struct {
	DryRun bool           `json:"dry_run,omitempty"`
	Device model.DeviceID `json:"device"`
	Label  string         `json:"label"`
	Epoch  web.EpochText  `json:"epoch"`
	At     *time.Time     `json:"ended_at"`
	How
	Stake
	Also []Ended `json:"also,omitempty" doc:"The person's other sessions that ended with it, where they may have one of each kind and no epoch named one."`
}

// Device is a device of a person, signed in or not.
type Device struct {
	ID      model.DeviceID `json:"id"`
	User    model.UserID   `json:"user"`
	Login   string         `json:"login"`
	Label   string         `json:"label"`
	App     string         `json:"app"`
	State   string         `json:"state" enum:"in use,lost,stolen"`
	Epoch   web.EpochText  `json:"epoch" doc:"Of its last session."`
	Ended   *time.Time     `json:"ended_at,omitempty" doc:"When its last session ended; absent: it is signed in."`
	EndedBy string         `json:"ended_by,omitempty" doc:"Who ended it."`
	How     *How           `json:"end,omitempty" doc:"How it ended."`
	Wipe    *Wipe          `json:"wipe,omitempty" doc:"Of a device that is or was lost or stolen."`
	// Exposure is offered where somebody will ask next what a lost device held.
	Exposure string       `json:"exposure,omitempty" format:"uri-reference" doc:"Where it says what the device held; of a lost or stolen one."`
	Rights   Confirmation `json:"rights"`
	Stake
}

// Wipe is how far the erasing of a device has come that was reported lost or stolen.
type Wipe struct {
	State     string     `json:"state" enum:"asked,delivered,confirmed" doc:"asked: the device was not heard since, and the wipe can be called off. delivered: it was told when it made contact; it may not have heard. confirmed: it says that it has erased what it held of its user."`
	Asked     *time.Time `json:"asked_at"`
	AskedBy   string     `json:"asked_by,omitempty" doc:"Absent for the operator of the server."`
	Delivered *time.Time `json:"delivered_at,omitempty"`
	Confirmed *time.Time `json:"confirmed_at,omitempty"`
	Erased    uint32     `json:"erased,omitempty" doc:"Unsent changes that went with the rest, as the device said. Of a lost device there are none: it hands in first."`
}

// Confirmation is how far a device has followed the last change of what its user may see.
type Confirmation struct {
	State      string       `json:"state" enum:"unchanged,confirmed,sent,not confirmed" doc:"unchanged: nothing has changed since the person was added. sent: what it takes back was sent to the device. confirmed: the device holds a checkpoint of after it."`
	Changed    *time.Time   `json:"changed_at,omitempty"`
	ChangedBy  model.UserID `json:"changed_by,omitzero" doc:"Absent for the operator of the server, and where no one person did it."`
	Change     string       `json:"change,omitempty" enum:"levels,settings,company,company closed,company opened,unassigned" doc:"What changed."`
	Sent       *time.Time   `json:"sent_at,omitempty" doc:"When what it takes back was sent to the device; absent: it was not yet, or takes nothing back."`
	Confirmed  *time.Time   `json:"confirmed_at,omitempty" doc:"When the device confirmed it; absent: it has not, and was seen last at seen_at."`
	Checkpoint *time.Time   `json:"checkpoint_at,omitempty" doc:"When the device confirmed its last checkpoint at all, to the minute; see /v1/devices/{id}/exposure."`
}

// States of a confirmation.
const (
	RightsUnchanged    = "unchanged"
	RightsConfirmed    = "confirmed"
	RightsSent         = "sent"
	RightsNotConfirmed = "not confirmed"
)

// Mark says what became of a device.
type Mark struct {
	State  string        `json:"state" enum:"lost,stolen,found"`
	Epoch  web.EpochText `json:"epoch,omitzero" doc:"The session that was looked at; absent: whichever it has."`
	Reason string        `json:"reason,omitempty" maxLength:"256" doc:"Why, for the user to read on the device."`
}

// sessions adds the endpoints of sessions and devices.
func (s *service) sessions(h huma.API) {
	tag := []string{"sessions"}
	manage(s, h, huma.Operation{
		OperationID: "list-sessions", Method: http.MethodGet, Path: "/v1/sessions", Tags: tag,
		Summary:     "List who is signed in, where, and what is unsent there",
		Description: "Needs the level read-only of web.users. Asked with the tag of its last answer and a wait, it answers when the board looks different, or when the wait is over.",
	}, s.board)
	manage(s, h, huma.Operation{
		OperationID: "end-session", Method: http.MethodPost, Path: "/v1/sessions/{user}/end", Tags: tag,
		Summary: "End a person's session",
		Description: "Needs the level full of web.users. A device that can be reached sends what it has first, unless the choice says otherwise; what is unsent after that still comes in, but does not count as being signed in. " +
			"A dry run ends nothing and says what is at stake. Without a live session, or with the epoch of another one, it is 404.",
	}, s.endSession)
	manage(s, h, huma.Operation{
		OperationID: "list-devices", Method: http.MethodGet, Path: "/v1/devices", Tags: tag,
		Summary: "List the devices people have, signed in or not, and whether they have confirmed the last change of rights", Description: "Needs the level read-only of web.users.",
	}, func(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[Device], error) {
		all, err := s.office.Devices(ctx, c)
		return items(each(all, deviceOf)), err
	})
	manage(s, h, huma.Operation{
		OperationID: "mark-device", Method: http.MethodPut, Path: "/v1/devices/{id}/state", Tags: tag,
		Summary: "Say that a device is lost, stolen or found again",
		Description: "Needs the level full of web.users. A lost or stolen device signs nobody in, and erases what it holds when it next makes contact; a lost one hands in first. " +
			"The answer says what is at stake, and where to read what the device held. Found, it signs people in again; a wipe that it was not told of is called off.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		ID   model.DeviceID `path:"id"`
		Body Mark
	},
	) (*struct{ Body Device }, error) {
		d, err := s.office.MarkDevice(ctx, c, in.ID, web.DeviceMark{State: in.Body.State, Epoch: in.Body.Epoch, Reason: in.Body.Reason})
		return &struct{ Body Device }{deviceOf(d)}, err
	})
	manage(s, h, huma.Operation{
		OperationID: "call-off-wipe", Method: http.MethodDelete, Path: "/v1/devices/{id}/wipe", Tags: tag,
		Summary: "Say that a device is found, if nothing was erased on it yet",
		Description: "Needs the level full of web.users. Until the device makes contact the wipe is called off, and the device is in use again; afterwards it is 409 wipe_done and nothing changes. " +
			"Without a wipe it is 404.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		ID model.DeviceID `path:"id"`
	},
	) (*struct{ Body Device }, error) {
		d, err := s.office.MarkDevice(ctx, c, in.ID, web.DeviceMark{State: "found", UnlessWiped: true})
		return &struct{ Body Device }{deviceOf(d)}, err
	})
}

func (s *service) endSession(ctx context.Context, c model.Caller, in *struct {
	User model.UserID `path:"user"`
	Body End
},
) (*struct{ Body Ended }, error) {
	e, err := s.office.EndSession(ctx, c, in.User, web.EndSession(in.Body))
	return &struct{ Body Ended }{endedOf(e)}, err
}

func endedOf(e web.Ended) Ended {
	out := Ended{DryRun: e.DryRun, Device: e.Device, Label: e.Label, Epoch: e.Epoch, At: moment(model.Instant(e.At)), How: How(e.End), Stake: stakeOf(e.Stake)}
	for _, one := range e.Also {
		out.Also = append(out.Also, endedOf(one))
	}
	return out
}

func stakeOf(s web.Stake) Stake {
	return Stake{
		Seen: moment(model.Instant(s.Seen)), Unsent: s.Unsent, Oldest: moment(model.Instant(s.Oldest)), Storage: cmp.Or(s.Storage, model.StorageUnknown.String()), Skew: s.Skew,
	}
}

func sessionOf(x web.Session) Session {
	return Session{
		User: x.User, Login: x.Login, Name: x.Name, Kind: x.Kind, Session: x.Session, Epoch: x.Epoch, Device: x.Device,
		Label: x.Label, App: x.App, Platform: x.Platform, Since: moment(model.Instant(x.Since)), Stake: stakeOf(x.Stake),
	}
}

func deviceOf(d web.Device) Device {
	out := Device{
		ID: d.Device, User: d.User, Login: d.Login, Label: d.Label, App: d.App, State: d.State, Epoch: d.Epoch,
		Ended: moment(model.Instant(d.Ended)), EndedBy: d.EndedBy, Stake: stakeOf(d.Stake), Rights: ConfirmationOf(d.Rights),
	}
	if d.How != (web.End{}) {
		out.How = (*How)(&d.How)
	}
	if d.Wipe.Asked != 0 {
		out.Wipe = wipeOf(d.Wipe)
	}
	if d.State != "in use" {
		out.Exposure = "/v1/devices/" + d.Device.String() + "/exposure"
	}
	return out
}

func wipeOf(w web.Wipe) *Wipe {
	out := &Wipe{
		State: "asked", Asked: moment(model.Instant(w.Asked)), AskedBy: w.By, Delivered: moment(model.Instant(w.Delivered)),
		Confirmed: moment(model.Instant(w.Confirmed)), Erased: w.Erased,
	}
	switch {
	case w.Confirmed != 0:
		out.State = "confirmed"
	case w.Delivered != 0:
		out.State = "delivered"
	}
	return out
}

// ConfirmationOf is a confirmation as the API tells it.
func ConfirmationOf(k web.Confirmation) Confirmation {
	out := Confirmation{
		State: RightsNotConfirmed, Changed: moment(model.Instant(k.Changed)), ChangedBy: k.ChangedBy, Change: k.Change,
		Sent: moment(model.Instant(k.Sent)), Confirmed: moment(model.Instant(k.Confirmed)), Checkpoint: moment(model.Instant(k.Checkpoint)),
	}
	switch {
	case k.Changed == 0:
		out.State = RightsUnchanged
	case k.Confirmed != 0:
		out.State = RightsConfirmed
	case k.Sent != 0:
		out.State = RightsSent
	}
	return out
}
