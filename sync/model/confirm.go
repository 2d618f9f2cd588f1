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
