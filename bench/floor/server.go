package floor

import (
	"compress/flate"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// server is the floor.
type server struct {
	store   *store
	commits *committer

	mu        sync.Mutex // guards the fields below
	listeners map[*conn]struct{}
	all       map[*conn]struct{}
}

// Serve runs the floor on a fresh directory until ctx ends. It closes the listener.
func Serve(ctx context.Context, on net.Listener, dir string) (err error) {
	st, err := openStore(dir)
	if err != nil {
		return errors.Join(err, on.Close())
	}
	defer func() { err = errors.Join(err, st.db.Close()) }()
	s := &server{store: st, listeners: map[*conn]struct{}{}, all: map[*conn]struct{}{}}
	s.commits = newCommitter(st, s.heard)
	failed := make(chan error, 2)
	committed := make(chan struct{})
	go func() {
		defer close(committed)
		if err := s.commits.run(); err != nil {
			failed <- fmt.Errorf("commit: %w", err)
		}
	}()
	site := &http.Server{Handler: http.HandlerFunc(s.upgrade), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		if err := site.Serve(on); !errors.Is(err, http.ErrServerClosed) {
			failed <- fmt.Errorf("serve: %w", err)
		}
	}()
	select {
	case <-ctx.Done():
	case err = <-failed:
	}
	err = errors.Join(err, site.Close())
	s.hangUp()
	s.commits.close()
	<-committed
	return err
}

// buffers are the write buffers of all connections.
var buffers sync.Pool

var upgrader = websocket.Upgrader{
	ReadBufferSize: 1 << 10, WriteBufferSize: 4 << 10, WriteBufferPool: &buffers, EnableCompression: true,
	CheckOrigin: func(*http.Request) bool { return true }, // loopback, for a benchmark
}

// upgrade takes the connection out of the HTTP server, whose goroutine and buffers then go.
func (s *server) upgrade(w http.ResponseWriter, r *http.Request) {
	ws, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // it has answered
	}
	_ = ws.SetCompressionLevel(flate.BestSpeed) // a level that there is
	c := &conn{ws: ws}
	s.mu.Lock()
	s.all[c] = struct{}{}
	s.mu.Unlock()
	go s.serve(c)
}

func (s *server) listen(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.listeners[c] = struct{}{}
}

func (s *server) forget(c *conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.listeners, c)
	delete(s.all, c)
}

// hangUp ends every connection.
func (s *server) hangUp() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for c := range s.all {
		_ = c.ws.Close() // it may be gone
	}
}

// heard tells a commit: to the listeners, encoded once, then to the writers.
func (s *server) heard(seq uint64, calls []call) {
	s.mu.Lock()
	if len(s.listeners) > 0 {
		var records []byte
		count := 0
		for i := range calls {
			for j := range calls[i].records {
				records = append(records, calls[i].records[j].bytes()...)
				count++
			}
		}
		frame := encodeRecords(seq, true, count, records)
		for c := range s.listeners {
			c.send(frame)
		}
	}
	s.mu.Unlock()
	for i := range calls {
		calls[i].conn.ack(calls[i].ref)
	}
}
