//go:build plant

package main

import (
	"os"
	"slices"
	"sync/atomic"

	"github.com/fieldsync/fieldsync/bench/floor"
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// lossy says that the gateway of this process loses every hundredth commit of notes, which it acknowledges.
var lossy atomic.Bool

// lost counts the commits of notes.
var lost atomic.Int64

// plantBench plants the bug that a test named in the environment of the server that is measured.
func plantBench() {
	bug := os.Getenv("FIELDSYNC_TEST_PLANT")
	engine.Plant = func(b string) bool { return b == bug }
	floor.Plant = engine.Plant
	lossy.Store(bug == "gateway-loses-notes")
}

// plantLoss loses a commit now and then, when a test has planted that.
func plantLoss(w *storage.WriteSet) *storage.WriteSet {
	if w == nil || !lossy.Load() || !slices.ContainsFunc(w.Records, func(r *model.Record) bool { return r.Collection == model.Notes }) {
		return w
	}
	if lost.Add(1)%100 != 0 {
		return w
	}
	return nil
}
