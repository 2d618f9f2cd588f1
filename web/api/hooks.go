package api

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/hook"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Webhook is an address of the back office that is told of events. Its secret is in no answer but those of its making and
// its rotation.
type Webhook struct {
	ID         model.HookID `json:"id"`
	Name       string       `json:"name"`
	URL        string       `json:"url"`
	Owner      model.UserID `json:"owner" doc:"Whose view of the events it gets."`
	Scopes     []string     `json:"scopes" doc:"What of this view."`
	Events     []string     `json:"events" doc:"jobs.created, jobs.* or *; empty: all."`
	State      string       `json:"state" enum:"on,off"`
	Why        string       `json:"why,omitempty" doc:"Why it is off: a person, an answer 410, an owner who may not any more, or a history that does not reach back."`
	Made       *time.Time   `json:"made_at"`
	Failing    *time.Time   `json:"failing_since,omitempty" doc:"Since when nothing has got through; absent: the last message did."`
	OldExpires *time.Time   `json:"old_secret_until,omitempty" doc:"Until when messages are also signed with the secret before the rotation."`
}

// SecretWebhook is a webhook with its secret.
type SecretWebhook struct {
	Webhook
	Secret string `json:"secret" doc:"Signs the messages, by the Standard Webhooks specification. It is shown here and never again."`
}

// NewWebhook is a webhook to be made.
type NewWebhook struct {
	URL    string       `json:"url" minLength:"1" maxLength:"2048" doc:"https; not of the server's own network." example:"https://erp.example/fieldsync"`
	Name   string       `json:"name,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$"`
	Events []string     `json:"events,omitempty" maxItems:"100" doc:"jobs.created, jobs.* or *; absent: all." example:"[\"jobs.*\"]"`
	Scopes []string     `json:"scopes,omitempty" maxItems:"100" doc:"What of its owner's view it gets; absent: read."`
	Owner  model.UserID `json:"owner,omitzero" doc:"Whose view it gets; absent: the caller's own."`
}

// WebhookChange changes a webhook; what is absent stays.
type WebhookChange struct {
	URL    *string   `json:"url,omitempty" minLength:"1" maxLength:"2048"`
	Name   *string   `json:"name,omitempty" maxLength:"200" pattern:"^[^\\x00-\\x1f\\x7f]*$"`
	Events *[]string `json:"events,omitempty" maxItems:"100"`
	State  *string   `json:"state,omitempty" enum:"on,off" doc:"Switched on, it goes on from where it was."`
	From   *string   `json:"from,omitempty" enum:"oldest,now" doc:"Where it goes on from: the oldest event that is kept, or the next one. Absent: where it was."`
}

// Delivery is a message that has not got through.
type Delivery struct {
	ID       string          `json:"id" doc:"The same for every attempt: the header Webhook-Id."`
	Type     string          `json:"type" example:"jobs.created"`
	Body     json.RawMessage `json:"body" doc:"The message."`
	Made     *time.Time      `json:"made_at"`
	Attempts int             `json:"attempts"`
	Next     *time.Time      `json:"next_at,omitempty" doc:"When it is tried again by itself."`
	Status   int             `json:"status,omitempty" doc:"Of the last answer; absent: there was none."`
	Error    string          `json:"error,omitempty" doc:"Of the last attempt."`
	Dead     *time.Time      `json:"dead_at,omitempty" doc:"When it was given up; absent: it is still tried."`
}

// Replay says which messages are tried again.
type Replay struct {
	Message string `json:"message,omitempty" maxLength:"64" doc:"Id of one message; absent: all that were given up."`
}

// Replayed says how many messages are tried again.
type Replayed struct {
	Replayed int `json:"replayed"`
}

// Tested says what came of a test message.
type Tested struct {
	Delivered bool   `json:"delivered"`
	Status    int    `json:"status,omitempty" doc:"What was answered; absent: nothing."`
	Error     string `json:"error,omitempty"`
}

// messagePrefix begins the ids of messages, as receivers see them.
const messagePrefix = "msg_"

// overlap is how long a webhook's old secret signs along after a rotation, in milliseconds.
const overlap = 24 * hour

// HookInput is the part of a path that names a webhook.
type HookInput struct {
	ID model.HookID `path:"id" doc:"Of the webhook."`
}

type (
	hookOutput       struct{ Body Webhook }
	secretHookOutput struct{ Body SecretWebhook }
)

