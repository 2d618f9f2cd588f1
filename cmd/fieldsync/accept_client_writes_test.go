package main

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/web/api"
	"github.com/fieldsync/fieldsync/web/portal"
)

// operationsOf is what a document says can be done besides looking: method and path.
func operationsOf(t *testing.T, document []byte) (out []string) {
	t.Helper()
	var d struct {
		Paths map[string]map[string]json.RawMessage
	}
	check(t, json.Unmarshal(document, &d))
	for path, methods := range d.Paths {
		for method := range methods {
			if m := strings.ToUpper(method); slices.Contains([]string{"POST", "PUT", "PATCH", "DELETE"}, m) {
				out = append(out, m+" "+path)
			}
		}
	}
	slices.Sort(out)
	return out
}

// TestT15_AClientIsLetInToWriteNowhere: the portal's own document has nothing that writes, and the office's API answers a
// client on no path.
func TestT15_AClientIsLetInToWriteNowhere(t *testing.T) {
	x := openTown(t)
	tenant, _, _ := portal.ParseToken("Bearer " + x.cora.key)
	client, inPath := &backEnd{t: t, base: x.amy.base, key: x.cora.key}, regexp.MustCompile(`\{[a-z_]+\}`)
	own := operationsOf(t, client.raw(http.MethodGet, portal.Base+"/openapi.json", nil, nil).body)
	if want := []string{"POST " + portal.Base + "/sign-in", "POST " + portal.Base + "/sign-out"}; !slices.Equal(own, want) {
		t.Errorf("a client may do %v", own)
	}
	cursor, _ := x.amy.do(200, "GET", "/v1/changes?since=now&wait=1ms", nil)["cursor"].(string)
	tried := 0
	for _, op := range operationsOf(t, client.raw(http.MethodGet, "/openapi.json", nil, nil).body) {
		method, path, _ := strings.Cut(op, " ")
		got := answers(client, method, inPath.ReplaceAllString(path, x.bakery), fields{}, api.TenantHeader, tenant.String())
		if door := strings.HasPrefix(path, "/v1/sign-in") || strings.Contains(path, "password") || strings.Contains(path, "ticket"); door && strings.HasPrefix(got, "4") {
			continue // a door asks who somebody is
		}
		if tried++; got != "401 not_signed_in" {
			t.Errorf("%s answers a client %s", op, got)
		}
	}
	if tried < 50 {
		t.Errorf("only %d operations were tried", tried)
	}
	if events := x.amy.do(200, "GET", "/v1/changes?since="+cursor, nil)["events"].([]any); len(events) != 0 {
		t.Errorf("a client changed %v", events)
	}
}
