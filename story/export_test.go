package story

// Recognised is the name of the form of a sentence; empty: it has none.
func Recognised(text string) string {
	tokens, err := split(text)
	if err != nil {
		return ""
	}
	if f, _ := recognise(tokens); f != nil {
		return f.Name
	}
	return ""
}
