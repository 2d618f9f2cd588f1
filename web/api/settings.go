package api

import (
	"context"
	"net/http"
	"slices"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Settings are the company's general settings, those that change rights and sessions (domain V17, W45).
type Settings struct {
	HiddenJobCard  string `json:"hidden_job_card" enum:"site_only,site_and_contact,address_on_travel,full" doc:"What somebody with customers Hidden sees of the site of a job they do."`
	AutoAccept     bool   `json:"auto_accept" doc:"Assignments need no answer."`
	OfferHours     int64  `json:"offer_hours" minimum:"0" maximum:"8760" doc:"After how long an offer that nobody answered declines itself, where its job has no answer_by of its own; 0: never. It is for offers that are made from then on. An acceptance of before that is still on its way counts, unless somebody else was asked since and accepted."`
	CompletionRule string `json:"completion_rule" enum:"lead,all,any" doc:"Whose completion completes a job of several workers."`
	SlotPerKind    bool   `json:"slot_per_kind" doc:"One session per person and kind instead of one per person. Changing it ends no session: it is for the next sign-in."`
	PortalNames    bool   `json:"portal_engineers" doc:"The clients' portal shows who comes, by display name."`
	HandInHours    int64  `json:"hand_in_hours" minimum:"1" maximum:"8760" doc:"How long after the end of a session its device may hand in what it has; later hand-ins wait for the office."`
	HandInChanges  uint32 `json:"hand_in_changes" minimum:"1" doc:"How many changes a device may hand in in a day after the end of its session, repeats not counted. What is more stays on the device and is taken the next day."`
	HandInMB       uint64 `json:"hand_in_megabytes" minimum:"1" maximum:"1048576" doc:"Likewise how much, in units of 1048576 bytes."`
	HistoryHours   int64  `json:"history_hours" minimum:"24" maximum:"87600" doc:"How long the change feed reaches back: how long a back office may be away."`
	Invoices       string `json:"invoices" enum:"on,read_only,off" doc:"How much of the permissions invoices there is: read_only where bills are kept elsewhere. Off, everybody's levels lose them; on again, they have their default."`
	Optimization   string `json:"optimization" enum:"on,read_only,off" doc:"Likewise of route optimization."`
	WindowPast     int64  `json:"window_past_days" minimum:"1" maximum:"400" doc:"How many days phones carry a job after it was completed, closed or cancelled. An open one they carry whatever its date."`
	WindowFuture   int64  `json:"window_future_days" minimum:"1" maximum:"400" doc:"How many days ahead phones carry a job that nobody has begun."`
	TimeZone       string `json:"time_zone" maxLength:"64" doc:"The zone in which the company's days begin and end, by its IANA name." example:"Europe/London"`
	AskShare       uint8  `json:"ask_share" minimum:"0" maximum:"100" doc:"A change of rights that takes more than this share of what a device is shown, in percent, and at least ask_records, wants confirm. 100: never."`
	AskRecords     uint32 `json:"ask_records" minimum:"1"`
	AskDevices     uint32 `json:"ask_devices" doc:"A change of rights that takes records from more devices than this wants confirm."`
	PayRounding    uint8  `json:"pay_rounding_minutes" enum:"0,5,6,15" doc:"What payroll files round to, to the nearest, each line; 0: not at all. The raw time stands beside it."`
	PayBreak       uint8  `json:"pay_break_minutes" maximum:"240" doc:"Breaks up to this length count as worked, longer ones do not."`
	HoursKeep      int64  `json:"hours_keep_days" minimum:"0" maximum:"36500" doc:"How many days hours, approvals and payroll files are kept after they were worked, at least 2192 (six years), for which an employer must be able to show them; 0: for ever."`
	Locations      bool   `json:"locations" doc:"Where somebody was is kept with what they do at work: steps of a visit, hours that are tapped, photos. With an answer to an offer, and with time that is entered afterwards, it never is. Off, it is kept with nothing; what was kept before stays."`
	MissingEnd     uint8  `json:"missing_end_hours" minimum:"1" maximum:"72" doc:"After how long what is open lacks its end, and is flagged. It is never ended by itself."`
	SessionSettings
}

// ChangedSettings are the settings after a change, or as they would be, and what it does.
type ChangedSettings struct {
	Settings
	Effect web.RightsEffect `json:"effect"`
}

// SettingsChange changes some settings; what is absent stays.
type SettingsChange struct {
	HiddenJobCard  *string `json:"hidden_job_card,omitempty" enum:"site_only,site_and_contact,address_on_travel,full"`
	AutoAccept     *bool   `json:"auto_accept,omitempty"`
	OfferHours     *int64  `json:"offer_hours,omitempty" minimum:"0" maximum:"8760"`
	CompletionRule *string `json:"completion_rule,omitempty" enum:"lead,all,any"`
	SlotPerKind    *bool   `json:"slot_per_kind,omitempty"`
	PortalNames    *bool   `json:"portal_engineers,omitempty"`
	HandInHours    *int64  `json:"hand_in_hours,omitempty" minimum:"1" maximum:"8760"`
	HandInChanges  *uint32 `json:"hand_in_changes,omitempty" minimum:"1"`
	HandInMB       *uint64 `json:"hand_in_megabytes,omitempty" minimum:"1" maximum:"1048576"`
	HistoryHours   *int64  `json:"history_hours,omitempty" minimum:"24" maximum:"87600"`
	Invoices       *string `json:"invoices,omitempty" enum:"on,read_only,off"`
	Optimization   *string `json:"optimization,omitempty" enum:"on,read_only,off"`
	WindowPast     *int64  `json:"window_past_days,omitempty" minimum:"1" maximum:"400"`
	WindowFuture   *int64  `json:"window_future_days,omitempty" minimum:"1" maximum:"400"`
	TimeZone       *string `json:"time_zone,omitempty" maxLength:"64"`
	AskShare       *uint8  `json:"ask_share,omitempty" minimum:"0" maximum:"100"`
	AskRecords     *uint32 `json:"ask_records,omitempty" minimum:"1"`
	AskDevices     *uint32 `json:"ask_devices,omitempty"`
	PayRounding    *uint8  `json:"pay_rounding_minutes,omitempty" enum:"0,5,6,15"`
	PayBreak       *uint8  `json:"pay_break_minutes,omitempty" maximum:"240"`
	HoursKeep      *int64  `json:"hours_keep_days,omitempty" minimum:"0" maximum:"36500"`
	Locations      *bool   `json:"locations,omitempty"`
	MissingEnd     *uint8  `json:"missing_end_hours,omitempty" minimum:"1" maximum:"72"`
	SessionSettingsChange
}

// completionRules are the words for the rules, by their numbers.
var completionRules = []string{"", "lead", "all", "any"}

// What settings count in, in milliseconds.
const (
	hour = 3600 * 1000
	day  = 24 * hour
)

// megabyte is what settings count bytes in.
const megabyte = 1 << 20

// settings adds the endpoints of the general settings.
func (s *service) settings(h huma.API) {
	tag := []string{"settings"}
	manage(s, h, huma.Operation{
		OperationID: "get-settings", Method: http.MethodGet, Path: "/v1/settings", Tags: tag,
		Summary: "Get the general settings", Description: "Needs the level full of web.admin.",
		Responses: map[string]*huma.Response{"304": answer("It is what is known already", nil, "ETag")},
	}, func(ctx context.Context, c model.Caller, in *struct {
		IfNoneMatch string `header:"If-None-Match" doc:"ETags of what is known already; 304 when it is still one of them."`
	},
	) (*settingsOutput, error) {
		m, err := s.office.Settings(ctx, c)
		if err != nil {
			return nil, err
		}
		out := settingsOf(m)
		if listed([]string{in.IfNoneMatch}, out.ETag) {
			out.Status = http.StatusNotModified
		}
		return out, nil
	})
	manage(s, h, huma.Operation{
		OperationID: "change-settings", Method: http.MethodPatch, Path: "/v1/settings", Tags: tag,
		Summary: "Change some general settings",
		Description: "Needs the level full of web.admin. With If-Match nothing is changed when somebody else was faster (412). " +
			"What a change takes from devices is counted and told; what takes much wants confirm. " +
			"Another window comes to phones job by job, beginning within a minute.",
	}, s.changeSettings)
}

type settingsOutput struct {
	Status int
	ETag   string `header:"ETag"`
	Body   Settings
}

type changedSettingsOutput struct {
	ETag string `header:"ETag"`
	Body ChangedSettings
}

func settingsOf(m model.Settings) *settingsOutput {
	out := &settingsOutput{Status: http.StatusOK, Body: Settings{
		HiddenJobCard: m.HiddenJobCard.String(), AutoAccept: m.AutoAccept, OfferHours: m.OfferStands / hour, CompletionRule: completionRules[m.CompletionRule],
		SlotPerKind: m.SlotPerKind, PortalNames: m.PortalNames, HandInHours: m.HandInWindow / hour, HistoryHours: m.HistoryKeep / hour,
		HandInChanges: m.Sessions.HandInChanges, HandInMB: m.Sessions.HandInBytes / megabyte,
		Invoices: m.Invoices.String(), Optimization: m.Optimization.String(),
		WindowPast: m.Window.Past, WindowFuture: m.Window.Future, TimeZone: m.Window.Zone,
		AskShare: m.AskShare, AskRecords: m.AskRecords, AskDevices: m.AskDevices,
		PayRounding: m.Pay.Rounding, PayBreak: m.Pay.PaidBreak, MissingEnd: m.Pay.MissingEnd,
		HoursKeep: m.HoursKeep / day, Locations: !m.NoLocations,
		SessionSettings: sessionSettingsOf(m.Sessions),
	}}
	out.ETag = tagOf(out.Body)
	return out
}

func (s *service) changeSettings(ctx context.Context, c model.Caller, in *struct {
	AskInput
	IfMatch string `header:"If-Match" doc:"ETag of the settings that the change was made from."`
	Body    SettingsChange
},
) (*changedSettingsOutput, error) {
	if z := in.Body.TimeZone; z != nil && !isZone(*z) {
		return nil, problem.New("bad_request", "", problem.Fault{Location: "body.time_zone", Message: "want the IANA name of a zone, as Europe/London or UTC"})
	}
	if days := in.Body.HoursKeep; days != nil && *days != 0 && *days < model.MinHoursKeep {
		return nil, problem.New("bad_request", "", problem.Fault{Location: "body.hours_keep_days", Message: "want at least 2192, six years, or 0 to keep hours for ever"})
	}
	m, effect, err := s.office.Configure(ctx, c, func(m *model.Settings) error {
		tag, _ := parseTag(settingsOf(*m).ETag)
		if b := believes(in.IfMatch); b != nil && !b.of(model.Shown{Tag: tag}) {
			return problem.New("stale", "", problem.Fault{Location: "header.If-Match", Message: "the settings have changed meanwhile"})
		}
		in.Body.apply(m)
		return nil
	}, in.ask())
	if err != nil {
		return nil, err
	}
	out := settingsOf(m)
	return &changedSettingsOutput{ETag: out.ETag, Body: ChangedSettings{out.Body, effect}}, nil
}

// apply makes the changes; their words have been checked.
func (x *SettingsChange) apply(m *model.Settings) {
	x.SessionSettingsChange.apply(&m.Sessions)
	if x.HiddenJobCard != nil {
		m.HiddenJobCard, _ = model.ParseJobCardRule(*x.HiddenJobCard)
	}
	if x.AutoAccept != nil {
		m.AutoAccept = *x.AutoAccept
	}
	if x.OfferHours != nil {
		m.OfferStands = *x.OfferHours * hour
	}
	if x.CompletionRule != nil {
		m.CompletionRule = model.CompletionRule(max(1, slices.Index(completionRules, *x.CompletionRule)))
	}
	if x.SlotPerKind != nil {
		m.SlotPerKind = *x.SlotPerKind
	}
	if x.PortalNames != nil {
		m.PortalNames = *x.PortalNames
	}
	if x.HandInHours != nil {
		m.HandInWindow = *x.HandInHours * hour
	}
	if x.HistoryHours != nil {
		m.HistoryKeep = *x.HistoryHours * hour
	}
	if x.AskShare != nil {
		m.AskShare = *x.AskShare
	}
	if x.AskRecords != nil {
		m.AskRecords = *x.AskRecords
	}
	if x.AskDevices != nil {
		m.AskDevices = *x.AskDevices
	}
	if x.Invoices != nil {
		m.Invoices, _ = model.ParseFeatureState(*x.Invoices)
	}
	if x.Optimization != nil {
		m.Optimization, _ = model.ParseFeatureState(*x.Optimization)
	}
	if x.WindowPast != nil {
		m.Window.Past = *x.WindowPast
	}
	if x.WindowFuture != nil {
		m.Window.Future = *x.WindowFuture
	}
	if x.TimeZone != nil {
		m.Window.Zone = *x.TimeZone
	}
	if x.HoursKeep != nil {
		m.HoursKeep = *x.HoursKeep * day
	}
	if x.Locations != nil {
		m.NoLocations = !*x.Locations
	}
	x.applyPay(&m.Pay)
	x.applySessions(&m.Sessions)
}

func (x *SettingsChange) applySessions(r *model.SessionRules) {
	if x.HandInChanges != nil {
		r.HandInChanges = *x.HandInChanges
	}
	if x.HandInMB != nil {
		r.HandInBytes = *x.HandInMB * megabyte
	}
}

func (x *SettingsChange) applyPay(p *model.Pay) {
	if x.PayRounding != nil {
		p.Rounding = *x.PayRounding
	}
	if x.PayBreak != nil {
		p.PaidBreak = *x.PayBreak
	}
	if x.MissingEnd != nil {
		p.MissingEnd = *x.MissingEnd
	}
}

// isZone says whether a text names a zone: the server's own is none.
func isZone(name string) bool {
	_, err := time.LoadLocation(name)
	return err == nil && name != "" && name != "Local"
}
