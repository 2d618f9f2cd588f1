package office

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Document is a record as JSON; see package web/document.
type Document = json.RawMessage

// List gives the records of a collection sorted by what they hang on, if they do, and then by id. query may filter, as {"status": {"active"}}, and choose
// fields; it may be nil. An error ends it.
func (c *Client) List(ctx context.Context, collection string, query url.Values) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		ask := url.Values{"limit": {strconv.Itoa(model.MaxListing)}}
		for name, values := range query {
			ask[name] = values
		}
		for {
			var page struct {
				Items []Document
				Next  string
			}
			if err := c.Do(ctx, http.MethodGet, Path(collection)+"?"+ask.Encode(), nil, &page); err != nil {
				yield(nil, err)
				return
			}
			for _, d := range page.Items {
				if !yield(d, nil) {
					return
				}
			}
			if page.Next == "" {
				return
			}
			ask.Set("after", page.Next)
		}
	}
}

// maxLine bounds a line of a snapshot, in bytes: a record has at most 128 KiB, and JSON may write a byte as six.
const maxLine = 1 << 20

// Snapshot gives every record of some collections (none: of all) as of one moment, each with its collection's name, and the
// change feed's cursor of that moment. The document is only good until each returns, whose error ends it. A snapshot that
// breaks off is an error; what was given of it is not all.
func (c *Client) Snapshot(ctx context.Context, collections []string, each func(collection string, d Document) error) (cursor string, err error) {
	path := Path("snapshot")
	if len(collections) > 0 {
		path += "?" + url.Values{"collections": {strings.Join(collections, ",")}}.Encode()
	}
	var response *http.Response
	err = c.repeat(ctx, func() (err error) {
		response, err = c.send(ctx, http.MethodGet, path, nil, nil) //nolint:bodyclose // it is, below
		return err
	})
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	lines := bufio.NewScanner(response.Body)
	lines.Buffer(make([]byte, 0, 64<<10), maxLine)
	for lines.Scan() {
		var head struct{ Collection, Cursor string }
		if err := json.Unmarshal(lines.Bytes(), &head); err != nil {
			break // it is cut
		}
		if head.Collection == "" {
			return head.Cursor, nil
		}
		if err := each(head.Collection, lines.Bytes()); err != nil {
			return "", err
		}
	}
	if ctx.Err() != nil {
		return "", ctx.Err()
	}
	return "", fmt.Errorf("%w: the snapshot broke off", errors.Join(ErrUnreachable, lines.Err()))
}

// Limits of a bulk request.
const (
	MaxOperations = 200
	MaxBulk       = 3 << 19 // bytes
)

// Bulk asks for several things at once; the API's reference says more of it.
type Bulk struct {
	DryRun     bool        `json:"dry_run,omitempty"`
	Atomic     bool        `json:"atomic,omitempty"`
	Operations []Operation `json:"operations"`
}

// Operation is one of them.
type Operation struct {
	Op         string          `json:"op"` // create, update, upsert or delete
	Collection string          `json:"collection"`
	ID         string          `json:"id,omitempty"`
	ExternalID string          `json:"external_id,omitempty"`
	IfMatch    string          `json:"if_match,omitempty"`
	Unit       int             `json:"unit,omitempty"` // side by side with the same one above 0: they stand or fall together
	Fields     json.RawMessage `json:"fields,omitempty"`
}

// Result is what became of one operation.
type Result struct {
	Status     string   `json:"status"` // one of the constants
	ID         string   `json:"id"`
	ExternalID string   `json:"external_id"`
	ETag       string   `json:"etag"`
	Outcome    string   `json:"outcome"` // applied or merged
	Problem    *Refusal `json:"problem"`
}

// What became of an operation.
const (
	Created   = "created"
	Updated   = "updated"
	Unchanged = "unchanged"
	Deleted   = "deleted"
	Failed    = "failed"
	Dropped   = "dropped" // for another one's sake of its unit
)

// Bulk does several things in one commit, and says what became of each, in their order.
func (c *Client) Bulk(ctx context.Context, b Bulk) ([]Result, error) {
	var out struct{ Results []Result }
	if err := c.Do(ctx, http.MethodPost, Path("bulk"), b, &out); err != nil {
		return nil, err
	}
	if len(out.Results) != len(b.Operations) {
		return nil, fmt.Errorf("the server answered for %d operations, and %d were asked for", len(out.Results), len(b.Operations))
	}
	return out.Results, nil
}

// Table is the collections there are, with the company's own fields as far as the caller may know of them.
func (c *Client) Table(ctx context.Context) (*model.Table, error) {
	var custom []model.Custom
	for d, err := range c.List(ctx, "field_definitions", nil) {
		if err != nil {
			return nil, fmt.Errorf("read the company's own fields: %w", err)
		}
		var f struct {
			Extends model.Collection
			Number  model.FieldNo
			Name    string
			Type    model.Type
			Class   string
			Options string
			Limit   int64
		}
		if err := json.Unmarshal(d, &f); err != nil {
			return nil, fmt.Errorf("read the company's own fields: %w", err)
		}
		class, ok := model.ParseClass(f.Class)
		if !ok {
			continue // of a later version
		}
		x := model.Custom{Collection: f.Extends, Field: model.Field{
			No: f.Number, Name: f.Name, Type: f.Type, Max: f.Limit, Class: class, Policy: model.PolicyOffice, Writers: model.WriterOffice,
		}}
		if f.Options != "" {
			x.Field.Options = strings.Split(f.Options, "\n")
		}
		custom = append(custom, x)
	}
	return model.NewTable(model.Builtin(), custom)
}
