package badgerstore

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/dgraph-io/badger/v4"
	"github.com/dgraph-io/badger/v4/options"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Config is what a store is opened with.
type Config struct {
	// Dir is the store's directory, on a local file system. Made when it is not there. Required.
	Dir string

	// Logger hears of Badger's doings and of a disk that fills up. An error in it means that data may be damaged.
	// Nil: nothing is logged.
	Logger *slog.Logger

	// NewIncarnation draws the name of a life of the store: fresh for ever, above every one before; milliseconds
	// since 1970 in the upper 48 bits and randomness below. Required for a new store and with Restored.
	NewIncarnation func() model.Incarnation

	// Restored says that the files are a backup, so that a new life begins. Default: they are what the last run left.
	Restored bool

	// LowWater is the free space of the volume, in bytes, below which the store takes no changes. Default 1 GiB;
	// negative: it goes on until the process dies.
	LowWater int64

	// OpenWater is the free space of the volume, in bytes, below which the store does not open: opening itself
	// writes. Default 512 MiB, so that a store that went below LowWater opens for reading; negative: no limit.
	OpenWater int64

	// CacheBytes bounds each of the two caches of tables, in bytes. Default 64 MiB.
	CacheBytes int64

	plant plant
}

// plant is the bugs and faults that tests plant, to prove that they would be noticed. Only export_test.go sets it.
type plant struct {
	syncOff  bool                             // commits are not synced to disk
	ackFirst bool                             // calls are answered before their commit is written
	commit   func() error                     // runs before each commit is written; its error is the commit's
	begin    func(last func() error)          // runs before each commit takes its snapshot; last waits for the commit before
	free     func(dir string) (uint64, error) // instead of the volume's free space

	underIgnored bool // a commit decides on its snapshot alone, while the last is being written
	childrenKept bool // remembered children stay as they are when they are written
	membersKept  bool // remembered members stay as they are when they are written
	outlinesKept bool // remembered outlines of records, too
	latelyShort  bool // what was written before the last generation of writes counts as written long ago
	learnsLate   bool // what a read at an old snapshot found is remembered as if it still stood
	boundLowered bool // an audience's last change is where the last row was written, be it of an earlier commit
	generation   int  // instead of maxGeneration
}

const (
	defaultLowWater  = 1 << 30
	defaultOpenWater = 512 << 20
	defaultCache     = 64 << 20

	// memTable is the size of a memtable, which is allocated at once and has a log twice as long. 15 % of it bounds
	// a transaction, and half of it would hold MaxCommitBytes with its log records; but what is flushed in smaller pieces
	// is merged more often, which took a sixth of all work when much was written.
	memTable = 64 << 20
	// valueLog is the size of the value log's file, which is mapped whole and stays empty.
	valueLog = 16 << 20
)

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		return c, errors.New("badgerstore: no directory")
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.LowWater == 0 {
		c.LowWater = defaultLowWater
	}
	if c.OpenWater == 0 {
		c.OpenWater = defaultOpenWater
	}
	if c.CacheBytes <= 0 {
		c.CacheBytes = defaultCache
	}
	if c.plant.free == nil {
		c.plant.free = FreeBytes
	}
	return c, nil
}

// options are Badger's, for a machine with few cores and some gigabytes. Reasons: reliability-security §5.2.
func (c Config) options() badger.Options {
	o := badger.DefaultOptions(dataDir(c.Dir))
	o.Logger = badgerLog{c.Logger}
	o.SyncWrites = !c.plant.syncOff                  // the default loses acknowledged commits
	o.ChecksumVerificationMode = options.OnTableRead // the only mode that fails cleanly
	o.VerifyValueChecksum = true
	o.NumVersionsToKeep = 1                // history is ours
	o.DetectConflicts = false              // one committer does all writes
	o.CompactL0OnClose = false             // close fast
	o.ExternalMagicVersion = formatVersion // a second guard against a wrong program
	o.MetricsEnabled = false               // they belong to the process
	o.MemTableSize = memTable
	o.NumMemtables = 3
	o.NumCompactors = 2 // 1 is refused
	o.NumGoroutines = 2
	o.ValueLogFileSize = valueLog
	o.Compression = options.Snappy
	o.BlockCacheSize = c.CacheBytes
	o.IndexCacheSize = c.CacheBytes // the default has no bound
	return o
}

// badgerLog says in slog what Badger says. Its chatter is of use only to somebody who looks for it.
type badgerLog struct{ to *slog.Logger }

func (l badgerLog) Errorf(format string, args ...any)   { l.log(slog.LevelError, format, args) }
func (l badgerLog) Warningf(format string, args ...any) { l.log(slog.LevelWarn, format, args) }
func (l badgerLog) Infof(format string, args ...any)    { l.log(slog.LevelDebug, format, args) }
func (l badgerLog) Debugf(format string, args ...any)   { l.log(slog.LevelDebug, format, args) }

func (l badgerLog) log(level slog.Level, format string, args []any) {
	if l.to.Enabled(context.Background(), level) {
		text := strings.TrimSpace(fmt.Sprintf(format, args...))
		l.to.LogAttrs(context.Background(), level, "badger", slog.String("text", text))
	}
}
