// Package engine is the sync engine: it accepts changes, answers feeds and moves slots.
//
// It decides; it has no clock, socket, file, goroutine or logger: now comes as an argument, randomness, the sealing
// of tokens and the store are handed in. Reading follows feed-verification §2, writing write-verification §2, both
// exactly; the names in the code are theirs.
//
// Invariant, for every device d of user u whose replica is at checkpoint c (DESIGN §2):
//
//	replica(d) = project(view(u, c), state(c)) + the device's own pending changes
package engine

import (
	"context"
	"io"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Config is what an engine is made of. Every field is required unless it says otherwise.
type Config struct {
	Store  storage.Store
	Random io.Reader // the operating system's generator; one stream per engine
	Seal   Sealer    // nil: AES-GCM with the tenant's ring of keys
	// Decode reads a change's body and its blobs; protocol.DecodeChange.
	Decode func(body string, blobs []string) model.Change
	// Plant names bugs that tests plant to prove that a guard can fail. It is nil outside tests: no flag, no
	// variable and no file reaches it.
	Plant func(bug string) bool
}

// Engine answers for all tenants of one store. It holds no state of its own and may be used by many goroutines.
type Engine struct {
	cfg Config
}

// New makes an engine. It touches nothing.
func New(cfg Config) *Engine { return &Engine{cfg: cfg} }

// planted says whether a test planted this bug.
func (e *Engine) planted(bug string) bool { return e.cfg.Plant != nil && e.cfg.Plant(bug) }

// NewAccount is a person to be added.
type NewAccount struct {
	Login    string
	Name     string
	Kind     model.UserKind
	Company  model.RecordID
	Levels   []byte // access.Sets, encoded
	Password string // PHC string, or empty
}

var _ = context.Background
