package model

// Search asks for the records that have the words somebody typed, in what is shown of them to whoever asks.
type Search struct {
	Words string       // as they were typed; sync/search says what they find
	Of    []Collection // where they are looked for; none: wherever people look for words
	Limit int          // records at most, 1 to search.MaxLimit
	Bytes int          // that the rows may take, besides the first; 0: any number
}

// Found is what a search found, computed over what is shown to whoever asked, and over nothing else.
type Found struct {
	Rows    []Row // the best first
	More    bool  // there are more
	Partial bool  // there is so much to look through that not all was
}

// Sighted is what a search at a desk found.
type Sighted struct {
	Records       []Shown
	More, Partial bool
}
