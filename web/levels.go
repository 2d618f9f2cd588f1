package web

import (
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// LevelsChange sets some permissions of one set.
type LevelsChange struct {
	Set    string            `json:"set"` // web or mobile
	Levels map[string]string `json:"levels"`
}

// LevelsRequest asks for a change of one set of a person: some permissions by name, or all of them to one level.
type LevelsRequest struct {
	Set     string            `json:"set"`              // web or mobile
	Levels  map[string]string `json:"levels,omitempty"` // by permission
	All     string            `json:"all,omitempty"`    // full, read-only or none; then there are no Levels
	Confirm bool              `json:"confirm,omitempty"`
	DryRun  bool              `json:"dry_run,omitempty"`
}

// LevelsChanged is a person after a change of levels, or as they would be, and what it does.
type LevelsChanged struct {
	User

	Effect LevelsEffect `json:"effect"`
}

// LevelsEffect is what a change of levels does.
type LevelsEffect struct {
	DryRun        bool        `json:"dry_run" doc:"Nothing was changed: it is what would happen."`
	Changes       []LevelStep `json:"changes" doc:"The permissions that are set otherwise; none: it is all so already."`
	AssignTo      string      `json:"assign_to,omitempty" doc:"Whom assign_jobs lets the person assign from now on: ids apart by commas, or anyone. Absent: whom it did."`
	EndsMobile    bool        `json:"ends_mobile_access" doc:"The person works on no phone any more: their session there ends, and what is unsent is still handed in."`
	Widens        bool        `json:"widens_contractor" doc:"A subcontractor from whom customers were hidden is shown them. Setting all wants it confirmed."`
	SessionsEnded int         `json:"sessions_ended" doc:"Live sessions that end by it."`
	Takes         Toll        `json:"takes"`
}

// LevelStep is one permission that is set otherwise.
type LevelStep struct {
	Permission string `json:"permission" example:"mobile.customers"`
	From       string `json:"from" example:"hidden"`
	To         string `json:"to" example:"full"`
}

// LevelsResult is what became of one person of a category.
type LevelsResult struct {
	ID      model.UserID     `json:"id"`
	Login   string           `json:"login"`
	Status  string           `json:"status" enum:"changed,unchanged,refused" doc:"In a dry run: what it would be."`
	Effect  *LevelsEffect    `json:"effect,omitempty" doc:"What it does, unless it was refused."`
	Problem *problem.Problem `json:"problem,omitempty" doc:"Why it was refused; nothing of this person's was changed."`
}

// Right is what a person may by one permission: the level that is set, and what the company's settings leave of it.
type Right struct {
	Set     string `json:"set" enum:"web,mobile"`
	Name    string `json:"name" example:"invoices"`
	Level   string `json:"level" doc:"As it is set; absent: the set does not have it, or the person does not have the set."`
	Gives   string `json:"gives" doc:"What it gives: the lesser of the level and the setting."`
	Setting string `json:"setting,omitempty" doc:"The setting of the company that caps it, if one does."`
	State   string `json:"state,omitempty" enum:"read_only,off" doc:"Of that setting."`
}
