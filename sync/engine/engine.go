// Package engine is the sync engine: it accepts changes, answers feeds and moves slots.
//
// It decides; it has no clock, socket, file, goroutine or logger: now comes as an argument, randomness, the sealing
// of tokens and the store are handed in. Reading follows feed-verification §2, writing write-verification §2, both
// exactly; the names in the code are theirs.
//
// Every write is one [storage.Decide]: slot.go, signin.go and hello.go move slots, push.go takes frames of changes
// (judge.go, create.go, edit.go, group.go), release.go decides held work. Every read of a device is pull.go
// (cursor.go, candidates.go, fill.go) and goes through access.Project, the one projection. search.go looks words up in
// what is so projected (pile.go). Hours are found by worker and instant (hours.go), shown and approved (sheets.go), and exported
// (payroll.go).
//
// Invariant, for every device d of user u whose replica is at checkpoint c (DESIGN §2):
//
//	replica(d) = project(view(u, c), state(c)) + the device's own pending changes
package engine

import (
	"io"
	"time"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Limits of the rules, each with its reason.
const (
	// AgeLimit is how old a change's base may be at its commit. It equals the life of an outcome's stub, which is
	// exactly what keeps a change from taking effect twice (write-verification, L and S).
	AgeLimit = 400 * 24 * 3600 * 1000
	// MaxGroup is how many changes may be inseparable: a group must fit into what may be in flight (CE-19).
	MaxGroup = 100
	// MaxAggregate is how many records may follow one parent, so that a reassignment fits into one commit (DESIGN §12.2).
	MaxAggregate = 2000
	// DefaultBudget is a page's rows in bytes when the caller names none: a page must fit a frame of 256 KiB.
	DefaultBudget = 128 << 10
	// MaxBudget is what a page's rows may grow to when passes do not come to an end: more does not fit a frame.
	MaxBudget = 160 << 10
)

// Config is what an engine is made of. Every field is required unless it says otherwise.
type Config struct {
	Store  storage.Store
	Random io.Reader // the operating system's generator; one stream per engine
	Seal   Sealer    // nil: AES-GCM with the tenant's ring of keys
	// Decode reads a change's body and its blobs; protocol.DecodeChange.
	Decode func(body string, blobs []string) model.Change
	// Zone finds the zone that a company counts its days in, by its IANA name; nil: days are UTC's.
	Zone func(name string) *time.Location
}

// Engine answers for all tenants of one store. It holds no state of its own but memos, and may be used by many goroutines, as
// far as Config.Random may.
type Engine struct {
	cfg       Config
	sealer    Sealer
	builtin   *model.Table
	companies memo[model.TenantID, *company]
	people    memo[personID, *person]
	piles     piles
}

// New makes an engine. It touches nothing. It panics when the built-in table contradicts itself, which a test of
// sync/model rules out.
func New(cfg Config) *Engine {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		panic(err)
	}
	sealer := cfg.Seal
	if sealer == nil {
		sealer = NewSealer(cfg.Random)
	}
	return &Engine{cfg: cfg, sealer: sealer, builtin: table}
}

// NewAccount is a person to be added.
type NewAccount struct {
	Login    string
	Name     string
	Kind     model.UserKind
	Company  model.RecordID
	Levels   []byte       // access.Sets, encoded; nil: what the kind starts with
	Password string       // PHC string, or empty
	By       model.UserID // who adds them; zero: the operator
}
