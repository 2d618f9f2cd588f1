package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/web/api"
)

// nobody is whom the operator acts as where nobody's rights are needed.
const nobody = "-"

// officePath is a path of the office's API, as a person of a company.
func officePath(tenant, login string, parts ...string) string {
	return path("tenants", tenant, "as", login) + "/v1" + path(parts...)
}

// words is a flag that may be given several times, or once with commas between.
type words []string

// String joins what Set splits.
func (w *words) String() string { return strings.Join(*w, ",") }

// Set adds to the words.
func (w *words) Set(text string) error {
	for word := range strings.SplitSeq(text, ",") {
		if word = strings.TrimSpace(word); word != "" {
			*w = append(*w, word)
		}
	}
	return nil
}

func keysAdd(f *flag.FlagSet) action {
	var a asking
	var scopes words
	a.define(f)
	login := f.String("as", "", "`login` of the office user whose rights the key uses")
	f.Var(&scopes, "scope", "`scopes`: what of these rights it may use: read, write, manage, COLLECTION:read or COLLECTION:write; with commas, or the flag again")
	expires := f.String("expires", "", "`day` it expires at the beginning of, as 2027-01-31 in UTC, or a full instant; empty: never")
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "NAME"); err != nil {
			return err
		}
		if *login == "" {
			return usagef("whose rights does the key use? Name an office user with --as LOGIN; fieldsync users list lists them")
		}
		if len(scopes) == 0 {
			return usagef("what may the key do? Name it with --scope, as --scope read or --scope customers:write,jobs:read")
		}
		body := api.NewKey{Name: c.args[0], Scopes: scopes}
		var err error
		if body.Expires, err = dayOrInstant(*expires); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var made api.MadeKey
			if err := cl.do(ctx, http.MethodPost, officePath(tenant, *login, "keys"), body, &made); err != nil {
				return err
			}
			if a.json {
				return c.print(true, made, nil)
			}
			fmt.Fprintf(c.err, "key %s of %s, %s; its text is shown once:\n", made.ID, *login, strings.Join(made.Scopes, " "))
			fmt.Fprintln(c.out, made.Text)
			return nil
		})
	}
}

// dayOrInstant reads a point in time; nothing is none.
func dayOrInstant(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339} {
		if at, err := time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return time.Time{}, usagef("%q is no point in time; want 2027-01-31 or 2027-01-31T06:00:00Z", text)
}

func keysList(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			var all api.Items[api.Key]
			if err := cl.do(ctx, http.MethodGet, officePath(tenant, nobody, "keys"), nil, &all); err != nil {
				return err
			}
			logins, err := cl.logins(ctx, tenant)
			if err != nil {
				return err
			}
			return c.print(a.json, all.Items, func(w io.Writer) {
				heading(w, all.Items, "ID", "NAME", "OF", "SCOPES", "USED", "EXPIRES")
				for _, k := range all.Items {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, logins[k.User], strings.Join(k.Scopes, " "), day(k.Used, "never"), day(k.Expires, "never"))
				}
			})
		})
	}
}

func keysRevoke(f *flag.FlagSet) action {
	var a asking
	a.define(f)
	return func(ctx context.Context, c *call) error {
		if err := c.want(1, 1, "ID"); err != nil {
			return err
		}
		return c.with(ctx, &a, func(cl *client, tenant string) error {
			if err := cl.do(ctx, http.MethodDelete, officePath(tenant, nobody, "keys", c.args[0]), nil, nil); err != nil {
				return err
			}
			return c.print(a.json, struct {
				Revoked string `json:"revoked"`
			}{c.args[0]}, func(w io.Writer) { fmt.Fprintln(w, "revoked; it opens nothing any more") })
		})
	}
}

// heading writes the first line of a table, if the table has any other.
func heading[T any](w io.Writer, rows []T, names ...string) {
	if len(rows) > 0 {
		fmt.Fprintln(w, strings.Join(names, "\t"))
	}
}

// day is when something was or will be, in local time.
func day(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	return t.Local().Format(time.DateTime)
}
