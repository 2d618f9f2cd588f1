package protocol

import "github.com/fieldsync/fieldsync/sync/model"

// The limits of what is on the wire. A device that keeps them is never refused for size; DESIGN §11 has the reasons
// that are not here.
const (
	MaxFrame    = 256 << 10 // any frame
	MaxPageBody = 1 << 20   // a page's body after decompression: four frames' worth, and no more for a bomb
	MaxChange   = 64 << 10  // a change's body

	// MaxSentBody is the longest page body, as sent, that fits into a frame with any header.
	MaxSentBody = MaxFrame - MaxCursor - 16*MaxIDs - 256

	MinChange = 24 // shorter is no change: not even its id would be readable

	MaxChanges = 200 // changes of one push, and in flight
	MaxGroup   = 100 // changes of one group
	MaxAssigns = 256 // fields of one change
	MaxOver    = 1024
	MaxAfter   = 16

	MinBlob  = 12  // shorter is no token and no clock
	MaxBlob  = 256 // of a blob
	MaxBlobs = 512 // of one push: two for each change, and room
	MaxBase  = 64  // of a base token

	MaxCursor   = 4096   // a cursor of 300 audiences in an unfinished fill is below 1.2 KiB
	MaxIDs      = 4096   // waiting, held, included and have
	MaxHoldings = 16_000 // records of one holdings frame

	MaxFound    = 100 // records of one answer to a search
	MaxSearched = 64  // collections of one search: more than there are

	// WindowPages is how many pages the server sends ahead.
	WindowPages = 4
)

// The longest frame of each message; page, push, holdings and found go up to MaxFrame.
const (
	MaxChallenge    = 128
	MaxHello        = 512
	MaxWelcome      = 512
	MaxResume       = MaxCursor + 2*16*MaxIDs + 64
	MaxGot          = 64
	MaxAnswers      = 8 << 10
	MaxPoke         = 64
	MaxPing         = 256
	MaxPong         = 64
	MaxDrain        = 64
	MaxBye          = 1 << 10
	MaxErrorMessage = 512
	MaxSearch       = 512
	MaxWipe         = 64
	MaxWiped        = 64
	MaxDecided      = 16*MaxIDs + 64
)

// Texts for people, in bytes; a longer one is shortened when it is sent.
const (
	maxName      = 128
	maxApp       = 64
	maxText      = 300
	maxNote      = model.MaxNote
	maxWords     = 256 // typed, of a search
	maxSignature = 80
)

// maxTime bounds instants and durations so that a double holds them, as JavaScript must.
const maxTime = 1 << 53
