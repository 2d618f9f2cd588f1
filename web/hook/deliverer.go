package hook

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Config is what a deliverer is made of.
type Config struct {
	Source  Source           // required
	Log     *slog.Logger     // nil discards
	Clock   func() time.Time // nil: time.Now. Timers are the runtime's.
	Random  io.Reader        // for jitter; nil: the operating system's
	Private bool             // allow plain http and this server's own network: for development
	Roots   *x509.CertPool   // authorities whose certificates receivers may have; nil: the system's
	Version string           // of this program, for User-Agent; may be empty
	Timeout time.Duration    // of one attempt; 0: 20 s (Standard Webhooks: 15 to 30 s)
	// Observe is told of every attempt: "delivered", "failed", "dead" (failed for the last time) or "gone" (answered
	// 410), and how long it took. It must not block and may be called from many goroutines; nil: nobody is told.
	Observe func(result string, took time.Duration)
}

const (
	defaultTimeout = 20 * time.Second
	// lookForCompanies is how often the companies are listed: one that is new waits as long for its first message.
	lookForCompanies = 5 * time.Second
	// grace is how long requests under way may take when the process ends, and recordTime how long recording may.
	grace      = 2 * time.Second
	recordTime = 5 * time.Second
)

// Deliverer tells the webhooks of all companies.
type Deliverer struct {
	cfg       Config
	agent     string
	transport *http.Transport
	drawing   sync.Mutex // guards Config.Random
}

// New makes a deliverer.
func New(cfg Config) (*Deliverer, error) {
	if cfg.Source == nil {
		return nil, errors.New("the deliverer of webhooks needs a Source")
	}
	if cfg.Log == nil {
		cfg.Log = slog.New(slog.DiscardHandler)
	}
	if cfg.Clock == nil {
		cfg.Clock = time.Now
	}
	if cfg.Random == nil {
		cfg.Random = rand.Reader
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Observe == nil {
		cfg.Observe = func(string, time.Duration) {}
	}
	agent := "fieldsync"
	if cfg.Version != "" {
		agent += "/" + strings.Trim(cfg.Version, "()") // Go says (devel), which is no product token
	}
	return &Deliverer{cfg: cfg, agent: agent, transport: transport(&cfg)}, nil
}

// Run delivers until ctx ends, and returns when all it began has ended, within a few seconds: requests under way may
// finish, and what came of them is recorded. At most one Run may work on a source. It returns nil.
func (d *Deliverer) Run(ctx context.Context) error {
	sending, cut := context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(grace, cut) })()
	defer d.transport.CloseIdleConnections()
	var companies sync.WaitGroup
	defer companies.Wait()

	known := map[model.TenantID]bool{}
	failures := 0
	for {
		wait := lookForCompanies
		tenants, err := d.cfg.Source.Tenants(ctx)
		if failures++; err == nil {
			failures = 0
		} else if ctx.Err() == nil {
			d.cfg.Log.Error("webhooks: list the companies", slog.Any("error", err))
			wait = backoff(failures)
		}
		for _, t := range tenants {
			if !known[t] {
				known[t] = true
				companies.Go(func() { d.newCompany(sending, t).run(ctx) })
			}
		}
		if !rest(ctx, wait) {
			return nil
		}
	}
}

// rest waits; ok is false when ctx ended first.
func rest(ctx context.Context, wait time.Duration) (ok bool) {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// now is the clock's time as the model counts it.
func (d *Deliverer) now() model.Instant { return model.Instant(d.cfg.Clock().UnixMilli()) }
