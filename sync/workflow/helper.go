package workflow

import (
	"slices"
	"strings"
)

// Helped is the time of an apprentice without a login, which runs with that of whoever named them (domain (c), helpers on a job; WP3).
type Helped struct {
	Name  string
	Spans []Span // of work alone: travel is nobody's but the one who drives
}

// MaxHelpers is how many people one event may name.
const MaxHelpers = 10

// HelpersIn is the names in what an event says of helpers, which commas are between: each once, ascending.
func HelpersIn(text string) (names []string) {
	for _, n := range strings.Split(text, ",") {
		if n = strings.TrimSpace(n); n != "" && !slices.Contains(names, n) && len(names) < MaxHelpers {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return names
}

// helpers is the time of each who was named in entries, by name. It is paid on the union too (E10), and the worker's breaks are theirs.
func helpers(list []Entry, rule Rule) (out []Helped) {
	for _, name := range named(list) {
		with := slices.DeleteFunc(slices.Clone(list), func(e Entry) bool {
			return e.Sort != SortBreak && (e.Sort != SortWork || !slices.Contains(e.Helpers, name))
		})
		spans := slices.DeleteFunc(Pay(with, rule), func(s Span) bool { return s.Sort != SortWork })
		if len(spans) > 0 {
			out = append(out, Helped{name, spans})
		}
	}
	return out
}

// named is who is named in entries, ascending.
func named(list []Entry) (names []string) {
	for i := range list {
		names = append(names, list[i].Helpers...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
