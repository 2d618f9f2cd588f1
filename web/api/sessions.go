package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// Session is one line of the board of live sessions (domain F14).
type Session struct {
	User    model.UserID    `json:"user"`
	Login   string          `json:"login"`
	Name    string          `json:"name"`
	Kind    string          `json:"kind" enum:"desktop,mobile,portal,subcontractor"`
	Session model.SessionID `json:"session"`
	Epoch   web.EpochText   `json:"epoch" doc:"Names this session in an end that means no other; digits as a text."`
	Device  model.DeviceID  `json:"device"`
	Label   string          `json:"label" doc:"What its owner calls the device."`
	App     string          `json:"app" doc:"Version of the app."`
	Since   *time.Time      `json:"since_at"`
	Seen    *time.Time      `json:"seen_at,omitempty" doc:"When it was heard last."`
	Unsent  uint32          `json:"unsent" doc:"Changes that were not sent yet, when it was heard last."`
	Oldest  *time.Time      `json:"oldest_unsent_at,omitempty" doc:"When the oldest of them was saved."`
}

// End says how a session is to be ended.
type End struct {
	Epoch  web.EpochText  `json:"epoch,omitzero" doc:"The session that was looked at; absent: whichever is live."`
	Now    bool           `json:"now,omitempty" doc:"Do not let the device send what it has first."`
	Lost   bool           `json:"lost,omitempty" doc:"The device is lost: what it still hands in is held, all but hours; then it is wiped."`
	Stolen bool           `json:"stolen,omitempty" doc:"The device is stolen: nothing is taken from it, and it is wiped."`
	Device model.DeviceID `json:"device,omitzero" doc:"The device that is lost or stolen, signed in or not; absent: the one of the epoch, or of the live session."`
}

// Ended says what was ended.
type Ended struct {
	Device model.DeviceID `json:"device"`
	Epoch  web.EpochText  `json:"epoch"`
	At     *time.Time     `json:"ended_at"`
	Unsent uint32         `json:"unsent" doc:"As last reported; it is still handed in, unless the device is stolen."`
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
	Seen    *time.Time     `json:"seen_at,omitempty"`
	Ended   *time.Time     `json:"ended_at,omitempty" doc:"When its last session ended; absent: it is signed in."`
	EndedBy string         `json:"ended_by,omitempty" doc:"Who ended it."`
	Unsent  uint32         `json:"unsent"`
	Rights  Confirmation   `json:"rights"`
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
	State string        `json:"state" enum:"lost,stolen,found"`
	Epoch web.EpochText `json:"epoch,omitzero" doc:"The session that was looked at; absent: whichever it has."`
}

// sessions adds the endpoints of sessions and devices.
func (s *service) sessions(h huma.API) {
	tag := []string{"sessions"}
	manage(s, h, huma.Operation{
		OperationID: "list-sessions", Method: http.MethodGet, Path: "/v1/sessions", Tags: tag,
		Summary: "List who is signed in, where, and what is unsent there", Description: "Needs the level read-only of web.users.",
	}, func(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[Session], error) {
		all, err := s.office.Sessions(ctx, c)
		return items(each(all, sessionOf)), err
	})
	manage(s, h, huma.Operation{
		OperationID: "end-session", Method: http.MethodPost, Path: "/v1/sessions/{user}/end", Tags: tag,
		Summary: "End a person's session",
		Description: "Needs the level full of web.users. A device that can be reached sends what it has first, unless now says otherwise; what is unsent after that still comes in, but does not count as being signed in. " +
			"Without a live session, or with the epoch of another one, it is 404.",
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
		Summary: "Say that a device is lost, stolen or found again", Description: "Needs the level full of web.users.",
	}, func(ctx context.Context, c model.Caller, in *struct {
		ID   model.DeviceID `path:"id"`
		Body Mark
	},
	) (*struct{ Body Device }, error) {
		d, err := s.office.MarkDevice(ctx, c, in.ID, web.DeviceMark(in.Body))
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
	return Ended{Device: e.Device, Epoch: e.Epoch, At: moment(model.Instant(e.At)), Unsent: e.Unsent}
}

func sessionOf(x web.Session) Session {
	return Session{
		User: x.User, Login: x.Login, Name: x.Name, Kind: x.Kind, Session: x.Session, Epoch: x.Epoch, Device: x.Device,
		Label: x.Label, App: x.App, Since: moment(model.Instant(x.Since)), Seen: moment(model.Instant(x.Seen)),
		Unsent: x.Unsent, Oldest: moment(model.Instant(x.Oldest)),
	}
}

func deviceOf(d web.Device) Device {
	return Device{
		ID: d.Device, User: d.User, Login: d.Login, Label: d.Label, App: d.App, State: d.State, Epoch: d.Epoch,
		Seen: moment(model.Instant(d.Seen)), Ended: moment(model.Instant(d.Ended)), EndedBy: d.EndedBy, Unsent: d.Unsent,
		Rights: ConfirmationOf(d.Rights),
	}
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
