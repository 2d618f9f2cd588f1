package protocol

// Version is the newest version of the protocol this package speaks; Oldest is the oldest it still understands on the
// live lane. A hand-in is understood from every version there ever was (domain W38).
const (
	Version = 1
	Oldest  = 1
)

// Type is the number of a message: the first element of a frame.
type Type uint8

// The messages. Numbers are never reused.
const (
	TypeChallenge Type = 1  // server → device, first of all
	TypeHello     Type = 2  // device → server
	TypeWelcome   Type = 3  // server → device
	TypeResume    Type = 4  // device → server: send what is new after this cursor
	TypePage      Type = 5  // server → device
	TypeGot       Type = 6  // device → server: the page is durable here
	TypePush      Type = 7  // device → server: changes
	TypeAnswers   Type = 8  // server → device: what became of the changes of one push
	TypePoke      Type = 9  // server → device: something is new; ask when it suits you
	TypePing      Type = 10 // device → server, with the device's report
	TypePong      Type = 11 // server → device, with the server's time
	TypeDrain     Type = 12 // server → device: your session is about to end; send what you have
	TypeBye       Type = 13 // either way: why the connection ends; the last frame before the close
	TypeError     Type = 14 // server → device: one frame was not understood; the connection goes on
	TypeHoldings  Type = 15 // device → server: the ids it holds, when it is to be reconciled
	TypeSearch    Type = 16 // device → server: words to be looked for
	TypeFound     Type = 17 // server → device: what one search found
	TypeWipe      Type = 18 // server → device: erase this user's data here, and say so
	TypeWiped     Type = 19 // device → server: it is erased
	TypeDecided   Type = 20 // server → device: the office has decided held changes; ask about them again

	LastType = TypeDecided
)

// Message is any of the messages of this package.
type Message interface {
	Type() Type
	encode(w *writer) // writes the elements after the number, as many as its kind says
	decode(r *reader) // reads them; what a newer peer has put behind them is not looked at
}

// kind is what is known of a message before it is read.
type kind struct {
	name   string
	fields int // elements after the number
	max    int // bytes of the frame
	fresh  func() Message
}

var kinds = [...]kind{
	TypeChallenge: {"challenge", 5, MaxChallenge, func() Message { return new(Challenge) }},
	TypeHello:     {"hello", 10, MaxHello, func() Message { return new(Hello) }},
	TypeWelcome:   {"welcome", 14, MaxWelcome, func() Message { return new(Welcome) }},
	TypeResume:    {"resume", 4, MaxResume, func() Message { return new(Resume) }},
	TypePage:      {"page", 9, MaxFrame, func() Message { return new(Page) }},
	TypeGot:       {"got", 1, MaxGot, func() Message { return new(Got) }},
	TypePush:      {"push", 4, MaxFrame, func() Message { return new(Push) }},
	TypeAnswers:   {"answers", 3, MaxAnswers, func() Message { return new(Answers) }},
	TypePoke:      {"poke", 0, MaxPoke, func() Message { return new(Poke) }},
	TypePing:      {"ping", 2, MaxPing, func() Message { return new(Ping) }},
	TypePong:      {"pong", 2, MaxPong, func() Message { return new(Pong) }},
	TypeDrain:     {"drain", 2, MaxDrain, func() Message { return new(Drain) }},
	TypeBye:       {"bye", 9, MaxBye, func() Message { return new(Bye) }},
	TypeError:     {"error", 3, MaxErrorMessage, func() Message { return new(ErrorMessage) }},
	TypeHoldings:  {"holdings", 2, MaxFrame, func() Message { return new(Holdings) }},
	TypeSearch:    {"search", 4, MaxSearch, func() Message { return new(Search) }},
	TypeFound:     {"found", 7, MaxFrame, func() Message { return new(Found) }},
	TypeWipe:      {"wipe", 1, MaxWipe, func() Message { return new(Wipe) }},
	TypeWiped:     {"wiped", 1, MaxWiped, func() Message { return new(Wiped) }},
	TypeDecided:   {"decided", 1, MaxDecided, func() Message { return new(Decided) }},
}

// String is the message's name.
func (t Type) String() string {
	if int(t) >= len(kinds) || kinds[t].fresh == nil {
		return "unknown"
	}
	return kinds[t].name
}
