package engine

import "github.com/fieldsync/fieldsync/sync/model"

// Purpose keeps tokens of one use from being taken for another.
type Purpose uint8

// The purposes.
const (
	PurposeCursor Purpose = iota + 1 // bound to tenant, user and device
	PurposeBase                      // bound to tenant and user, not to the device (write-verification CE-15)
)

// Binding is the associated data of a token.
type Binding struct {
	Purpose Purpose
	Tenant  model.TenantID
	User    model.UserID
	Device  model.DeviceID // zero for PurposeBase
}

// Sealer hides what a device carries for the server. Equal plaintexts must not be recognisable, and the length of a
// token must tell nothing but the padded length of its plaintext.
type Sealer interface {
	Seal(b Binding, plain []byte) []byte
	Open(b Binding, token []byte) (plain []byte, ok bool)
}
