package badgerstore

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
)

// Usage is what a store takes of its volume, in bytes.
type Usage struct {
	Tables   int64 // sorted tables
	Log      int64 // what is not yet in tables; its files are made large and filled
	ValueLog int64 // files of values, of which the store uses next to nothing
	Other    int64 // manifest, key registry and the like
	Free     int64 // of the volume, for this process
}

// Usage looks at the store's files. Files that come and go meanwhile are no error.
func (s *Store) Usage() (Usage, error) {
	var u Usage
	free, err := s.cfg.plant.free(s.cfg.Dir)
	if err != nil {
		return u, fmt.Errorf("free space: %w", err)
	}
	u.Free = int64(min(free, math.MaxInt64))
	entries, err := os.ReadDir(dataDir(s.cfg.Dir))
	if err != nil {
		return u, err
	}
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case errors.Is(err, fs.ErrNotExist):
			continue // a table that was compacted away
		case err != nil:
			return u, err
		}
		switch size := onDisk(info); filepath.Ext(e.Name()) {
		case ".sst":
			u.Tables += size
		case ".mem":
			u.Log += size
		case ".vlog":
			u.ValueLog += size
		default:
			u.Other += size
		}
	}
	return u, nil
}