// hooks adds the endpoints of webhooks.
func (s *service) hooks(h huma.API) {
	tag, needs := []string{"webhooks"}, "Needs the level full of web.admin."
	manage(s, h, huma.Operation{
		OperationID: "list-webhooks", Method: http.MethodGet, Path: "/v1/webhooks", Tags: tag,
		Summary: "List the webhooks of the company", Description: needs,
	}, func(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[Webhook], error) {
		all, err := s.office.Hooks(ctx, c)
		return items(each(all, hookOf)), err
	})
	manage(s, h, huma.Operation{
		OperationID: "add-webhook", Method: http.MethodPost, Path: "/v1/webhooks", Tags: tag, DefaultStatus: http.StatusCreated,
		Summary:     "Make a webhook",
		Description: needs + " It is told of what happens from now on. Its secret is shown in this answer and never again. Nobody hands on a scope that they do not have, or the view of somebody who sees more. Sent twice it makes two, and both are told.",
	}, s.addHook)
	manage(s, h, huma.Operation{
		OperationID: "get-webhook", Method: http.MethodGet, Path: "/v1/webhooks/{id}", Tags: tag,
		Summary: "Get a webhook", Description: needs,
	}, s.hook)
	manage(s, h, huma.Operation{
		OperationID: "change-webhook", Method: http.MethodPatch, Path: "/v1/webhooks/{id}", Tags: tag,
		Summary: "Change a webhook, or switch it on or off", Description: needs + " Only for those who see what its owner sees.",
	}, s.changeHook)
	manage(s, h, huma.Operation{
		OperationID: "remove-webhook", Method: http.MethodDelete, Path: "/v1/webhooks/{id}", Tags: tag, DefaultStatus: http.StatusNoContent,
		Summary: "Remove a webhook, and what waits for it", Description: needs,
	}, func(ctx context.Context, c model.Caller, in *HookInput) (*struct{}, error) {
		return nil, s.office.RemoveHook(ctx, c, in.ID)
	})
	manage(s, h, huma.Operation{
		OperationID: "rotate-webhook-secret", Method: http.MethodPost, Path: "/v1/webhooks/{id}/rotate", Tags: tag,
		Summary: "Give a webhook a new secret", Description: needs + " The old one signs along for 24 hours, so that nothing is lost meanwhile. The new one is shown in this answer and never again.",
	}, s.rotateHook)
	s.deliveries(h)
}

// deliveries adds the endpoints of what a webhook sends.
func (s *service) deliveries(h huma.API) {
	tag, needs := []string{"webhooks"}, "Needs the level full of web.admin. Only for those who see what its owner sees."
	manage(s, h, huma.Operation{
		OperationID: "list-failed-deliveries", Method: http.MethodGet, Path: "/v1/webhooks/{id}/failed", Tags: tag,
		Summary: "List what has not got through to a webhook", Description: needs,
	}, func(ctx context.Context, c model.Caller, in *struct {
		HookInput
		Dead bool `query:"dead" doc:"What was given up, instead of what is still tried."`
	},
	) (*itemsOutput[Delivery], error) {
		all, err := s.office.Deliveries(ctx, c, in.ID, in.Dead)
		return items(each(all, deliveryOf)), err
	})
	manage(s, h, huma.Operation{
		OperationID: "replay-deliveries", Method: http.MethodPost, Path: "/v1/webhooks/{id}/replay", Tags: tag,
		Summary: "Try messages that were given up again, now", Description: needs + " What is still tried is left alone.",
	}, s.replay)
	manage(s, h, huma.Operation{
		OperationID: "test-webhook", Method: http.MethodPost, Path: "/v1/webhooks/{id}/test", Tags: tag,
		Summary: "Send a test message to a webhook, once", Description: needs + " Its type is fieldsync.test. The answer says what came of it, and is 200 also when nothing got through.",
	}, s.testHook)
}

func (s *service) addHook(ctx context.Context, c model.Caller, in *struct{ Body NewWebhook }) (*secretHookOutput, error) {
	x := model.Hook{URL: in.Body.URL, Name: in.Body.Name, Events: in.Body.Events, Scopes: in.Body.Scopes, Owner: in.Body.Owner}
	if len(x.Scopes) == 0 {
		x.Scopes = model.Scopes{model.ScopeRead}
	}
	made, err := s.office.AddHook(ctx, c, x)
	if err != nil {
		return nil, err
	}
	return secretOf(made), nil
}

func (s *service) hook(ctx context.Context, c model.Caller, in *HookInput) (*hookOutput, error) {
	x, err := s.findHook(ctx, c, in.ID)
	return &hookOutput{hookOf(x)}, err
}

func (s *service) findHook(ctx context.Context, c model.Caller, id model.HookID) (model.Hook, error) {
	all, err := s.office.Hooks(ctx, c)
	if err != nil {
		return model.Hook{}, err
	}
	i := slices.IndexFunc(all, func(x model.Hook) bool { return x.ID == id })
	if i < 0 {
		return model.Hook{}, model.ErrUnknown
	}
	return all[i], nil
}

