package web

import "github.com/fieldsync/fieldsync/sync/model"

// Confirmation is how far a device has followed the last change of what its user may see. Instants are milliseconds since
// 1970 UTC.
type Confirmation struct {
	Changed    int64        `json:"changed,omitempty"` // 0: nothing has changed since they were added
	ChangedBy  model.UserID `json:"changed_by,omitzero"`
	Change     string       `json:"change,omitempty"`
	Sent       int64        `json:"sent,omitempty"`       // when what it takes back was sent to the device
	Confirmed  int64        `json:"confirmed,omitempty"`  // when the device confirmed a checkpoint of after it; 0: not yet
	Checkpoint int64        `json:"checkpoint,omitempty"` // when it confirmed its last checkpoint at all
}
