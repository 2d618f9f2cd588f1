package api

import (
	"encoding/json"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Held is a change that waits for the office.
type Held struct {
	Change     model.ChangeID  `json:"change"`
	Author     model.UserID    `json:"author"`
	Device     model.DeviceID  `json:"device,omitzero"`
	Since      *time.Time      `json:"since_at" doc:"When it was received."`
	Reason     int             `json:"reason" doc:"Why it is held, as protocol/SPEC.md numbers the reasons."`
	Op         string          `json:"op" enum:"create,edit,delete,unknown"`
	Collection string          `json:"collection,omitempty" doc:"Absent: of a collection that this server does not know."`
	Record     model.RecordID  `json:"record"`
	Fields     json.RawMessage `json:"fields,omitempty" doc:"What it says, as a document of its collection."`
	Group      model.GroupID   `json:"group,omitzero" doc:"Changes of one group are released and dismissed together."`
	Second     bool            `json:"second,omitempty" doc:"Another content came under its author's id before, with an alarm, so that it has one of its own here. One of a group cannot be released."`
}

// Release says how a held change is let in.
type Release struct {
	Why   string `json:"why,omitempty" maxLength:"500" pattern:"^[^\\x00-\\x1f\\x7f]*$" doc:"Why; it stands in the item and the audit, and the author reads it."`
	Force bool   `json:"force,omitempty" doc:"What stands now has been seen, and this is to stand instead. Otherwise the fields' policies decide."`

	Values json.RawMessage `json:"values,omitempty" doc:"Corrections: fields that the change says, with what is let in instead, as a document of its collection. The author is told, and the record's history keeps what they said."`
}

// held adds the operations on work that waits for the office.
func (s *service) held(h huma.API) {
	s.serve(h, heldOperation(h), func(c *call) error {
		all, err := s.office.Held(c, c.Caller)
		if err != nil {
			return err
		}
		out := Items[Held]{Items: []Held{}}
		for i := range all {
			out.Items = append(out.Items, c.heldOf(&all[i]))
		}
		text, err := json.Marshal(out)
		if err != nil {
			return err
		}
		c.json(http.StatusOK, text)
		return nil
	})
	s.serve(h, releaseOperation(h), func(c *call) error {
		body, err := c.body(maxBody)
		if err != nil {
			return err
		}
		var how Release
		if err := strict(body, &how); err != nil {
			return err
		}
		if err := checkWhy(how.Why); err != nil {
			return err
		}
		values, err := s.correctionsOf(c, how.Values)
		if err != nil {
			return err
		}
		return s.rule(c, body, model.Ruling{Force: how.Force, Why: how.Why, Values: values})
	})
	s.serve(h, dismissOperation(h), func(c *call) error {
		body, err := readBody(c.w, c.r, maxBody)
		if err != nil {
			return err
		}
		var how Decision
		if len(body) > 0 {
			err = strict(body, &how)
		}
		if err == nil {
			err = checkWhy(how.Why)
		}
		if err != nil {
			return err
		}
		return s.rule(c, body, model.Ruling{Dismiss: true, Why: how.Why})
	})
}

// rule decides the held change in the path.
func (s *service) rule(c *call, body []byte, r model.Ruling) (err error) {
	if r.Change, err = c.change(); err != nil {
		return err
	}
	idem, err := c.request(body)
	if err == nil {
		err = s.office.Rule(c, c.Caller, model.Request{Key: idem.key, Print: idem.print}, r)
	}
	return c.nothing(err)
}

// nothing answers that it is done, with nothing else to say.
func (c *call) nothing(err error) error {
	if err == nil {
		c.w.WriteHeader(http.StatusNoContent)
	}
	return err
}

// change is the change's id in the path.
func (c *call) change() (id model.ChangeID, err error) {
	if err := id.UnmarshalText([]byte(c.param("change"))); err != nil {
		return id, problem.New("not_found", "") // as one that nobody has
	}
	return id, nil
}

var opNames = map[model.Op]string{model.OpCreate: "create", model.OpEdit: "edit", model.OpDelete: "delete"}

func (c *call) heldOf(h *model.HeldChange) Held {
	out := Held{
		Change: h.Change, Author: h.Author, Device: h.Device, Since: moment(h.Since), Reason: int(h.Reason), Op: opNames[h.Op],
		Record: h.Record, Group: h.Group, Second: h.Second,
	}
	if out.Op == "" {
		out.Op = "unknown"
	}
	if spec, ok := c.table.Spec(h.Collection); ok {
		out.Collection = spec.Name
		row := model.Shown{Row: model.Row{ID: h.Record, Collection: h.Collection, Fields: h.Fields}}
		out.Fields = document.Append(nil, c.table, &row, nil)
	}
	return out
}
