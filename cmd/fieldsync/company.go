package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/web"
)

// companyFiles is the small company of the demonstration.
//
//go:embed company/*.csv
var companyFiles embed.FS

// demoTenant is the name of the demonstration's company.
const demoTenant = "demo"

// company is a demonstration's company as it is found or made.
type company struct {
	password string // of everybody in it
	found    bool   // it was there already
	users    []web.User
	rows     []tally // what an import of the files says
}

// openCompany finds the company in the store or makes it of the files in this binary. It never mixes with another
// company's data: a store that has others and not this one is refused.
func openCompany(ctx context.Context, cl *client, data string) (*company, error) {
	var tenants []web.Tenant
	if err := cl.do(ctx, http.MethodGet, "/tenants", nil, &tenants); err != nil {
		return nil, err
	}
	m := &company{}
	for _, t := range tenants {
		m.found = m.found || t.Name == demoTenant
	}
	if len(tenants) > 0 && !m.found {
		return nil, usagef("%s holds the data of another company, which a demonstration leaves alone; name another directory with --data", data)
	}
	if !m.found {
		if err := cl.do(ctx, http.MethodPost, "/tenants", web.Tenant{Name: demoTenant}, &web.Tenant{}); err != nil {
			return nil, err
		}
	}
	fresh, err := m.secret(data)
	if err != nil {
		return nil, err
	}
	if err := m.fill(ctx, cl, data); err != nil {
		return nil, err
	}
	if err := cl.do(ctx, http.MethodGet, path("tenants", demoTenant, "users"), nil, &m.users); err != nil || !fresh || !m.found {
		return m, err
	}
	for _, u := range m.users { // the file with the password was lost
		set := web.Password{Password: m.password}
		if err := cl.do(ctx, http.MethodPut, path("tenants", demoTenant, "users", u.Login, "password"), set, &struct{}{}); err != nil {
			return nil, err
		}
	}
	return m, nil
}

// secret reads the password of the demonstration's people, or makes one. It lies in a file because a second run must
// know it; real passwords lie nowhere.
func (m *company) secret(data string) (fresh bool, err error) {
	file := filepath.Join(data, "demo-password")
	raw, err := os.ReadFile(file)
	if err == nil && len(bytes.TrimSpace(raw)) > 0 {
		m.password = strings.TrimSpace(string(raw))
		return false, nil
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return false, fmt.Errorf("read the demonstration's password: %w", err)
	}
	var made secret
	if _, err := made.read(nil); err != nil {
		return false, err
	}
	m.password = made.password
	return true, os.WriteFile(file, []byte(m.password+"\n"), 0o600)
}

// fill imports the files. What is there already stays as it is, so that it is done at every start.
func (m *company) fill(ctx context.Context, cl *client, data string) error {
	key, err := importKey(data)
	if err != nil {
		return err
	}
	sheets, err := companySheets()
	if err != nil {
		return err
	}
	im := &importer{client: cl, tenant: demoTenant, key: key, password: m.password, now: time.Now()}
	if err := im.run(ctx, sheets); err != nil {
		return err
	}
	if len(im.faults) > 0 {
		return fmt.Errorf("the demonstration's own files cannot be imported: %w", errors.Join(im.faults...))
	}
	for _, k := range kinds {
		m.rows = append(m.rows, *im.tally(k.name))
	}
	return nil
}

// companySheets reads the files in this binary.
func companySheets() (sheets []*sheet, err error) {
	for _, k := range kinds {
		raw, err := companyFiles.ReadFile("company/" + k.name + ".csv")
		if err != nil {
			return nil, err
		}
		s, faults, err := readSheet(k.name, "company/"+k.name+".csv", bytes.NewReader(raw))
		if err := errors.Join(append(faults, err)...); err != nil {
			return nil, err
		}
		sheets = append(sheets, s)
	}
	return sheets, nil
}

// summary is one line about the company.
func (m *company) summary() string {
	var parts []string
	for _, t := range m.rows {
		parts = append(parts, fmt.Sprintf("%d %s", t.Imported+t.Known, t.Kind))
	}
	if m.found {
		return "found again: " + strings.Join(parts, ", ") + " of the files, and whatever was done since"
	}
	return "imported: " + strings.Join(parts, ", ")
}
