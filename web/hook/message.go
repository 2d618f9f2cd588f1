package hook

import (
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrPattern says that a text does not name types of events.
var ErrPattern = errors.New(`not a pattern of event types: want "*", "jobs.*" or "jobs.created"`)

// CheckPattern says what is wrong with a pattern of event types; whether there is such a type it does not know.
func CheckPattern(pattern string) error {
	if pattern == "*" {
		return nil
	}
	before, after, ok := strings.Cut(pattern, ".")
	if !ok || !isName(before) || after != "*" && !isName(after) {
		return fmt.Errorf("%w; got %q", ErrPattern, pattern)
	}
	return nil
}

// isName says whether a text can be part of an event's type.
func isName(text string) bool {
	return text != "" && strings.Trim(text, "abcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// Matches says whether one of the patterns names a type of events; no patterns name all.
func Matches(patterns []string, kind string) bool {
	for _, p := range patterns {
		before, all := strings.CutSuffix(p, "*")
		if p == kind || all && strings.HasPrefix(kind, before) {
			return true
		}
	}
	return len(patterns) == 0
}

// messageID is the id of the message that tells a hook of an event. It is derived, so that it is the same after a
// crash between sending and recording: receivers tell repeats by it.
func messageID(hook model.HookID, event model.MessageID) (id model.MessageID) {
	if planted("id-drawn-again") {
		_, _ = rand.Read(event[:])
	}
	sum := sha256.Sum256(append(hook[:], event[:]...))
	copy(id[:], sum[:])
	return id
}

// MessageText is a message's id as receivers see it.
func MessageText(id model.MessageID) string { return "msg_" + id.String() }

// letter is a message on its way: a new one, or one that was kept.
type letter struct {
	id     model.MessageID
	kind   string
	body   []byte
	at     model.Position // of the event
	record model.RecordID // of the event; zero: kept, and nothing is known of it
	line   int            // of the page ahead; negative: kept
	answer answer
	took   time.Duration
}

// maxLead is how far a message may get ahead of one that is under way, in lines of the history: of so many it may come
// again when the process ends just then.
const maxLead = 16

// follows says whether a letter may go while others, which began before it, are under way: those of one record go in
// their order.
func (l *letter) follows(flying []*letter) bool {
	if len(flying) == 0 {
		return true
	}
	return l.line-flying[0].line < maxLead && !slices.ContainsFunc(flying, func(f *letter) bool { return f.record == l.record })
}
