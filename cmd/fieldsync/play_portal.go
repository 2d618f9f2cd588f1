package main

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	script "github.com/fieldsync/fieldsync/story"
	"github.com/fieldsync/fieldsync/web/problem"
)

// What clients see in their portal, by its API.

// portal is the portal of the sentence's client, who signs in at the first look.
func (p *play) portal(s *script.Step) (*visitor, error) {
	who := p.members[s.Arg(script.Portal, 0).Person]
	if who.visitor != nil {
		return who.visitor, nil
	}
	v := &visitor{base: p.server}
	if err := v.signIn(p.ctx, signInFlags{as: who.login, tenant: p.tenant}, who.password); err != nil {
		return nil, fmt.Errorf("%s signs in to the portal: %w", who.Name, err)
	}
	who.visitor = v
	return v, nil
}

// portalList is everything that a portal has on a list.
func (p *play) portalList(v *visitor, list string) (out []doc, err error) {
	next := ""
	for {
		var page struct {
			Items []doc  `json:"items"`
			Next  string `json:"next"`
		}
		if err := v.do(p.ctx, http.MethodGet, list+"?"+url.Values{"after": {next}}.Encode(), nil, &page); err != nil {
			return nil, err
		}
		out = append(out, page.Items...)
		if next = page.Next; next == "" {
			return out, nil
		}
	}
}

// portalOne is one record in a portal, by the list it is on; nil: it is on none.
func (p *play) portalOne(s *script.Step, slot script.Slot) (v *visitor, list, id string, found doc, err error) {
	if v, err = p.portal(s); err != nil {
		return nil, "", "", nil, err
	}
	if list, id, err = p.where(s.Arg(slot, 0).Text); err != nil {
		return nil, "", "", nil, err
	}
	if list == "customers" {
		list = "companies"
	}
	all, err := p.portalList(v, "/"+list)
	for _, d := range all {
		if d["id"] == id {
			found = d
		}
	}
	return v, list, id, found, err
}

func (p *play) portalShows(s *script.Step) (string, bool, error) {
	_, list, _, d, err := p.portalOne(s, script.Job)
	if d == nil {
		return "it is not among the " + list, false, err
	}
	return fmt.Sprintf("job %s, %q, %s", textOfJSON(d["number"]), textOfJSON(d["client_title"]), textOfJSON(d["progress"])), true, err
}

// portalHides looks on the list, and asks for the record besides: the answer must be that for an id that nobody has.
func (p *play) portalHides(s *script.Step) (string, bool, error) {
	v, list, id, d, err := p.portalOne(s, script.Job)
	if err != nil || d != nil {
		return "it is among the " + list, false, err
	}
	var answers [2]string
	for i, one := range []string{id, strings.Repeat("0", len(id))} {
		err := v.do(p.ctx, http.MethodGet, "/"+list+"/"+one, nil, &doc{})
		no, refused := errors.AsType[*problem.Problem](err)
		if !refused {
			return "it is shown to whoever asks for it", false, err
		}
		answers[i] = fmt.Sprint(no.Status, no.Code, no.Title, no.Detail)
	}
	return "not on the list; asked for it: " + answers[0], answers[0] == answers[1], nil
}

func (p *play) portalCount(s *script.Step) (string, bool, error) {
	v, err := p.portal(s)
	if err != nil {
		return "", false, err
	}
	all, err := p.portalList(v, "/jobs")
	return counted(len(all), "job"), len(all) == s.Arg(script.Number, 0).Number, err
}

func (p *play) portalField(s *script.Step) (string, bool, error) {
	_, list, _, d, err := p.portalOne(s, script.Record)
	if d == nil {
		return "it is not among the " + list, false, err
	}
	field := s.Arg(script.Field, 0).Text
	return fmt.Sprintf("%s: %q", field, valueIn(d, field)), alikeIn(d, field, s.Arg(script.Text, 0).Text), err
}

// portalClean looks through everything that the portal offers.
func (p *play) portalClean(s *script.Step) (string, bool, error) {
	v, err := p.portal(s)
	if err != nil {
		return "", false, err
	}
	words, n := s.Arg(script.Text, 0).Text, 0
	for _, list := range []string{"/companies", "/sites", "/contacts", "/assets", "/jobs", "/history", "/notes", "/files"} {
		all, err := p.portalList(v, list)
		if err != nil {
			return "", false, err
		}
		for _, d := range all {
			for field := range d {
				if strings.Contains(valueIn(d, field), words) {
					return fmt.Sprintf("%s of one of its %s: %q", field, list[1:], valueIn(d, field)), false, nil
				}
			}
		}
		n += len(all)
	}
	return "in none of " + counted(n, "record"), n > 0, nil
}
