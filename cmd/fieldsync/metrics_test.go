package main

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"reflect"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/metrics"
)

// served is fieldsync serve in this process, with a door for Prometheus.
type served struct {
	*program
	prometheus string
}

func serveHere(t *testing.T) *served {
	t.Helper()
	data := shortDir(t)
	r, w := io.Pipe()
	ctx, cancel := context.WithCancel(context.Background())
	var done sync.WaitGroup
	done.Go(func() {
		err := run(ctx, []string{"serve", "--data", data, "--listen", "127.0.0.1:0", "--metrics-listen", "127.0.0.1:0", "--log-level=error"},
			stdio{strings.NewReader(""), w, io.Discard})
		w.CloseWithError(errors.Join(err, io.EOF))
	})
	t.Cleanup(func() {
		cancel()
		_, err := io.Copy(io.Discard, r)
		done.Wait()
		if !errors.Is(err, io.EOF) || strings.Contains(err.Error(), "cut off") {
			t.Errorf("the end of serve: %v", err)
		}
	})
	said := bufio.NewReader(r)
	line := func(before string) string {
		text, err := said.ReadString('\n')
		rest, ok := strings.CutPrefix(text, before)
		if !ok {
			t.Fatalf("serve said %q, want %q: %v", text, before, err)
		}
		return strings.TrimSpace(rest)
	}
	s := &served{program: &program{t: t, data: data}}
	s.address = line("fieldsync listens on ")
	s.prometheus = line("Prometheus finds ")
	return s
}

// scrape looks at an address as Prometheus does.
func (s *served) scrape(client *http.Client, address string) (status int, text string) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), http.MethodGet, address, nil)
	check(s.t, err)
	answer, err := client.Do(r)
	check(s.t, err)
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	check(s.t, err)
	return answer.StatusCode, string(body)
}

// TestMetricsOfARealDay: what people and phones did to a real gateway is what Prometheus reads, on the operator's
// socket and on the door of its own, and not in public; nothing in it names anybody; and Prometheus' linter is content.
func TestMetricsOfARealDay(t *testing.T) {
	p := serveHere(t)
	d := p.setUp()
	for range 3 {
		_, err := d.push()
		check(t, err)
		if _, ok := d.recv().(*protocol.Answers); !ok {
			t.Fatal("a push was not answered")
		}
	}
	check(t, d.conn.Send(t.Context(), protocol.Encode(&protocol.Resume{})))
	for {
		if page, ok := d.recv().(*protocol.Page); ok && page.Header.Final {
			break
		}
	}
	check(t, d.conn.Send(t.Context(), protocol.Encode(&protocol.Ping{})))
	for {
		if _, ok := d.recv().(*protocol.Pong); ok {
			break
		}
	}
	must(t, "", "sessions", "end", "ben@acme.test", "--now", "--data", p.data)
	d.toTheEnd()
	second := p.signIn()
	if status, text := p.scrape(http.DefaultClient, "http://"+p.address+"/metrics"); status != http.StatusNotFound {
		t.Errorf("the public door answers /metrics with %d %.100q", status, text)
	}
	status, text := p.scrape(http.DefaultClient, p.prometheus)
	if status != http.StatusOK {
		t.Fatalf("scrape: %d %s", status, text)
	}
	for _, want := range []string{
		`fieldsync_changes_total{lane="live",outcome="applied"} 3`,
		`fieldsync_push_duration_seconds_count{lane="live"} 3`,
		`fieldsync_change_age_seconds_count{lane="live"} 3`,
		`fieldsync_sign_ins_total{result="ok"} 2`,
		`fieldsync_session_ends_total{reason="office"} 1`,
		`fieldsync_session_ends_total{reason="signed_in_anew"} 0`,
		`fieldsync_hellos_total{result="live"} 1`,
		`fieldsync_connection_ends_total{code="ended_by_the_office"} 1`,
		`fieldsync_frames_total{dir="in",kind="push"} 3`,
		`fieldsync_frames_total{dir="out",kind="answers"} 3`,
		`fieldsync_frames_total{dir="in",kind="hello"} 1`,
		`fieldsync_first_syncs_total [1-9]`,
		`fieldsync_checkpoints_total [1-9]`,
		`fieldsync_pulls_total{result="page"} [1-9]`,
		`fieldsync_password_hashes_total 3`, // one to store, two to compare
		`fieldsync_password_hashes_waiting 0`,
		`fieldsync_connections 0`,
		`fieldsync_http_requests_total{method="GET",route="/v1/ws",status="101"} 1`,
		`fieldsync_http_requests_total{method="POST",route="/v1/sign-in",status="200"} 2`,
		`fieldsync_http_requests_total{method="GET",route="unmatched",status="404"} 1`,
		`fieldsync_http_requests_open 0`,
		`fieldsync_store_commit_duration_seconds_count [1-9]`,
		`fieldsync_store_size_bytes{part="log"} [1-9]`,
		`fieldsync_disk_free_bytes [1-9]`,
		`fieldsync_tenants 1`,
		`fieldsync_sessions 1`,
		`fieldsync_held_changes 0`,
		`fieldsync_build_info{goversion="go`,
		`go_goroutines [1-9]`,
		`process_open_fds [1-9]`,
	} {
		if !regexp.MustCompile(`(?m)^` + strings.NewReplacer("{", `\{`, "}", `\}`).Replace(want)).MatchString(text) {
			name, _, _ := strings.Cut(want, " ")
			name, _, _ = strings.Cut(name, "{")
			t.Errorf("want %s; there is %q", want, regexp.MustCompile(`(?m)^`+name+`.*$`).FindAllString(text, -1))
		}
	}
	for what, secret := range map[string]string{
		"the company": "acme", "the login": "ben@", "the person": d.in.User.String(), "the device": d.in.Device.String(),
		"the tenant's id": d.in.Tenant.String(), "the session": second.in.Session.String(), "the label": "Pixel",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the metrics name %s", what)
		}
	}
	problems, err := promlint.New(strings.NewReader(text)).Lint()
	check(t, err)
	for _, bad := range problems {
		t.Errorf("promlint: %s: %s", bad.Metric, bad.Text)
	}
	status, text = p.scrape(overSocket(socketPath(p.data)), "http://fieldsync/metrics")
	if status != http.StatusOK || !strings.Contains(text, `fieldsync_changes_total{lane="live",outcome="applied"} 3`) {
		t.Errorf("the operator's socket answers /metrics with %d %.100q", status, text)
	}
	if status, _ := p.scrape(http.DefaultClient, strings.TrimSuffix(p.prometheus, "/metrics")+"/tenants"); status != http.StatusNotFound {
		t.Errorf("the door of Prometheus answers the operator's requests with %d", status)
	}
}

