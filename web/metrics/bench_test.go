package metrics_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/go-chi/chi/v5"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// still is a connection that does nothing.
type still struct{ frame []byte }

func (s still) Send(context.Context, []byte) error   { return nil }
func (s still) Recv(context.Context) ([]byte, error) { return s.frame, nil }
func (s still) Close(protocol.Code, string) error    { return nil }

// BenchmarkPush is what one push of one change costs more: a frame in, the push, a frame out, and its part of a commit.
func BenchmarkPush(b *testing.B) {
	m := newMetrics(b, &gauges{})
	conn := m.Conn(still{protocol.Encode(&protocol.Push{})})
	sent := make([]model.Submitted, 1)
	answers := []model.Answer{{Outcome: model.OutcomeApplied}}
	frame := protocol.Encode(&protocol.Answers{})
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		ctx := context.Background()
		for pb.Next() {
			_, _ = conn.Recv(ctx)
			begun := time.Now()
			m.Pushed(model.LaneLive, sent, answers, 1000, time.Since(begun), nil)
			m.Committed(1, 1000, time.Millisecond, nil)
			_ = conn.Send(ctx, frame)
		}
	})
}

// BenchmarkRequest is what one HTTP request costs, with and without being counted.
func BenchmarkRequest(b *testing.B) {
	m := newMetrics(b, &gauges{})
	router := chi.NewRouter()
	router.Get("/v1/customers/{id}", func(http.ResponseWriter, *http.Request) {})
	for name, h := range map[string]http.Handler{"plain": router, "counted": m.HTTP(router)} {
		b.Run(name, func(b *testing.B) {
			r := httptest.NewRequest(http.MethodGet, "/v1/customers/1", nil)
			w := httptest.NewRecorder()
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(w, r)
			}
		})
	}
}
