package badgerstore

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

// A store's directory:
//
//	FORMAT   which program and format; written last, when the store has been made
//	data/    Badger's
const formatFile = "FORMAT"

var formatText = fmt.Sprintf("fieldsync badgerstore %d\n", formatVersion)

func dataDir(dir string) string { return filepath.Join(dir, "data") }

// preflight decides whether Badger may open the directory. Badger itself would delete every table whose MANIFEST is
// gone, without an error (reliability-security §0.6). made says whether the store had been made before.
func preflight(c Config) (made bool, err error) {
	if err := os.MkdirAll(dataDir(c.Dir), 0o700); err != nil {
		return false, err
	}
	format, err := os.ReadFile(filepath.Join(c.Dir, formatFile))
	switch {
	case errors.Is(err, os.ErrNotExist):
	case err != nil:
		return false, err
	case string(format) != formatText:
		return false, fmt.Errorf("%s says %.40q, this program writes %q", formatFile, format, formatText)
	default:
		made = true
	}
	manifest, tables, err := badgerFiles(dataDir(c.Dir))
	switch {
	case err != nil:
		return false, err
	case !manifest && tables:
		return false, errors.New("data has tables but no MANIFEST: opening it would delete them; restore a backup")
	case !manifest && made:
		return false, errors.New("the store was made but data has no MANIFEST; restore a backup")
	}
	return made, enough(c, c.OpenWater, "open")
}

// badgerFiles says what stands in Badger's directory.
func badgerFiles(dir string) (manifest, tables bool, err error) {
	entries, err := os.ReadDir(dir)
	for _, e := range entries {
		manifest = manifest || e.Name() == "MANIFEST"
		tables = tables || slices.Contains([]string{".sst", ".mem", ".vlog"}, filepath.Ext(e.Name()))
	}
	return manifest, tables, err
}

// enough says whether the volume has so many bytes free; a negative number asks for none.
func enough(c Config, bytes int64, what string) error {
	if bytes < 0 {
		return nil
	}
	free, err := c.plant.free(c.Dir)
	if err != nil {
		return fmt.Errorf("free space: %w", err)
	}
	if free < uint64(bytes) {
		return fmt.Errorf("%d MiB free, need %d to %s", free>>20, bytes>>20, what)
	}
	return nil
}

// markMade writes FORMAT, so that from now on a directory without the store's rows is a lost store, not a new one.
func markMade(dir string) error {
	name := filepath.Join(dir, formatFile)
	f, err := os.Create(name + ".new")
	if err != nil {
		return err
	}
	_, err = f.WriteString(formatText)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(name+".new", name); err != nil {
		return err
	}
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
