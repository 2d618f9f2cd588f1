package main

import (
	"context"
	"crypto/tls"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/fieldsync/fieldsync/web"
)

func serveCommand(*flag.FlagSet) action {
	return func(ctx context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		log, err := newLog(c.err, &c.set)
		if err != nil {
			return err
		}
		if err := c.ready(ctx); err != nil {
			return err
		}
		return serve(ctx, c, log)
	}
}

// ready is an error when the settings cannot be served with, or somebody serves the directory already: said before
// anything is made on the disk.
func (c *call) ready(ctx context.Context) error {
	if faults := c.judge(); len(faults) > 0 {
		return usagef("%v; fieldsync config check says everything that is wrong with the settings", faults[0])
	}
	return notRunning(ctx, c.set.data)
}

// serve runs the gateway until ctx ends, and then lets everything that has begun come to its end: it takes no new
// connections, tells the devices to come back later, waits for what they pushed to be answered, and closes the store.
func serve(ctx context.Context, c *call, log *slog.Logger) (err error) {
	store, err := openStore(&c.set, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	s := &server{set: &c.set, log: log, failed: make(chan error, 4)}
	if s.house, err = newHouse(watched{store, s.doubt}, &c.set, log, time.Now); err != nil {
		return err
	}
	if err := s.start(); err != nil {
		return err
	}
	defer giveBack()()
	log.Info("listening", slog.String("address", s.public.Addr().String()), slog.String("data", c.set.data))
	fmt.Fprintf(c.out, "fieldsync listens on %s\n", s.public.Addr())
	if s.counters != nil {
		fmt.Fprintf(c.out, "Prometheus finds http://%s%s\n", s.counters.Addr(), metricsPath)
	}
	select {
	case <-ctx.Done():
	case err = <-s.failed:
	}
	return errors.Join(err, s.stop())
}

// server is a house with its doors.
type server struct {
	*house
	set      *settings
	log      *slog.Logger
	public   net.Listener
	socket   net.Listener // the operator's
	counters net.Listener // where Prometheus comes; nil: it has no door of its own
	http     *http.Server
	admin    *http.Server
	numbers  *http.Server // of counters
	leaving  atomic.Bool
	cut      context.CancelFunc // ends chores, and conversations that did not end in time
	hush     context.CancelFunc // ends the deliverer of webhooks
	chores   sync.WaitGroup
	failed   chan error
}

// errLeaving is why a server that shuts down is not ready.
var errLeaving = errors.New("this server is shutting down")

// start opens the doors and serves at them.
func (s *server) start() error {
	if err := s.open(); err != nil {
		return err
	}
	return s.serve()
}

// open opens the doors; who comes waits there until serve.
func (s *server) open() (err error) {
	if s.public, err = listen(s.set); err != nil {
		return err
	}
	if s.socket, err = listenSocket(socketPath(s.set.data)); err != nil {
		return errors.Join(err, s.public.Close())
	}
	if s.counters, err = listenMetrics(s.set); err != nil {
		return errors.Join(err, s.public.Close(), s.socket.Close())
	}
	return nil
}

// serve serves at the doors, which are open, and shuts them when it cannot.
func (s *server) serve() error {
	lifetime, cut := context.WithCancel(context.Background())
	telling, hush := context.WithCancel(lifetime)
	s.cut, s.hush = cut, hush
	site, err := web.New(web.Config{
		Gate: s.gate, Sessions: s.sessions, Log: s.log, Lifetime: lifetime, Origins: s.set.origins, Hosts: s.set.hosts,
		ProxyHeader: s.set.proxyHeader, API: s.meter.HTTP(s.api), Portal: s.meter.HTTP(s.portal), Conn: s.meter.Conn,
		Ready: func() error {
			if s.leaving.Load() {
				return errLeaving
			}
			return nil
		},
	})
	if err != nil {
		err = errors.Join(err, s.public.Close(), s.socket.Close())
		if s.counters != nil {
			err = errors.Join(err, s.counters.Close())
		}
		return err
	}
	s.http, s.admin = web.HTTP(s.meter.HTTP(site.Handler()), s.log), web.HTTP(s.door(), s.log)
	if s.counters != nil {
		s.numbers = web.HTTP(s.prometheus(), s.log)
		go s.run(s.numbers, s.counters)
	}
	go s.run(s.http, s.public)
	go s.run(s.admin, s.socket)
	s.chores.Go(func() { s.sweep(lifetime) })
	s.chores.Go(func() { s.noteRefused(lifetime) })
	s.chores.Go(func() { s.turns(lifetime) })
	s.chores.Go(func() { _ = s.hooks.Run(telling) }) // it returns nil
	return nil
}

// doubt ends the process after a commit of which nobody knows whether it is there: opening the store again tells, and
// devices offer again what was not answered (DESIGN §6).
func (s *server) doubt(err error) {
	select {
	case s.failed <- fmt.Errorf("the store must be opened again: %w", err):
	default:
	}
}

func (s *server) run(server *http.Server, on net.Listener) {
	if err := server.Serve(on); !errors.Is(err, http.ErrServerClosed) {
		s.failed <- fmt.Errorf("serve %s: %w", on.Addr(), err)
	}
}

// stop closes the doors and waits for those inside, as long as the settings say.
func (s *server) stop() error {
	s.leaving.Store(true)
	s.leave()
	s.hush()
	s.log.Info("shutting down", slog.Int("connected", s.hub.Connected()))
	ctx, cancel := context.WithTimeout(context.Background(), s.set.shutdownWait)
	defer cancel()
	defer s.chores.Wait()
	defer s.cut()
	left := make(chan error, 1)
	go func() { left <- s.hub.Shutdown(ctx, s.set.stayAway) }()
	err := errors.Join(s.http.Shutdown(ctx), <-left, s.admin.Shutdown(ctx))
	if s.numbers != nil {
		err = errors.Join(err, s.numbers.Shutdown(ctx))
	}
	if err != nil {
		s.cut()
		return fmt.Errorf("some connections were cut off, none of what they were told is lost: %w", err)
	}
	s.log.Info("shut down")
	return nil
}

// listen opens the public door, with TLS when there is a certificate.
func listen(set *settings) (net.Listener, error) {
	on, err := net.Listen("tcp", set.listen)
	if errors.Is(err, syscall.EADDRINUSE) {
		return nil, fmt.Errorf("%s is in use: does another fieldsync run there? Name another address with --listen, or 127.0.0.1:0 for any", set.listen)
	}
	if err != nil {
		return nil, err // it names the address
	}
	if set.tlsCert == "" && set.tlsKey == "" {
		return on, nil
	}
	pair, err := tls.LoadX509KeyPair(set.tlsCert, set.tlsKey)
	if err != nil {
		return nil, errors.Join(fmt.Errorf("read the certificate: %w", err), on.Close())
	}
	return tls.NewListener(on, &tls.Config{
		Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"http/1.1"},
	}), nil
}

// listenSocket opens the operator's door. Whoever holds the store's lock owns the socket: one that is there is left
// over from a crash.
func listenSocket(path string) (net.Listener, error) {
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("remove an old socket: %w", err)
	}
	on, err := net.Listen("unix", path)
	if err != nil {
		return nil, fmt.Errorf("listen for the operator (a socket's path has at most 107 bytes; name --data shorter): %w", err)
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(err, on.Close())
	}
	return on, nil
}
