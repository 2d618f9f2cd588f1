package model

// Note is what a conversation has learnt of its device.
type Note struct {
	Report *Report // what the device says of itself; nil: nothing
	// Cursor is of a checkpoint that the device has made durable: it came with it, or acknowledged its page. Empty: none.
	Cursor  []byte
	Resumed bool // it came with it: what was known of a later one is not so any more (a phone restored from a backup)
	Latest  bool // nothing was sent to the device after this checkpoint
	Over    bool // nothing more will be heard on this connection
	Taken   Taken
	// Sent is the cursor of a page that takes something back and was written to the device's connection. Empty: none.
	Sent []byte
}

// Taken is what pages have taken back from a device.
type Taken struct {
	Records int // retracted
	Masks   int // collections of which fields were erased
}

// RightsChange is the last thing that changed what a user may see, other than the data themselves.
type RightsChange struct {
	At   Instant // 0: nothing has, since they were added
	By   UserID  // zero: the operator, or what the company works by
	What string  // "levels", "settings", "company closed", "unassigned" …
}

// Confirmation is how far a device has followed its user's last [RightsChange].
type Confirmation struct {
	Change     RightsChange
	Sent       Instant // when what it takes back was sent to the device; 0: it was not, or takes nothing back
	Confirmed  Instant // when the device confirmed a checkpoint of after the change; 0: not yet
	Checkpoint Instant // when the device confirmed its last checkpoint at all; 0: never
}

// ExposureQuery asks what a device held at the last checkpoint that it confirmed.
type ExposureQuery struct {
	Device     DeviceID
	Collection Collection // 0: every
	After      RecordID   // the page begins behind it
	Limit      int
}

// Exposure is a page of what a device held, as the caller sees it.
type Exposure struct {
	Device DeviceID
	User   UserID
	State  string  // in use, lost, stolen
	At     Instant // when the checkpoint was confirmed; 0: none ever was
	Seen   Instant // when the device was heard last
	// Superset says that the intervals of that checkpoint are not kept any more, or that there was none: Records are then all
	// that it can have held.
	Superset bool
	Narrowed bool // the caller does not see all that the device was shown: Records are what they see of it
	Counts   map[Collection]int
	Records  []Exposed
	Next     RecordID // zero: this is the last page
}

// Exposed is one record that a device held.
type Exposed struct {
	ID         RecordID
	Collection Collection
	Name       string // what it is called now, as far as the caller sees it
	Later      bool   // it came after the checkpoint: it may have been sent, and the device has not confirmed it
	Deleted    bool   // since
}

// Toll is what a change of rights takes from devices that are signed in.
type Toll struct {
	Devices []TollOf
	Asks    bool // it is more than the company's settings let pass without being confirmed
}

// TollOf is what it takes from one device.
type TollOf struct {
	User   UserID
	Login  string
	Device DeviceID
	Label  string
	Takes  int // records that go
	Of     int // records that it is shown now
}
