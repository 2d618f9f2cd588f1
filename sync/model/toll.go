package model

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
