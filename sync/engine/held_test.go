package engine_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"testing"

	"github.com/fieldsync/fieldsync/sync/model"
)

// TestI3_WhatWaitsForTheOffice: a device learns which of its user's changes wait no more; of another's it learns what it learns of
// one that never was, whether that waits or not; and a second content waits on the device that sent it.
func TestI3_WhatWaitsForTheOffice(t *testing.T) { found(t, waiting(t)) }

func waiting(t *testing.T) string {
	c := newCompany(t)
	ben, sue := c.phone(c.ben, model.Mobile), c.phone(c.sue, model.Subcontractor)
	lost := func(conn model.Connection) model.Change { return c.note(conn.User, model.RecordID(newChange(t))) }
	first, second, twice, hers := lost(ben), lost(ben), lost(ben), lost(sue)
	c.push(ben, first, second, twice)
	c.push(sue, hers)
	other := twice
	other.Record = model.RecordID(newChange(t))
	other.Body = "another content"
	other.Hash = sha256.Sum256([]byte(other.Body))
	c.contents[other.Body] = other
	c.want(c.push(ben, other)[0], model.OutcomeHeld, model.ReasonContent)
	check(t, c.e.Dismiss(ctx, c.id, first.ID, c.amy, c.now))
	check(t, c.e.Dismiss(ctx, c.id, twice.ID, c.amy, c.now))
	unknown := newChange(t)
	asked := []model.ChangeID{first.ID, second.ID, twice.ID, hers.ID, unknown}
	for conn, want := range map[*model.Connection][]model.ChangeID{
		&ben: {first.ID, hers.ID, unknown},
		&sue: {first.ID, second.ID, twice.ID, unknown},
	} {
		got, err := c.e.Decided(ctx, *conn, asked)
		check(t, err)
		if !slices.Equal(got, want) {
			return fmt.Sprintf("%v wait no more, want %v", got, want)
		}
	}
	return ""
}
