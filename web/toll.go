package web

import "github.com/fieldsync/fieldsync/sync/model"

// Ask says how a change of rights is asked for.
type Ask struct {
	Confirm bool `json:"confirm,omitempty" doc:"Take much from devices; else that is 409 (takes_much)."`
	DryRun  bool `json:"dry_run,omitempty" doc:"Change nothing, and say what would change."`
}

// RightsEffect is what a change of rights does, other than of levels.
type RightsEffect struct {
	DryRun        bool `json:"dry_run" doc:"Nothing was changed: it is what would happen."`
	SessionsEnded int  `json:"sessions_ended" doc:"Live sessions that end by it."`
	Takes         Toll `json:"takes"`
}

// Toll is what a change of rights takes from devices that are signed in.
type Toll struct {
	Confirm bool     `json:"wants_confirm" doc:"It is more than the settings let pass unasked (ask_share, ask_records, ask_devices): without confirm it is 409 (takes_much)."`
	Devices []TollOf `json:"devices" doc:"The devices that lose records by it."`
}

// TollOf is what it takes from one device. Who may not see people is not told whose it is.
type TollOf struct {
	User    model.UserID   `json:"user,omitzero"`
	Login   string         `json:"login,omitempty"`
	Device  model.DeviceID `json:"device,omitzero"`
	Label   string         `json:"label,omitempty" doc:"What its owner calls the device."`
	Records int            `json:"records" doc:"How many records go."`
	Of      int            `json:"of" doc:"How many it is shown now."`
}
