package api

import "github.com/fieldsync/fieldsync/sync/model"

// SessionSettings are those of the general settings that rule tokens and what stands for them (domain W45).
type SessionSettings struct {
	OfflineLease  int64 `json:"offline_lease_hours" minimum:"0" maximum:"87600" doc:"How long a device without contact shows what it holds. Then it shows nothing until it has contact, and takes work down as before. 0: without bound."`
	TokenIdle     int64 `json:"token_idle_hours" minimum:"1" maximum:"87600" doc:"How long a sign-in is good without being used. After that the person signs in again; what is unsent still comes in."`
	TokenMax      int64 `json:"token_max_hours" minimum:"1" maximum:"87600" doc:"How long a sign-in is good at all."`
	Sensitive     int64 `json:"sensitive_minutes" minimum:"1" maximum:"1440" doc:"How long after a sign-in by password an office user may do what gives somebody a way in or more rights; later it is 403 password_again."`
	SignInTicket  int64 `json:"sign_in_ticket_seconds" minimum:"10" maximum:"86400" doc:"How long a ticket for one sign-in is good."`
	ConnectTicket int64 `json:"connect_ticket_seconds" minimum:"5" maximum:"600" doc:"How long a page's ticket for one connection is good."`
	ResetLink     int64 `json:"reset_link_hours" minimum:"1" maximum:"720" doc:"How long a link to set a password is good."`

	DesktopPolicy       string `json:"policy_desktop" enum:"confirm,takeover,refuse" doc:"What a second device meets that wants a desktop session of a person. confirm: it is told of the first, and has its place when the person says yes. takeover: it has its place, unasked. refuse: it waits until the first signs out or the office ends that session. Changing it ends no session."`
	MobilePolicy        string `json:"policy_mobile" enum:"confirm,takeover,refuse" doc:"Likewise a mobile one."`
	PortalPolicy        string `json:"policy_portal" enum:"confirm,takeover,refuse" doc:"Likewise one of the clients' portal."`
	SubcontractorPolicy string `json:"policy_subcontractor" enum:"confirm,takeover,refuse" doc:"Likewise one of a subcontractor."`
}

// SessionSettingsChange changes some of them.
type SessionSettingsChange struct {
	OfflineLease  *int64 `json:"offline_lease_hours,omitempty" minimum:"0" maximum:"87600"`
	TokenIdle     *int64 `json:"token_idle_hours,omitempty" minimum:"1" maximum:"87600"`
	TokenMax      *int64 `json:"token_max_hours,omitempty" minimum:"1" maximum:"87600"`
	Sensitive     *int64 `json:"sensitive_minutes,omitempty" minimum:"1" maximum:"1440"`
	SignInTicket  *int64 `json:"sign_in_ticket_seconds,omitempty" minimum:"10" maximum:"86400"`
	ConnectTicket *int64 `json:"connect_ticket_seconds,omitempty" minimum:"5" maximum:"600"`
	ResetLink     *int64 `json:"reset_link_hours,omitempty" minimum:"1" maximum:"720"`

	DesktopPolicy       *string `json:"policy_desktop,omitempty" enum:"confirm,takeover,refuse"`
	MobilePolicy        *string `json:"policy_mobile,omitempty" enum:"confirm,takeover,refuse"`
	PortalPolicy        *string `json:"policy_portal,omitempty" enum:"confirm,takeover,refuse"`
	SubcontractorPolicy *string `json:"policy_subcontractor,omitempty" enum:"confirm,takeover,refuse"`
}

// The units of these settings, in milliseconds.
const (
	second = 1000
	minute = 60 * second
)

func sessionSettingsOf(r model.SessionRules) SessionSettings {
	return SessionSettings{
		OfflineLease: r.OfflineLease / hour, TokenIdle: r.Idle / hour, TokenMax: r.Absolute / hour, Sensitive: r.Sensitive / minute,
		SignInTicket: r.SignInTicket / second, ConnectTicket: r.ConnectTicket / second, ResetLink: r.ResetLink / hour,
		DesktopPolicy: r.Policy(model.Desktop).String(), MobilePolicy: r.Policy(model.Mobile).String(),
		PortalPolicy: r.Policy(model.Portal).String(), SubcontractorPolicy: r.Policy(model.Subcontractor).String(),
	}
}

func (x *SessionSettingsChange) apply(r *model.SessionRules) {
	for _, s := range []struct {
		to   *int64
		unit int64
		from *int64
	}{
		{&r.OfflineLease, hour, x.OfflineLease},
		{&r.Idle, hour, x.TokenIdle},
		{&r.Absolute, hour, x.TokenMax},
		{&r.Sensitive, minute, x.Sensitive},
		{&r.SignInTicket, second, x.SignInTicket},
		{&r.ConnectTicket, second, x.ConnectTicket},
		{&r.ResetLink, hour, x.ResetLink},
	} {
		if s.from != nil {
			*s.to = *s.from * s.unit
		}
	}
	for _, p := range []struct {
		of   model.UserKind
		from *string
	}{
		{model.Desktop, x.DesktopPolicy},
		{model.Mobile, x.MobilePolicy},
		{model.Portal, x.PortalPolicy},
		{model.Subcontractor, x.SubcontractorPolicy},
	} {
		if p.from != nil {
			r.Policies[p.of-1], _ = model.ParseSlotPolicy(*p.from) // its word has been checked
		}
	}
}
