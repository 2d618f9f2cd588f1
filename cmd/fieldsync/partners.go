package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

func usersLink(f *flag.FlagSet) action {
	ask := askFlags(f)
	return asSomebody(f, 2, 2, "LOGIN COMPANY --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		link := api.Company{Ask: *ask}
		if c.args[1] != "none" {
			company, err := companyArg(c.args[1])
			if err != nil {
				return err
			}
			link.Company = &company
		}
		user, err := cl.userID(ctx, tenant, c.args[0])
		if err != nil {
			return err
		}
		var person api.LinkedPerson
		if err := cl.do(ctx, http.MethodPut, officePath(tenant, login, "users", user.String(), "company"), link, &person); err != nil {
			return err
		}
		return c.print(a.json, person, func(w io.Writer) {
			to := "no company"
			if link.Company != nil {
				to = link.Company.String()
			}
			is := "is"
			if ask.DryRun {
				is = "would be"
			}
			fmt.Fprintf(w, "%s %s linked to %s%s\n", person.Login, is, to, takesText(person.Effect.Takes, ask.DryRun))
		})
	})
}

func partnersShow(f *flag.FlagSet) action {
	return askPartner(f, http.MethodGet, func() any { return nil })
}

func partnersClose(f *flag.FlagSet) action {
	ask := askFlags(f)
	return askPartner(f, http.MethodPut, func() any { return api.PartnerAccess{Ask: *ask} }, "access")
}

func partnersOpen(f *flag.FlagSet) action {
	return askPartner(f, http.MethodPut, func() any { return api.PartnerAccess{Open: true} }, "access")
}

// askPartner asks about a company outside, and shows the answer.
func askPartner(f *flag.FlagSet, method string, body func() any, what ...string) action {
	return asSomebody(f, 1, 1, "COMPANY --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		company, err := companyArg(c.args[0])
		if err != nil {
			return err
		}
		var p api.Partner
		at := append([]string{"partners", company.String()}, what...)
		if err := cl.do(ctx, method, officePath(tenant, login, at...), body(), &p); err != nil {
			return err
		}
		logins, err := cl.logins(ctx, tenant)
		if err != nil {
			return err
		}
		return c.print(a.json, p, func(w io.Writer) { showPartner(w, p, logins) })
	})
}

func showPartner(w io.Writer, p api.Partner, logins map[model.UserID]string) {
	state := "open"
	if p.ClosedAt != nil {
		state = "closed since " + p.ClosedAt.Local().Format(time.DateTime)
	}
	fmt.Fprintf(w, "%s\t%s\n", p.ID, state)
	for _, u := range p.People {
		fmt.Fprintf(w, "\t%s\n", logins[u])
	}
	if e := p.Effect; e != nil && e.DryRun {
		fmt.Fprintf(w, "it would end %d sessions%s\n", e.SessionsEnded, takesText(e.Takes, true))
	}
	for _, e := range p.Ended {
		fmt.Fprintf(w, "ended\tdevice %s, %d changes unsent when it was last heard; they still come in\n", e.Device, e.Unsent)
	}
}

// companyArg is the company that an argument names.
func companyArg(text string) (model.RecordID, error) {
	var id model.RecordID
	if err := id.UnmarshalText([]byte(text)); err != nil {
		return id, usagef("%q: a company goes by the id of its record of customers, 32 hexadecimal digits; fieldsync export customers lists them", text)
	}
	return id, nil
}
