package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// looking is the demonstration's company with everybody's device connected, over real sockets.
type looking struct {
	*oversight
	stations map[string]*station
}

func lookAround(t *testing.T) *looking {
	t.Helper()
	l := &looking{&oversight{t: t, d: serveDemo(t, shortDir(t))}, map[string]*station{}}
	l.widen()
	check(t, l.d.operator.do(t.Context(), http.MethodGet, path("tenants", demoTenant, "users"), nil, &l.users))
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	l.users = slices.DeleteFunc(l.users, func(u web.User) bool { return u.Kind == model.Portal.String() }) // has no device
	for _, u := range l.users {
		s, err := openStation(stationSettings{
			server: l.d.address, tenant: demoTenant, login: u.Login, dir: shortDir(t), label: "device", platform: "android", log: slog.New(slog.DiscardHandler),
		})
		check(t, err)
		t.Cleanup(func() { check(t, s.close()) })
		go s.follow(ctx)
		if err := s.signIn(t.Context(), l.d.mark.Password, ""); err != nil {
			t.Fatalf("%s signs in: %v", u.Login, err)
		}
		check(t, s.until(t.Context(), s.settled))
		l.stations[u.Login] = s
	}
	return l
}

// typed is what people look for: names and numbers of customers, what hangs on jobs, fields of secret classes, and nothing.
var typed = []string{
	"bakery ltd", "harb", "HARBOUR hotel", "po 53", "07700 900081", "900082", "+44 7700 900083", "caretaker", "4711", "12",
	"pre-heater", "thermostat", "a", "for some", "ladder long", "po 7304", "7304", "nobody at all",
}

// searched compares what the server finds with what the device finds, and both with what it holds; it says the first thing
// that is not so.
func (l *looking) searched() (wrong string) {
	for _, u := range l.users {
		s := l.stations[u.Login]
		for _, words := range typed {
			there, err := l.find(s, words)
			if err != nil {
				return fmt.Sprintf("%s looks for %q: %v", u.Login, words, err)
			}
			here, err := s.Search(model.Search{Words: words, Limit: 100})
			check(l.t, err)
			want := l.holding(s, words)
			got := idsOf(there.Records)
			if !slices.Equal(got, idsOf(here.Records)) || there.More != here.More || there.Partial {
				return fmt.Sprintf("%s looks for %q: the server finds %v, the device %v", u.Login, words, got, idsOf(here.Records))
			}
			if there.More != (len(want) > 100) || len(got) != min(len(want), 100) || slices.ContainsFunc(got, func(id model.RecordID) bool { return !want[id] }) {
				return fmt.Sprintf("%s looks for %q: found are %v, the device holds %v", u.Login, words, got, want)
			}
			if u.Kind == model.Desktop.String() {
				if over := l.overHTTP(s, words); !slices.Equal(over, got) {
					return fmt.Sprintf("%s looks for %q: found are %v, over the API %v", u.Login, words, got, over)
				}
			}
		}
	}
	return ""
}

// find asks the server until it has time.
func (l *looking) find(s *station, words string) (found device.Findings, err error) {
	for {
		found, err = s.SearchServer(l.t.Context(), model.Search{Words: words, Limit: 100})
		if !errors.Is(err, device.ErrBusy) {
			return found, err
		}
	}
}

func (l *looking) overHTTP(s *station, words string) (out []model.RecordID) {
	l.t.Helper()
	var found struct{ Items []struct{ ID model.RecordID } }
	check(l.t, s.ask(l.t.Context(), http.MethodGet, "/v1/search"+query("q", words, "limit", "100"), nil, &found))
	for _, item := range found.Items {
		out = append(out, item.ID)
	}
	return out
}

func idsOf(records []device.Record) (out []model.RecordID) {
	for _, r := range records {
		out = append(out, r.ID)
	}
	return out
}

// lookedThrough is where people look for words, by the reference of the model.
var lookedThrough = []string{
	"customers", "sites", "contacts", "assets", "jobs", "job_origins", "job_cards", "job_contacts", "tasks", "notes", "files", "people", "messages",
	"invoices", "quotes", "form_templates",
}

var (
	between = regexp.MustCompile(`[^\pL\pN]+`)
	phoneNo = regexp.MustCompile(`[0-9][-0-9 +./()]*[0-9]`)
	nodigit = regexp.MustCompile(`[^0-9]`)
)

// holding is what a device holds that has the words, by rules written once more: with regular expressions.
func (l *looking) holding(s *station, words string) map[model.RecordID]bool {
	l.t.Helper()
	out := map[model.RecordID]bool{}
	number := ""
	if len(nodigit.ReplaceAllString(words, "")) >= 6 && strings.Trim(words, "+0123456789 ") == "" {
		number = strings.TrimLeft(nodigit.ReplaceAllString(words, ""), "0")
	}
	for _, name := range lookedThrough {
		spec, _ := builtin().Named(name)
		all, err := s.List(spec.No, model.RecordID{})
		check(l.t, err)
		for _, r := range all {
			var text []string
			for _, f := range r.Fields {
				known, ok := spec.Field(f.Field)
				if !ok && f.Field >= model.FirstCustomField || ok && (known.Type == model.TypeText || known.Type == model.TypeLong) {
					text = append(text, strings.ToLower(f.Value.Text()))
				}
			}
			if number != "" {
				out[r.ID] = hasNumber(text, number)
				continue
			}
			out[r.ID] = true
			for _, w := range between.Split(strings.ToLower(words), -1) {
				out[r.ID] = out[r.ID] && w != "" && (hasWord(text, w) || len(w) >= 4 && nodigit.FindString(w) == "" && hasNumber(text, w))
			}
		}
	}
	for id, has := range out {
		if !has {
			delete(out, id)
		}
	}
	return out
}

func hasWord(texts []string, word string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(between.Split(text, -1), func(w string) bool { return strings.HasPrefix(w, word) })
	})
}

func hasNumber(texts []string, digits string) bool {
	return slices.ContainsFunc(texts, func(text string) bool {
		return slices.ContainsFunc(phoneNo.FindAllString(text, -1), func(n string) bool {
			n = nodigit.ReplaceAllString(n, "")
			return len(n) >= 6 && strings.Contains(n, digits)
		})
	})
}

// TestV11_SearchFindsWhatTheDevicesHold: for every user of the demonstration's company, what is found at the server is what
// the device holds that has the words, in the order in which the device finds it, and over the API too.
func TestV11_SearchFindsWhatTheDevicesHold(t *testing.T) {
	t.Parallel()
	spare(t)
	l := lookAround(t)
	if wrong := l.searched(); wrong != "" {
		t.Error(wrong)
	}
	for login, want := range map[string]map[string]bool{
		"amy@fieldsync.example": {"harbour hotel": true, "po 7304": true, "07700 900081": true},
		"sue@fieldsync.example": {"harbour hotel": false, "07700 900081": false, "po 7304": false}, // from whom customers are hidden
		"cal@fieldsync.example": {"harbour hotel": false, "po 7023": false},                        // from now on
	} {
		for words, there := range want {
			if found, err := l.find(l.stations[login], words); err != nil || len(found.Records) > 0 != there || found.More && !there {
				t.Errorf("%s looks for %q: %d records, %v; want any: %v", login, words, len(found.Records), err, there)
			}
		}
	}
}