// TestMetricsAddressThatIsTaken: a gateway that cannot be looked at does not start, and says why.
func TestMetricsAddressThatIsTaken(t *testing.T) {
	p := serveHere(t)
	address := strings.TrimSuffix(strings.TrimPrefix(p.prometheus, "http://"), "/metrics")
	_, err := cli(t, "", "serve", "--data", shortDir(t), "--listen", "127.0.0.1:0", "--metrics-listen", address)
	if exitCode(err) != exitFailed || !strings.Contains(err.Error(), "metrics-listen") {
		t.Errorf("serve on a taken address for Prometheus = %v", err)
	}
}

// TestCensusOfAHouse counts what stands in the store: reports of devices, held work, open review items, and the disk. One
// company, with a session, is that of the canaries.
func TestCensusOfAHouse(t *testing.T) {
	s := openStage(t, nil)
	job := s.newJobOf("ben", "acme", "Boiler")
	driver := driverOf(watched{s.store, s.doubt})
	census := func() metrics.Census {
		t.Helper()
		got, err := s.count(t.Context(), driver)
		check(t, err)
		for _, part := range []string{"tables", "log", "value_log", "other"} {
			if _, ok := got.Disk.Parts[part]; !ok {
				t.Errorf("the census lacks the %s of the disk", part)
			}
		}
		if got.Disk.Free == 0 || got.Disk.Parts["log"] == 0 {
			t.Errorf("the store takes %+v", got.Disk)
		}
		got.Disk = metrics.Disk{}
		return got
	}
	if got, want := census(), (metrics.Census{Tenants: 3, Sessions: 1}); !reflect.DeepEqual(got, want) {
		t.Errorf("census = %+v, want %+v", got, want)
	}
	w := s.handset("acme", "ben").connect()
	half := made(model.Notes, model.RecordID{}, under(job), textOf(model.NoteText, "half of it"))
	half.Group, half.GroupSize = model.GroupID{1}, 2
	if a := w.push(half); a[0].Outcome != model.OutcomeHeld {
		t.Fatalf("half a group is %s", a[0].Outcome)
	}
	oldest := time.UnixMilli(1_700_000_000_000)
	w.say(&protocol.Ping{Report: model.Report{Unsent: 4, Oldest: model.Instant(oldest.UnixMilli())}})
	heard[*protocol.Pong](w)
	want := metrics.Census{Tenants: 3, Sessions: 2, Unsent: 4, Oldest: oldest, Held: 1, Reviews: 1}
	if got := census(); !reflect.DeepEqual(got, want) {
		t.Errorf("census = %+v, want %+v", got, want)
	}
	check(t, s.engine.Dismiss(t.Context(), s.tenants["acme"], half.ID, model.UserID{}, s.operator.now()))
	want.Held, want.Reviews = 0, 0
	if got := census(); !reflect.DeepEqual(got, want) {
		t.Errorf("census after half a group was dismissed = %+v, want %+v", got, want)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.count(gone, driver); err == nil {
		t.Error("a census without time counted")
	}
}
