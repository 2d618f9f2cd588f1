package model

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
