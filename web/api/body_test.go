package api

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// line is a connection whose read deadlines are written down.
type line struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (l *line) SetReadDeadline(t time.Time) error {
	l.set = append(l.set, t)
	return nil
}

// stalled is a body of which half comes.
type stalled struct{ begun bool }

func (s *stalled) Read(b []byte) (int, error) {
	if s.begun {
		return 0, errors.New("i/o timeout")
	}
	s.begun = true
	return copy(b, `{"name":`), nil
}

// TestABodyHasItsTime: it is bound while it comes, the answer is not.
func TestABodyHasItsTime(t *testing.T) {
	l := &line{ResponseRecorder: httptest.NewRecorder()}
	begun := time.Now()
	_, err := readBody(l, httptest.NewRequest(http.MethodPost, "/v1/customers", &stalled{}), maxBody)
	if err == nil || len(l.set) != 1 || l.set[0].Before(begun) || l.set[0].After(time.Now().Add(bodyPatience)) {
		t.Errorf("half a body = %v with deadlines %v, want one of %s", err, l.set, bodyPatience)
	}
	l.set = nil
	body, err := readBody(l, httptest.NewRequest(http.MethodPost, "/v1/customers", io.NopCloser(http.NoBody)), maxBody)
	if err != nil || body != nil || len(l.set) != 2 || !l.set[1].IsZero() {
		t.Errorf("no body = %q, %v with deadlines %v, want the last one taken away", body, err, l.set)
	}
}
