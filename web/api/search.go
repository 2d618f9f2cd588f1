package api

import (
	"maps"
	"net/http"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/document"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Limits of a search.
const (
	// maxSearched is how many records a search gives at most. Who wants more names more words.
	maxSearched = 100
	// defaultSearched is a screen.
	defaultSearched = 20
	// maxTyped is how long what is looked for may be, in bytes.
	maxTyped = 256
)

// Findings is what a search found.
type Findings struct {
	Items   []map[string]any `json:"items" doc:"Documents, each with its collection, the best first."`
	More    bool             `json:"more" doc:"There are more; more words find fewer."`
	Partial bool             `json:"partial" doc:"There is so much to look through that not all was; name collections."`
}

func searchOperation(h huma.API) huma.Operation {
	return huma.Operation{
		OperationID: "search", Method: http.MethodGet, Path: "/v1/search", Tags: []string{"records"},
		Summary: "Find records by words",
		Description: "Every word must be found, at the beginning of a word of any text that you see of the record; case and accents do not matter, and digits find telephone numbers however they are written. " +
			"Whole words come before beginnings, and a name before what stands further down. All of it is computed over what you see, and nothing else.",
		Parameters: []*huma.Param{
			{Name: "q", In: "query", Required: true, Description: "The words, at most 256 bytes; those behind the eighth are passed over.", Schema: text()},
			inQuery("collection", "Only in these, with commas between.", text()),
			inQuery("limit", "Records at most; absent: 20.", number(1, maxSearched)),
		},
		Responses: map[string]*huma.Response{"200": answer("What was found", h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Findings](), true, "Findings"))},
	}
}

func (s *service) search(c *call) error {
	q, err := c.typed()
	if err != nil {
		return err
	}
	found, err := s.office.Search(c, c.Caller, q)
	if err != nil {
		return err
	}
	b := []byte(`{"items":[`)
	for i := range found.Records {
		if i > 0 {
			b = append(b, ',')
		}
		b = document.AppendOf(b, c.table, &found.Records[i])
	}
	b = strconv.AppendBool(append(b, `],"more":`...), found.More)
	b = strconv.AppendBool(append(b, `,"partial":`...), found.Partial)
	c.json(http.StatusOK, append(b, '}'))
	return nil
}

// typed reads what is looked for. Everything that is wrong is told.
func (c *call) typed() (q model.Search, err error) {
	q.Limit = defaultSearched
	var faults []problem.Fault
	if q.Words = c.query["q"]; strings.TrimSpace(q.Words) == "" || len(q.Words) > maxTyped {
		faults = append(faults, problem.Fault{Location: "query.q", Message: "want words to look for, of at most 256 bytes"})
	}
	for _, name := range slices.Sorted(maps.Keys(c.query)) {
		message := ""
		switch name {
		case "collection":
			q.Of, message = c.collections(c.query[name])
		case "limit":
			if q.Limit, err = strconv.Atoi(c.query[name]); err != nil || q.Limit < 1 || q.Limit > maxSearched {
				message = "want a number from 1 to " + strconv.Itoa(maxSearched)
			}
		}
		if message != "" {
			faults = append(faults, problem.Fault{Location: "query." + name, Message: message})
		}
	}
	return q, asked(faults)
}
