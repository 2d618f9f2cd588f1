package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// demoMark says that a demonstration made a data directory, and keeps what a later start must know. It is written
// before anything else is made there. Passwords of real people and texts of real keys lie nowhere.
type demoMark struct {
	Ready    bool           `json:"ready"` // false: it is being made, and nobody has used it; it may be started over
	Company  model.TenantID `json:"company"`
	Made     time.Time      `json:"made"` // the day that the company's days are counted from
	Password string         `json:"password"`
	Key      string         `json:"key"` // of the API
}

// Files of a demonstration's directory: its mark, in its place an older version's, and what a store consists of.
const (
	markFile    = "demo.json"
	oldMarkFile = "demo-password"
	leftovers   = "demo-old" // a store that is being removed
)

var storeFiles = []string{"FORMAT", "FORMAT.new", "import.key", oldMarkFile, "admin.sock"}

// readMark reads the mark of a directory; nil: there is none.
func readMark(dir string) (*demoMark, error) {
	raw, err := os.ReadFile(filepath.Join(dir, markFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	m := new(demoMark)
	if err == nil {
		err = json.Unmarshal(raw, m)
	}
	if err != nil {
		return nil, fmt.Errorf("read what marks %s as a demonstration's: %w", dir, err)
	}
	return m, nil
}

// write keeps the mark, the whole or what was there before.
func (m *demoMark) write(dir string) error {
	raw, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	name := filepath.Join(dir, markFile)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("make the data directory: %w", err)
	}
	if err := os.WriteFile(name+".new", append(raw, '\n'), 0o600); err != nil {
		return fmt.Errorf("mark %s as a demonstration's: %w", dir, err)
	}
	return os.Rename(name+".new", name)
}

// notRunning is an error when another process serves the directory.
func notRunning(ctx context.Context, dir string) error {
	conn, err := new(net.Dialer).DialContext(ctx, "unix", socketPath(dir))
	if err != nil {
		return nil //nolint:nilerr // nobody answers: that is what is wanted
	}
	conn.Close()
	return fmt.Errorf("a fieldsync is running on %s; end it first, or name another directory with --data", dir)
}

// makeRoom empties the directory where it was asked to, or where a demonstration was cut off while it made its company.
// It removes only what a demonstration made.
func (c *call) makeRoom(ctx context.Context, reset bool, log *slog.Logger) error {
	dir := c.set.data
	mark, err := readMark(dir)
	if err != nil {
		return err
	}
	if !reset && (mark == nil || mark.Ready) {
		return nil
	}
	if mark == nil {
		mark = new(demoMark)
		if _, err := os.Stat(filepath.Join(dir, oldMarkFile)); err != nil && holdsStore(dir) {
			return usagef("%s was not made by a demonstration, and is left alone; name another directory with --data", dir)
		}
	}
	if holdsStore(dir) {
		if err := c.onlyOurs(ctx, mark, log); err != nil {
			return err
		}
	}
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return empty(dir)
}

// holdsStore says whether there is a store that can be opened. Without a manifest it is what an emptying left.
func holdsStore(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, "data", "MANIFEST"))
	return err == nil
}

// onlyOurs is an error unless the store holds the demonstration's company at most, and no other process has it open.
func (c *call) onlyOurs(ctx context.Context, mark *demoMark, log *slog.Logger) (err error) {
	store, err := openStore(&c.set, log)
	if err != nil {
		return fmt.Errorf("nothing was removed: %w", err)
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	h, err := newHouse(store, &c.set, log, time.Now)
	if err != nil {
		return err
	}
	tenants, err := h.operator.Tenants(ctx)
	if err != nil {
		return err
	}
	for _, t := range tenants {
		if t.Name != demoTenant || !mark.Company.IsZero() && mark.Company != t.ID {
			return usagef("%s holds another company, %s, and is left alone; name another directory with --data", c.set.data, t.Name)
		}
	}
	return nil
}

// empty removes a store. It can be cut off anywhere and begun again: the mark says from the first moment that what
// there is may go, and the store's own directory disappears at once.
func empty(dir string) error {
	if err := (&demoMark{}).write(dir); err != nil {
		return err
	}
	gone := filepath.Join(dir, leftovers)
	if err := os.RemoveAll(gone); err != nil {
		return err
	}
	if err := os.Rename(filepath.Join(dir, "data"), gone); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	for _, name := range storeFiles {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return os.RemoveAll(gone)
}

// findCompany looks for the demonstration's company in a store; nil: there is none yet, and room for it. It never
// mixes with another company's data.
func findCompany(ctx context.Context, cl *client, dir string) (*demoMark, error) {
	mark, err := readMark(dir)
	if err != nil {
		return nil, err
	}
	var tenants []web.Tenant
	if err := cl.do(ctx, http.MethodGet, "/tenants", nil, &tenants); err != nil {
		return nil, err
	}
	for _, t := range tenants {
		switch {
		case mark != nil && mark.Ready && mark.Company == t.ID:
			return mark, nil
		case t.Name == demoTenant:
			return nil, usagef("%s holds a company named %s that this version of the demonstration did not make; "+
				"if an older one did, fieldsync demo --reset starts over; otherwise name another directory with --data", dir, demoTenant)
		}
	}
	if len(tenants) > 0 {
		return nil, usagef("%s holds the data of another company, which a demonstration leaves alone; name another directory with --data", dir)
	}
	return nil, nil
}
