package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Exposure is a page of what a device held at the last checkpoint that it confirmed.
type Exposure struct {
	Device     model.DeviceID `json:"device"`
	User       model.UserID   `json:"user"`
	State      string         `json:"state" enum:"in use,lost,stolen"`
	Checkpoint *time.Time     `json:"checkpoint_at,omitempty" doc:"When the device confirmed the checkpoint; absent: it never confirmed any."`
	Seen       *time.Time     `json:"seen_at,omitempty" doc:"When the device was heard last."`
	Superset   bool           `json:"superset" doc:"What was shown at that checkpoint is not remembered any more (it is kept 45 days), or there was none: the items are then everything that the device can have held, except what was deleted more than 45 days ago."`
	Narrowed   bool           `json:"narrowed" doc:"The device was shown more than you see yourself: the items are what you see of it."`
	Counts     map[string]int `json:"counts" doc:"How many items there are of each collection, on all pages, as far as you see them."`
	Items      []Exposed      `json:"items"`
	Next       string         `json:"next,omitempty" doc:"Where the next page begins; absent: this is the last."`
}

// Exposed is one record that a device held.
type Exposed struct {
	ID         model.RecordID `json:"id"`
	Collection string         `json:"collection"`
	Name       string         `json:"name,omitempty" doc:"What it is called now."`
	Later      bool           `json:"later,omitempty" doc:"It came after the checkpoint and before the session ended: it may have been sent, and the device has not confirmed it."`
	Deleted    bool           `json:"deleted,omitempty" doc:"It was deleted since."`
}

type exposureInput struct {
	ID         model.DeviceID `path:"id"`
	Collection string         `query:"collection" doc:"Only records of this collection, as customers. Absent: of all."`
	After      model.RecordID `query:"after" doc:"Where the page begins: next of the page before."`
	Limit      int            `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"Items at most."`
}

// exposure adds the question what a lost device held.
func (s *service) exposure(h huma.API) {
	manage(s, h, huma.Operation{
		OperationID: "get-device-exposure", Method: http.MethodGet, Path: "/v1/devices/{id}/exposure", Tags: []string{"sessions"},
		Summary: "List the customers and other records that a device held when it last confirmed a checkpoint",
		Description: "For a device that is lost: computed of the view that the device confirmed, whatever its user's rights have become since. " +
			"Sorted by id. It is noted in the audit who asked. " + whoMayLook,
	}, s.exposed)
}

func (s *service) exposed(ctx context.Context, c model.Caller, in *exposureInput) (*struct{ Body Exposure }, error) {
	table, err := s.office.Table(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	q := model.ExposureQuery{Device: in.ID, After: in.After, Limit: in.Limit}
	if in.Collection != "" {
		spec, ok := table.Named(in.Collection)
		if !ok {
			return nil, problem.New("bad_request", "", problem.Fault{Location: "query.collection", Message: "names a collection that there is not"})
		}
		q.Collection = spec.No
	}
	x, err := s.office.Exposure(ctx, c, q)
	if err != nil {
		return nil, err
	}
	name := func(no model.Collection) string {
		spec, ok := table.Spec(no)
		if !ok {
			return ""
		}
		return spec.Name
	}
	out := Exposure{
		Device: x.Device, User: x.User, State: x.State, Checkpoint: moment(x.At), Seen: moment(x.Seen),
		Superset: x.Superset, Narrowed: x.Narrowed, Counts: map[string]int{}, Items: []Exposed{},
	}
	for no, n := range x.Counts {
		out.Counts[name(no)] = n
	}
	for _, r := range x.Records {
		out.Items = append(out.Items, Exposed{ID: r.ID, Collection: name(r.Collection), Name: r.Name, Later: r.Later, Deleted: r.Deleted})
	}
	if !x.Next.IsZero() {
		out.Next = x.Next.String()
	}
	return &struct{ Body Exposure }{out}, nil
}
