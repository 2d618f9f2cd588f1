package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Scopes is what a caller of the office's API may use of the rights of the user they act for. A scope never adds a
// right; no scopes are no access. A scope is one of
//
//	read                 read every collection the user may read
//	write                change every collection the user may change, and read
//	COLLECTION:read      read one collection
//	COLLECTION:write     change one collection, and read it; what is removed takes along what hangs on it
//	manage               people, levels, settings, sessions, keys and webhooks, as far as the user may
type Scopes []string

// The scopes that name no collection.
const (
	ScopeRead   = "read"
	ScopeWrite  = "write"
	ScopeManage = "manage"
)

// ErrScope says that a text is not a scope.
var ErrScope = errors.New("not a scope: want read, write, manage, COLLECTION:read or COLLECTION:write")

// AllScopes is every scope: of an office user's own session, and of the operator acting as one.
func AllScopes() Scopes { return Scopes{ScopeRead, ScopeWrite, ScopeManage} }

// ParseScopes checks scopes against a table and gives them sorted, each once.
func ParseScopes(texts []string, t *Table) (Scopes, error) {
	out := Scopes{}
	for _, text := range texts {
		name, verb, narrow := strings.Cut(text, ":")
		switch {
		case !narrow && slices.Contains(AllScopes(), text):
		case narrow && (verb == ScopeRead || verb == ScopeWrite):
			if _, ok := t.Named(name); !ok {
				return nil, fmt.Errorf("%w; there is no collection %q", ErrScope, name)
			}
		default:
			return nil, fmt.Errorf("%w; got %q", ErrScope, text)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// Reads says whether the scopes let a collection be read.
func (s Scopes) Reads(collection string) bool {
	return slices.Contains(s, ScopeRead) || slices.Contains(s, collection+":"+ScopeRead) || s.Writes(collection)
}

// Writes says whether the scopes let a collection be changed.
func (s Scopes) Writes(collection string) bool {
	return slices.Contains(s, ScopeWrite) || slices.Contains(s, collection+":"+ScopeWrite)
}

// Manages says whether the scopes let people, settings, sessions, keys and webhooks be managed.
func (s Scopes) Manages() bool { return slices.Contains(s, ScopeManage) }
