package storage

import "github.com/fieldsync/fieldsync/sync/model"

// APIKey is a key of a back end, kept under the hash of its secret.
type APIKey model.APIKey

// Request is a repeatable request of the API that was decided.
type Request struct {
	Print   [16]byte
	Time    model.Instant
	Changes []model.ChangeID // in the request's order
	Dropped []Dropped        // of which nothing is kept
	Note    []byte           // the caller's own, given back with a repeat
}

// Dropped is a change of a request of which nothing is kept, with what it was told.
type Dropped struct {
	At      uint16 // which of the request's changes
	Outcome model.Outcome
	Reason  model.Reason
}

// Hook is a webhook.
type Hook model.Hook

// Delivery is a message to a webhook that has not got through.
type Delivery model.Delivery

// Append appends the row of a key.
func (k APIKey) Append(b []byte) []byte {
	b = append(b, rowVersion)
	b = append(b, k.ID[:]...)
	b = append(b, k.User[:]...)
	b = appendText(b, k.Name)
	b = appendTexts(b, k.Scopes)
	b = appendSigned(b, k.Made)
	b = append(b, k.MadeBy[:]...)
	b = appendSigned(b, k.Expires)
	return appendSigned(b, k.Used)
}

// ParseAPIKey is the inverse of [APIKey.Append].
func ParseAPIKey(b []byte) (APIKey, error) {
	d, k := decode(b), APIKey{}
	d.fixed(k.ID[:])
	d.fixed(k.User[:])
	k.Name = d.text()
	k.Scopes = list(d, 1, d.text)
	k.Made = signed[model.Instant](d)
	d.fixed(k.MadeBy[:])
	k.Expires, k.Used = signed[model.Instant](d), signed[model.Instant](d)
	return finish(d, k, "API key")
}

// Append appends the row of a request.
func (r Request) Append(b []byte) []byte {
	b = append(b, rowVersion)
	b = append(b, r.Print[:]...)
	b = appendSigned(b, r.Time)
	b = appendNumber(b, uint64(len(r.Changes)))
	for _, id := range r.Changes {
		b = append(b, id[:]...)
	}
	b = appendNumber(b, uint64(len(r.Dropped)))
	for _, x := range r.Dropped {
		b = appendNumber(b, x.At)
		b = append(b, byte(x.Outcome))
		b = appendNumber(b, x.Reason)
	}
	return appendText(b, string(r.Note))
}

// ParseRequest is the inverse of [Request.Append].
func ParseRequest(b []byte) (Request, error) {
	d, r := decode(b), Request{}
	d.fixed(r.Print[:])
	r.Time = signed[model.Instant](d)
	r.Changes = list(d, 16, func() (id model.ChangeID) {
		d.fixed(id[:])
		return id
	})
	r.Dropped = list(d, 3, func() Dropped {
		return Dropped{At: number[uint16](d), Outcome: model.Outcome(d.byte()), Reason: number[model.Reason](d)}
	})
	r.Note = d.bytes()
	return finish(d, r, "request")
}

// Append appends the row of a webhook.
func (h Hook) Append(b []byte) []byte {
	b = append(b, rowVersion, byte(h.State))
	b = append(b, h.ID[:]...)
	b = append(b, h.Owner[:]...)
	b = appendText(b, h.URL)
	b = appendText(b, h.Name)
	b = appendTexts(b, h.Scopes)
	b = appendTexts(b, h.Events)
	b = appendNumber(b, uint64(len(h.Secrets)))
	for _, s := range h.Secrets {
		b = appendText(b, string(s))
	}
	b = appendSigned(b, h.Until)
	b = appendNumber(b, h.Position.Seq)
	b = appendNumber(b, h.Position.Index)
	b = appendText(b, h.Why)
	b = appendSigned(b, h.Made)
	return appendSigned(b, h.Failing)
}

// ParseHook is the inverse of [Hook.Append].
func ParseHook(b []byte) (Hook, error) {
	d := decode(b)
	h := Hook{State: model.HookState(d.byte())}
	d.fixed(h.ID[:])
	d.fixed(h.Owner[:])
	h.URL, h.Name = d.text(), d.text()
	h.Scopes, h.Events = list(d, 1, d.text), list(d, 1, d.text)
	h.Secrets = list(d, 1, d.bytes)
	h.Until = signed[model.Instant](d)
	h.Position = model.Position{Seq: number[model.Seq](d), Index: number[uint32](d)}
	h.Why = d.text()
	h.Made, h.Failing = signed[model.Instant](d), signed[model.Instant](d)
	return finish(d, h, "webhook")
}

// Append appends the row of a delivery.
func (x Delivery) Append(b []byte) []byte {
	b = append(b, rowVersion)
	b = append(b, x.Hook[:]...)
	b = append(b, x.ID[:]...)
	b = appendText(b, x.Type)
	b = appendNumber(b, x.At.Seq)
	b = appendNumber(b, x.At.Index)
	b = appendText(b, string(x.Body))
	b = appendSigned(b, x.Made)
	b = appendSigned(b, int64(x.Attempts))
	b = appendSigned(b, x.Next)
	b = appendSigned(b, int64(x.Status))
	b = appendText(b, x.Error)
	return appendSigned(b, x.Dead)
}

// ParseDelivery is the inverse of [Delivery.Append].
func ParseDelivery(b []byte) (Delivery, error) {
	d, x := decode(b), Delivery{}
	d.fixed(x.Hook[:])
	d.fixed(x.ID[:])
	x.Type = d.text()
	x.At = model.Position{Seq: number[model.Seq](d), Index: number[uint32](d)}
	x.Body = d.bytes()
	x.Made = signed[model.Instant](d)
	x.Attempts = int(signed[int64](d))
	x.Next = signed[model.Instant](d)
	x.Status = int(signed[int64](d))
	x.Error = d.text()
	x.Dead = signed[model.Instant](d)
	return finish(d, x, "delivery")
}
