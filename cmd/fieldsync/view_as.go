package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
)

func viewAsCommand(f *flag.FlagSet) action {
	return aboutSomebody(f, 2, 2, "LOGIN COLLECTION --as LOGIN", func(ctx context.Context, c *call, a *asking, cl *client, at, session string) error {
		all := []json.RawMessage{}
		for next := ""; ; {
			var page struct {
				Items []json.RawMessage `json:"items"`
				Next  string            `json:"next"`
			}
			asked := query("collection", c.args[1], "after", next, "limit", strconv.Itoa(model.MaxListing), "session", session)
			if err := cl.do(ctx, http.MethodGet, at+"/view"+asked, nil, &page); err != nil {
				return err
			}
			all = append(all, page.Items...)
			if next = page.Next; next == "" {
				return c.print(a.json, all, func(w io.Writer) { showView(w, all) })
			}
		}
	})
}

// showView is documents without their times, one a line.
func showView(w io.Writer, all []json.RawMessage) {
	heading(w, all, "ID", "WHAT")
	for _, raw := range all {
		var doc map[string]json.RawMessage
		if json.Unmarshal(raw, &doc) != nil {
			continue
		}
		id := strings.Trim(string(doc[document.KeyID]), `"`)
		delete(doc, document.KeyCreated)
		delete(doc, document.KeyUpdated)
		if text, err := json.Marshal(doc); err == nil {
			fmt.Fprintf(w, "%s\t%s\n", id, inBrief(text))
		}
	}
}
