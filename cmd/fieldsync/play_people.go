package main

import (
	"fmt"
	"net/http"

	"github.com/fieldsync/fieldsync/office"
	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/web"
	"github.com/fieldsync/fieldsync/web/api"
)

// People who leave, by the office's API.

// from links somebody to the company that they are from.
func (p *play) from(s *script.Step) (string, error) {
	company := p.idOf(s, script.Customer)
	of := p.members[s.Arg(script.Person, 0).Person]
	return "", p.chief.Do(p.ctx, http.MethodPut, office.Path("users", of.id.String(), "company"), api.Company{Company: &company}, nil)
}

func (p *play) removes(s *script.Step) (string, error) {
	var left api.Left
	of := p.members[s.Arg(script.Person, 1).Person]
	err := p.by(s).Do(p.ctx, http.MethodPost, office.Path("users", of.id.String(), "deactivate"), web.Leaving{Reason: s.Arg(script.Text, 0).Text}, &left)
	return fmt.Sprintf("%s given up, %s ended", counted(left.Jobs, "job"), counted(len(left.Ended), "session")), err
}

func (p *play) replaces(s *script.Step) (string, error) {
	var done api.Replaced
	of, by := p.members[s.Arg(script.Person, 1).Person], p.members[s.Arg(script.Person, 2).Person]
	err := p.by(s).Do(p.ctx, http.MethodPost, office.Path("users", of.id.String(), "replace"), web.Replacement{Successor: by.id, Ask: web.Ask{Confirm: true}}, &done)
	return fmt.Sprintf("%s passed on, %s ended", counted(done.Jobs, "job"), counted(len(done.Ended), "session")), err
}
