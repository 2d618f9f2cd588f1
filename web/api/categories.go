package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Category is a label that people of the company have (domain W46, A10).
type Category struct {
	Name   string `json:"name"`
	People int    `json:"people" doc:"How many of those the caller sees have it."`
}

// Categories are the labels of one person.
type Categories struct {
	Categories []string `json:"categories" maxItems:"50" doc:"Labels of 1 to 80 letters without commas; what is given twice counts once."`
}

// maxLabels is how many labels one person has at most.
const maxLabels = 50

// categoriesField is the field of people that holds their labels, with commas between.
const categoriesField = "categories"

// categories adds the endpoints of the labels of people.
func (s *service) categories(h huma.API) {
	tag := []string{"people"}
	manage(s, h, huma.Operation{
		OperationID: "list-categories", Method: http.MethodGet, Path: "/v1/categories", Tags: tag,
		Summary: "List the labels that people have, and how many have each", Description: "Of the people the caller sees: the scope people:read is enough.",
	}, s.listCategories)
	schema := h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Categories](), true, "Categories")
	s.serve(h, huma.Operation{
		OperationID: "set-user-categories", Method: http.MethodPut, Path: "/v1/users/{id}/categories", Tags: tag,
		Summary: "Set a person's labels", Description: "They are a field of the collection people, and changed like it: with the scope people:write.",
		Parameters:  []*huma.Param{inPath("id", "Of the person."), repeatable(), believed()},
		RequestBody: bodyOf(schema),
		Responses:   map[string]*huma.Response{"200": answer("The labels", schema, "Idempotency-Replayed")},
	}, s.setCategories)
}

func (s *service) listCategories(ctx context.Context, c model.Caller, _ *struct{}) (*itemsOutput[Category], error) {
	table, err := s.office.Table(ctx, c.Tenant)
	if err != nil {
		return nil, err
	}
	people, _ := table.Spec(model.People)
	if !c.Scopes.Reads(people.Name) {
		return nil, model.ErrScoped
	}
	field, _ := people.Named(categoriesField) // built in
	count := map[string]int{}
	q := model.Query{Collection: model.People, Limit: model.MaxListing}
	for {
		page, err := s.office.List(ctx, c, q)
		if err != nil {
			return nil, err
		}
		for _, r := range page.Records {
			v, _ := r.Find(field.No)
			for _, label := range model.Labels(v) {
				count[label]++
			}
		}
		if q.After = page.Next; page.Next.IsZero() {
			break
		}
	}
	var all []Category
	for name, people := range count {
		all = append(all, Category{Name: name, People: people})
	}
	slices.SortFunc(all, func(a, b Category) int { return cmp.Compare(a.Name, b.Name) })
	return items(all), nil
}

// setCategories edits the field of the person's record, like any other edit.
func (s *service) setCategories(c *call) error {
	id, err := c.id()
	if err != nil {
		return problem.New("no_user", "")
	}
	body, err := c.body(maxBody)
	if err != nil {
		return err
	}
	var asked Categories
	if err := strict(body, &asked); err != nil {
		return err
	}
	if n := len(asked.Categories); asked.Categories == nil || n > maxLabels {
		return problem.New("bad_request", "", problem.Fault{Location: "body.categories", Message: fmt.Sprintf("want a list of at most %d labels, which may be empty", maxLabels)})
	}
	for i, label := range asked.Categories {
		if strings.TrimSpace(label) == "" || utf8.RuneCountInString(label) > 80 || strings.Contains(label, ",") {
			return problem.New("bad_request", "", problem.Fault{Location: fmt.Sprintf("body.categories[%d]", i), Message: "want 1 to 80 letters without commas"})
		}
	}
	out := Categories{Categories: model.Labels(model.Text(strings.Join(asked.Categories, ",")))}
	patch := map[string]*string{categoriesField: nil}
	if len(out.Categories) > 0 {
		joined := strings.Join(out.Categories, ", ")
		patch[categoriesField] = &joined
	} else {
		out.Categories = []string{}
	}
	content, err := json.Marshal(patch)
	if err != nil {
		return err
	}
	people, _ := c.table.Spec(model.People)
	r, err := collection{s, model.People}.write(c, operation{verb: verbUpdate, spec: people, id: id, content: content, where: "body"})
	if err != nil {
		return err
	}
	if r.problem != nil && r.problem.Code == "not_found" {
		return problem.New("no_user", "")
	}
	if r.problem != nil {
		return r.problem
	}
	text, err := json.Marshal(out)
	if err != nil {
		return err
	}
	c.json(http.StatusOK, text)
	return nil
}
