//go:build !plant

package main

import "github.com/fieldsync/fieldsync/storage"

// plantBench is the hook by which a test plants a bug in a server that a benchmark measures; only a build for tests has it.
func plantBench() {}

// plantLoss is the hook by which a test has a gateway lose what it acknowledges.
func plantLoss(w *storage.WriteSet) *storage.WriteSet { return w }
