package main

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/fieldsync/fieldsync/office/intake"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/web"
)

// companyFiles is the company of the demonstration: what an office would import, and what its people did since.
//
//go:embed company/*.csv
var companyFiles embed.FS

// demoTenant is the name of the demonstration's company.
const demoTenant = "demo"

// fill imports the files that an office would have, as the first person of the office in them.
func (d *demoServer) fill(ctx context.Context, now time.Time) error {
	files, err := companyTables(now)
	if err != nil {
		return err
	}
	o := intake.Options{Source: "import", Zone: now.Location(), Now: now, Password: d.mark.Password}
	first, ok, err := intake.Founder(files, o)
	if err != nil || !ok {
		return fmt.Errorf("the demonstration's files have nobody of the office: %w", err)
	}
	add := web.NewUser{Login: first.Login, Name: first.Name, Kind: first.Kind, Role: first.Role, Password: first.Password}
	if err := d.operator.do(ctx, http.MethodPost, path("tenants", demoTenant, "users"), add, &web.User{}); err != nil {
		return err
	}
	office, err := d.operator.acting(demoTenant, first.Login)
	if err != nil {
		return err
	}
	plan, err := intake.Prepare(ctx, office, files, o)
	if err != nil {
		return fmt.Errorf("the demonstration's own files cannot be imported: %w", err)
	}
	report, err := plan.Run(ctx, intake.Run{})
	if err != nil {
		return apiError(err)
	}
	var bad []error
	for _, fault := range report.Bad {
		bad = append(bad, errors.New(fault.String()))
	}
	if bad != nil {
		return fmt.Errorf("the demonstration's own files cannot be imported: %w", errors.Join(bad...))
	}
	return nil
}

// companyTables reads the files in this binary, with the days as they are now.
func companyTables(now time.Time) (files []intake.File, err error) {
	for _, kind := range shape.Names() {
		raw, err := companyFile(kind, now)
		if err != nil {
			return nil, err
		}
		table, err := sheet.Open("company/"+kind+".csv", bytes.NewReader(raw), int64(len(raw)), sheet.Options{})
		if err != nil {
			return nil, err
		}
		files = append(files, intake.File{Table: table, Kind: kind})
	}
	return files, nil
}
