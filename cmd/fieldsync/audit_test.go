package main

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/fieldsync/fieldsync/web/api"
)

// TestAudit_OfTheCommand: people read the audit as a table, as JSON and as CSV; it survives whom it is about, and holds no secret.
func TestAudit_OfTheCommand(t *testing.T) {
	t.Parallel()
	data := "--data=" + filepath.Join(shortDir(t), "d")
	must(t, "", "tenants", "add", "acme", data)
	must(t, "", "users", "add", "--kind=desktop", "--role=admin", "amy@acme.test", data, "--name", "=Amy")
	must(t, "open sesame\n", "users", "add", "ben@acme.test", data, "--name", "Ben", "--password-stdin")
	must(t, "open barley\n", "users", "password", "ben@acme.test", data, "--password-stdin")
	table := must(t, "", "audit", data)
	for _, says := range []string{"TIME", "add user", "password", "operator", "Ben", "socket"} {
		if !strings.Contains(table, says) {
			t.Errorf("audit lacks %q:\n%s", says, table)
		}
	}
	var lines []api.AuditLine
	check(t, json.Unmarshal([]byte(must(t, "", "audit", "--json", "--kind", "add user", "--user", "ben@acme.test", data)), &lines))
	if len(lines) != 1 || lines[0].Subject.Name != "Ben" || lines[0].Actor.Kind != "operator" {
		t.Errorf("audit --json = %+v", lines)
	}
	check(t, json.Unmarshal([]byte(must(t, "", "audit", "--json", "--oldest", "--limit", "1", data)), &lines))
	if len(lines) != 1 || lines[0].Kind != "add user" || lines[0].Subject.Name != "=Amy" {
		t.Errorf("audit --oldest --limit 1 = %+v", lines)
	}
	text := must(t, "", "audit", "--csv", "--oldest", data)
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	if err != nil || len(rows) < 5 || rows[0][1] != "kind" || rows[1][9] != "'=Amy" {
		t.Errorf("audit --csv = %v, %v", rows, err)
	}
	if strings.Contains(text+table, "open ") {
		t.Error("the audit holds a password")
	}
	for _, c := range []struct{ args, says string }{
		{"--kind nothing", "takeover"}, {"--csv --json", "--csv"}, {"--limit -1", "--limit"}, {"--user nobody", "nobody"},
	} {
		if _, err := cli(t, "", append([]string{"audit", data}, strings.Fields(c.args)...)...); exitCode(err) != exitUsage || !strings.Contains(err.Error(), c.says) {
			t.Errorf("audit %s = %v", c.args, err)
		}
	}
}

// TestAudit_OverTheAPI: full administration reads it, page by page and whole; a scope that manages nothing does not.
func TestAudit_OverTheAPI(t *testing.T) {
	t.Parallel()
	d := serveDemo(t, shortDir(t))
	ask := func(at string) (status int, body string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, d.address+"/v1/audit"+at, http.NoBody)
		check(t, err)
		r.Header.Set("Authorization", "Bearer "+d.mark.Key)
		answer, err := http.DefaultClient.Do(r)
		check(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		check(t, err)
		return answer.StatusCode, string(text)
	}
	var all api.Audit
	for next := ""; ; {
		var page api.Audit
		status, body := ask(query("limit", "3", "order", "oldest", "cursor", next))
		if err := json.Unmarshal([]byte(body), &page); status != http.StatusOK || err != nil {
			t.Fatalf("GET /v1/audit = %d %s", status, body)
		}
		if all.Items = append(all.Items, page.Items...); page.Next == "" {
			break
		}
		next = page.Next
	}
	status, body := ask("?format=csv&order=oldest")
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	if status != http.StatusOK || err != nil || len(rows) != 1+len(all.Items)+1 { // the heads, and that it was read again
		t.Errorf("CSV = %d, %d rows, %v, want one more than %d", status, len(rows), err, len(all.Items)+1)
	}
	if !slices.ContainsFunc(all.Items, func(l api.AuditLine) bool { return l.Kind == "audit read" && l.Actor.Key != "" && l.Actor.Name != "" }) {
		t.Error("the audit does not say by which key it was read")
	}
	for at, says := range map[string]string{
		"?kind=x": "query.kind", "?user=x": "query.user", "?from=x": "query.from", "?order=x": "query.order", "?cursor=x": "bad_cursor",
		"?limit=0": "query.limit", "?format=x": "query.format", "?colour=red": "query.colour",
	} {
		if status, body := ask(at); status != http.StatusBadRequest || !strings.Contains(body, says) {
			t.Errorf("GET /v1/audit%s = %d %s, want %s", at, status, body, says)
		}
	}
}
