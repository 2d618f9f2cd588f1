package protocol

// Poke says that there is something to fetch.
type Poke struct{}

// Type is TypePoke.
func (*Poke) Type() Type { return TypePoke }

func (*Poke) encode(*writer) {}

func (*Poke) decode(*reader) {}
