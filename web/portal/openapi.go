package portal

import (
	"net/http"
	"reflect"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humachi"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/rest"
)

const mediaJSON = "application/json"

// description is what the document says of the portal as a whole.
func description(version string) huma.Config {
	if version == "" {
		version = "0"
	}
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "fieldsync: the client portal", Version: version,
				Description: "How the work for a client's company goes, for the client's own eyes and for a portal page.\n\n" +
					"A client sees what belongs to their company and to companies that the office linked to it; everything else does not exist. " +
					"Errors are problems (RFC 9457) with a stable `code`, whose page this server has. HEAD is answered as GET.",
			},
			Components: &huma.Components{
				Schemas: huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer),
				SecuritySchemes: map[string]*huma.SecurityScheme{"bearer": {
					Type: "http", Scheme: "bearer", Description: "The token of a sign-in here (`fsp_…`). It opens nothing else.",
				}},
			},
			Security: []map[string][]string{{"bearer": {}}},
			Tags: []*huma.Tag{
				{Name: "session"},
				{Name: "records", Description: "What there is now."},
				{Name: "feed", Description: "What changes."},
			},
		},
		OpenAPIPath: Base + "/openapi", Formats: map[string]huma.Format{mediaJSON: rest.JSON, "json": rest.JSON},
		DefaultFormat: mediaJSON, RejectUnknownQueryParameters: true,
	}
}

func schemaOf[T any](h huma.API, name string) *huma.Schema {
	return h.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[T](), true, name)
}

func unwrap(ctx huma.Context) (*http.Request, http.ResponseWriter) { return humachi.Unwrap(ctx) }

func (s *service) spec(k kind) *model.Spec {
	spec, _ := s.table.Spec(k.no) // kinds are built in
	return spec
}

// describe adds a kind's schemas to the document: the fields that a portal may show.
func (s *service) describe(h huma.API, k kind) {
	schemas := h.OpenAPI().Components.Schemas.Map()
	schemas[k.one] = rest.Record(s.table, s.spec(k), func(f *model.Field) bool {
		return f.Class == model.ClassStructure || f.Class == model.ClassCoarse || f.Class == model.ClassClient
	})
	schemas[k.one].Description = k.what
	schemas[k.one+"List"] = rest.Object(map[string]*huma.Schema{
		"items": {Type: huma.TypeArray, Items: &huma.Schema{Ref: "#/components/schemas/" + k.one}},
		"next":  {Type: huma.TypeString, Description: "Where the next page begins; absent: that was all."},
	}, "items")
}

// shows is the responses of an operation that answers with a schema of the document.
func shows(schema string) map[string]*huma.Response {
	return map[string]*huma.Response{"200": {
		Description: "It", Content: map[string]*huma.MediaType{mediaJSON: {Schema: &huma.Schema{Ref: "#/components/schemas/" + schema}}},
	}}
}
