package storage

import (
	"github.com/fieldsync/fieldsync/sync/model"
)

// The fewest bytes of an element.
const (
	minKey    = 1 + 32
	minCustom = 14
)

// Append appends the row of a tenant.
func (t Tenant) Append(b []byte) []byte {
	b = append(b, rowVersion)
	b = appendText(b, t.Name)
	b = appendNumber(b, uint64(len(t.Keys)))
	for i := range t.Keys {
		b = append(b, t.Keys[i].ID)
		b = append(b, t.Keys[i].Secret[:]...)
	}
	b = append(b, t.Secret[:]...)
	b = appendSettings(b, t.Settings)
	b = appendNumber(b, uint64(len(t.Custom)))
	for i := range t.Custom {
		b = appendCustom(b, &t.Custom[i])
	}
	return appendNumber(b, t.Views)
}

// ParseTenant is the inverse of [Tenant.Append].
func ParseTenant(b []byte) (Tenant, error) {
	d := decode(b)
	t := Tenant{
		Name:     d.text(),
		Keys:     list(d, minKey, func() Key { return Key{ID: d.byte(), Secret: d.hash()} }),
		Secret:   d.hash(),
		Settings: d.settings(),
		Custom:   list(d, minCustom, d.custom),
		Views:    d.uvarint(),
	}
	return finish(d, t, "tenant")
}

func appendSettings(b []byte, s model.Settings) []byte {
	b = append(b, bits(s.AutoAccept, s.SlotPerKind, s.PortalNames, s.NoLocations), byte(s.HiddenJobCard), byte(s.CompletionRule), byte(s.Invoices), byte(s.Optimization))
	b = appendSigned(b, s.HandInWindow)
	b = appendSigned(b, s.HistoryKeep)
	b = appendWindow(b, s.Window)
	b = append(b, s.AskShare)
	b = appendNumber(b, s.AskRecords)
	b = appendNumber(b, s.AskDevices)
	b = appendSessionRules(b, &s.Sessions)
	b = append(b, s.Pay.Rounding, s.Pay.PaidBreak, s.Pay.MissingEnd)
	return appendSigned(appendSigned(b, s.OfferStands), s.HoursKeep)
}

func (d *decoder) settings() (s model.Settings) {
	f := d.flags(4)
	s.AutoAccept, s.SlotPerKind, s.PortalNames, s.NoLocations = f&1 != 0, f&2 != 0, f&4 != 0, f&8 != 0
	s.HiddenJobCard = model.JobCardRule(d.byte())
	s.CompletionRule = model.CompletionRule(d.byte())
	s.Invoices, s.Optimization = model.FeatureState(d.byte()), model.FeatureState(d.byte())
	s.HandInWindow = signed[int64](d)
	s.HistoryKeep = signed[int64](d)
	s.Window = d.window()
	s.AskShare = d.byte()
	s.AskRecords, s.AskDevices = number[uint32](d), number[uint32](d)
	d.sessionRules(&s.Sessions)
	s.Pay = model.Pay{Rounding: d.byte(), PaidBreak: d.byte(), MissingEnd: d.byte()}
	s.OfferStands, s.HoursKeep = signed[int64](d), signed[int64](d)
	return s
}

func appendSessionRules(b []byte, r *model.SessionRules) []byte {
	for _, p := range r.Policies {
		b = append(b, byte(p))
	}
	b = append(b, bits(r.ApplyBegun))
	b = appendNumber(b, r.HandInChanges)
	b = appendNumber(b, r.HandInBytes)
	for _, ms := range []int64{r.OfflineLease, r.Idle, r.Absolute, r.Sensitive, r.SignInTicket, r.ConnectTicket, r.ResetLink} {
		b = appendSigned(b, ms)
	}
	return b
}

func (d *decoder) sessionRules(r *model.SessionRules) {
	for i := range r.Policies {
		r.Policies[i] = model.SlotPolicy(d.byte())
	}
	r.ApplyBegun = d.flags(1) == 1
	r.HandInChanges = number[uint32](d)
	r.HandInBytes = d.uvarint()
	for _, ms := range []*int64{&r.OfflineLease, &r.Idle, &r.Absolute, &r.Sensitive, &r.SignInTicket, &r.ConnectTicket, &r.ResetLink} {
		*ms = signed[int64](d)
	}
}

func appendCustom(b []byte, c *model.Custom) []byte {
	f := &c.Field
	b = appendNumber(b, c.Collection)
	b = appendNumber(b, f.No)
	b = appendText(b, f.Name)
	b = append(b, byte(f.Type), byte(f.Class), byte(f.Policy), byte(f.Writers), byte(f.Nature), bits(f.Required, f.Wanted))
	b = appendSigned(b, f.Min)
	b = appendSigned(b, f.Max)
	b = appendNumber(b, f.Ref)
	b = appendTexts(b, f.Options)
	b = appendText(b, f.Source)
	return appendText(b, f.Note)
}

func (d *decoder) custom() (c model.Custom) {
	f := &c.Field
	c.Collection = number[model.Collection](d)
	f.No = number[model.FieldNo](d)
	f.Name = d.text()
	f.Type, f.Class = model.Type(d.byte()), model.Class(d.byte())
	f.Policy, f.Writers = model.Policy(d.byte()), model.Writers(d.byte())
	f.Nature = model.Nature(d.byte())
	flags := d.flags(2)
	f.Required, f.Wanted = flags&1 == 1, flags&2 == 2
	f.Min, f.Max = signed[int64](d), signed[int64](d)
	f.Ref = number[model.Collection](d)
	f.Options = list(d, 1, d.text)
	f.Source, f.Note = d.text(), d.text()
	return c
}
