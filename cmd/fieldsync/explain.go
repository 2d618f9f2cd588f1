package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/api"
)

// aboutSomebody is a command that asks, as somebody of the office, about the person whom its first argument names; at is
// that person's path in the API, and session the kind of session that is asked about.
func aboutSomebody(f *flag.FlagSet, least, most int, usage string, do func(ctx context.Context, c *call, a *asking, cl *client, at, session string) error) action {
	session := f.String("session", "", "the `kind` of session: desktop, mobile, portal or subcontractor; empty: the person's own kind")
	return asSomebody(f, least, most, usage, func(ctx context.Context, c *call, a *asking, cl *client, tenant, login string) error {
		user, err := cl.userID(ctx, tenant, c.args[0])
		if err != nil {
			return err
		}
		return do(ctx, c, a, cl, officePath(tenant, login, "users", user.String()), *session)
	})
}

// query joins the parameters that are given.
func query(pairs ...string) string {
	q := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			q.Set(pairs[i], pairs[i+1])
		}
	}
	return "?" + q.Encode()
}

func explainCommand(f *flag.FlagSet) action {
	does := f.String("action", "see", "see, create, edit or delete")
	collection := f.String("collection", "", "the `collection`, of create, and of see without a record")
	return aboutSomebody(f, 1, 2, "LOGIN [RECORD] --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, at, session string) error {
		record := ""
		if len(c.args) == 2 {
			record = c.args[1]
		}
		if record == "" && *collection == "" {
			return usagef("of what? Name a record, or a collection with --collection; see fieldsync explain --help")
		}
		var e api.Explanation
		asked := query("record", record, "action", *does, "collection", *collection, "session", session)
		if err := cl.do(ctx, http.MethodGet, at+"/explain"+asked, nil, &e); err != nil {
			return err
		}
		return c.print(a.json, e, func(w io.Writer) { showExplanation(w, c.args[0], &e) })
	})
}

// showExplanation is an explanation in words, a field a line.
func showExplanation(w io.Writer, login string, e *api.Explanation) {
	what := "it"
	switch {
	case e.Action == model.ActionCreate.String():
		what = e.Collection
		if !e.Record.IsZero() {
			what += " below " + e.Record.String()
		}
	case !e.Record.IsZero():
		what = strings.TrimSpace(e.Collection + " " + e.Record.String())
	case e.Collection != "":
		what = e.Collection
	}
	may := "may not"
	if e.Allow {
		may = "may"
	}
	fmt.Fprintf(w, "%s %s %s %s, as %s: %s\n", login, may, e.Action, what, e.Session, because(e.Reason))
	if !e.Allow || len(e.Fields) == 0 {
		return
	}
	heading(w, e.Fields, "FIELD", "CLASS", strings.ToUpper(e.Action), "WHY")
	for _, field := range e.Fields {
		verdict := "no"
		if field.Allow {
			verdict = "yes"
		}
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", field.Field, field.Class, verdict, because(field.Reason))
	}
}

// because is a reason in words, with the rule's name.
func because(r api.Reason) string { return fmt.Sprintf("%s (%s)", r.Text, r.Rule) }