func (s *service) changeHook(ctx context.Context, c model.Caller, in *struct {
	HookInput
	Body WebhookChange
},
) (*hookOutput, error) {
	var position *model.Position
	if in.Body.From != nil {
		at, err := s.startOf(ctx, c, in.ID, *in.Body.From)
		if err != nil {
			return nil, err
		}
		position = &at
	}
	x, err := s.office.ChangeHook(ctx, c, in.ID, func(x *model.Hook) error {
		in.Body.apply(x)
		if position != nil {
			x.Position = *position
		}
		return nil
	})
	return &hookOutput{hookOf(x)}, err
}

// startOf is the place in the history that a webhook is to go on from.
func (s *service) startOf(ctx context.Context, c model.Caller, id model.HookID, from string) (model.Position, error) {
	x, err := s.findHook(ctx, c, id)
	if err != nil {
		return model.Position{}, err
	}
	if from == "oldest" {
		from = ""
	}
	page, err := s.office.Events(ctx, model.Caller{Tenant: c.Tenant, User: x.Owner, Scopes: x.Scopes}, from, nil, 0)
	return page.Position, err
}

func (x *WebhookChange) apply(m *model.Hook) {
	if x.URL != nil {
		m.URL = *x.URL
	}
	if x.Name != nil {
		m.Name = *x.Name
	}
	if x.Events != nil {
		m.Events = *x.Events
	}
	if x.State == nil {
		return
	}
	if *x.State == "on" {
		m.State, m.Why = model.HookOn, ""
	} else if m.State == model.HookOn {
		m.State, m.Why = model.HookOff, "switched off by a person"
	}
}

func (s *service) rotateHook(ctx context.Context, c model.Caller, in *HookInput) (*secretHookOutput, error) {
	secret := make([]byte, 32)
	rand.Read(secret)
	x, err := s.office.ChangeHook(ctx, c, in.ID, func(x *model.Hook) error {
		x.Secrets = append([][]byte{secret}, x.Secrets[:min(len(x.Secrets), 1)]...)
		x.Until = model.Instant(s.clock().UnixMilli()) + overlap
		return nil
	})
	if err != nil {
		return nil, err
	}
	return secretOf(x), nil
}

func (s *service) replay(ctx context.Context, c model.Caller, in *struct {
	HookInput
	Body *Replay
},
) (*struct{ Body Replayed }, error) {
	var message model.MessageID
	if in.Body != nil && in.Body.Message != "" {
		if err := message.UnmarshalText([]byte(strings.TrimPrefix(in.Body.Message, messagePrefix))); err != nil {
			return nil, problem.New("bad_request", "Nothing was changed.", problem.Fault{Location: "body.message", Message: "want the id of a message"})
		}
	}
	n, err := s.office.Replay(ctx, c, in.ID, message)
	if err == nil && n == 0 && !message.IsZero() {
		err = model.ErrUnknown
	}
	return &struct{ Body Replayed }{Replayed{n}}, err
}

func (s *service) testHook(ctx context.Context, c model.Caller, in *HookInput) (*struct{ Body Tested }, error) {
	status, failed, err := s.office.TestHook(ctx, c, in.ID)
	if err != nil {
		return nil, err
	}
	out := Tested{Delivered: failed == nil, Status: status}
	if failed != nil {
		out.Error = failed.Error()
	}
	return &struct{ Body Tested }{out}, nil
}

func hookOf(x model.Hook) Webhook {
	out := Webhook{
		ID: x.ID, Name: x.Name, URL: x.URL, Owner: x.Owner, Scopes: x.Scopes, Events: x.Events, State: "on", Why: x.Why,
		Made: moment(x.Made), Failing: moment(x.Failing),
	}
	if out.Events == nil {
		out.Events = []string{}
	}
	if x.State != model.HookOn {
		out.State = "off"
	}
	if len(x.Secrets) > 1 {
		out.OldExpires = moment(x.Until)
	}
	return out
}

func secretOf(x model.Hook) *secretHookOutput {
	return &secretHookOutput{SecretWebhook{Webhook: hookOf(x), Secret: hook.FormatSecret(x.Secrets[0])}}
}

func deliveryOf(d model.Delivery) Delivery {
	return Delivery{
		ID: hook.MessageText(d.ID), Type: d.Type, Body: d.Body, Made: moment(d.Made), Attempts: d.Attempts,
		Next: moment(d.Next), Status: d.Status, Error: d.Error, Dead: moment(d.Dead),
	}
}
