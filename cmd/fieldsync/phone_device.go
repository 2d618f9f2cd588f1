package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/sync/model"
)

// station is an installation of an app for one user: a folder with the sealed replica and two keys, and the client
// that runs on it. Phones and desks in a terminal are stations, and so are those of the demonstration.
//
// The keys lie beside the data in files that only their owner reads. A real app keeps both in the phone's key store,
// from which they cannot be copied; a terminal has none.
type station struct {
	*device.Client
	set     stationSettings
	key     *device.SoftKey
	local   *device.SQLite
	replica *replica.Replica // the client's, once there is one
	host    string

	mu      sync.Mutex         // guards the fields below
	stop    context.CancelFunc // of Run; nil: offline
	done    chan struct{}      // closed when Run has returned
	err     error              // what Run returned
	changed chan struct{}      // closed, and replaced, when something changed
}

// stationSettings is where a station is and who it is for.
type stationSettings struct {
	server   string // http://host:port
	tenant   string
	login    string
	dir      string // of all stations; each has a folder of its own in it
	label    string // what its owner calls it
	platform string
	log      *slog.Logger
	tap      func(protocol.Conn) protocol.Conn // hears what goes over the wire; nil: nobody does
	dialled  func()                            // called at every dial; may be nil
}

// folder is a station's own.
func (s stationSettings) folder() string {
	return filepath.Join(s.dir, url.PathEscape(s.tenant)+"~"+url.PathEscape(strings.ToLower(s.login)))
}

// openStation opens the folder, and makes it with fresh keys when it is not there. It connects to nothing.
func openStation(set stationSettings) (*station, error) {
	server, err := url.Parse(set.server)
	if err != nil || server.Host == "" || server.Scheme != "http" && server.Scheme != "https" {
		return nil, usagef("--server %q: want http://HOST:PORT or https://HOST", set.server)
	}
	dir := set.folder()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make the folder of this device: %w", err)
	}
	seal, err := keyFile(filepath.Join(dir, "seal.key"), func() ([]byte, error) {
		key := make([]byte, 32)
		_, err := rand.Read(key)
		return key, err
	})
	if err != nil {
		return nil, err
	}
	s := &station{set: set, host: strings.TrimSuffix(strings.ToLower(server.Host), ":443"), changed: make(chan struct{})}
	if s.key, err = deviceKey(filepath.Join(dir, "device.key")); err != nil {
		return nil, err
	}
	if s.local, err = device.OpenSQLite(filepath.Join(dir, "replica.db"), seal); err != nil {
		return nil, fmt.Errorf("%w; is another phone or office of this user running here?", err)
	}
	if err := s.open(); err != nil {
		return nil, errors.Join(err, s.local.Close())
	}
	return s, nil
}

func (s *station) open() (err error) {
	if s.replica, err = replica.Open(s.local, replica.Config{Table: builtin(), Random: rand.Reader}); err != nil {
		return err
	}
	client, err := device.New(device.Config{
		Replica: s.replica, Dial: s.dial, Signer: s.key, Host: s.host, Log: s.set.log, App: appName(),
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.Client = client
	s.mu.Unlock()
	s.ring() // whoever follows follows the new one
	return nil
}

// appName is what a station says that it is.
func appName() string { return "fieldsync " + version() }

// signIn takes the user's slot and goes online. The error is *client.ActiveError when another device is live and
// takeOver is not its epoch. Nothing else may use the station meanwhile: its client is replaced.
func (s *station) signIn(ctx context.Context, password, takeOver string) error {
	public, err := s.key.Public()
	if err != nil {
		return err
	}
	who, err := device.SignIn(ctx, nil, s.set.server, device.Credentials{
		Tenant: s.set.tenant, Login: s.set.login, Password: password, Device: s.Who().Device, PublicKey: public,
		Label: s.set.label, Platform: s.set.platform, App: appName(), TakeOver: takeOver,
	})
	if refused, ok := errors.AsType[*device.SignInError](err); ok && refused.Stolen() {
		s.offline()
		return errors.Join(err, s.replica.Wipe())
	}
	if err != nil {
		return err
	}
	s.offline()
	if err := s.replica.SignedIn(who); err != nil {
		if errors.Is(err, replica.ErrOtherUser) {
			return fmt.Errorf("%s holds the work of another company or user of this name; move it away, or name another folder with --data", s.set.folder())
		}
		return err
	}
	if err := s.open(); err != nil {
		return err
	}
	s.online()
	return nil
}

// builtin is the table of collections and fields.
var builtin = sync.OnceValue(func() *model.Table {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		panic(err) // the table is ours, and a test proves it
	}
	return table
})

// keyFile reads a file of a key, or makes it.
func keyFile(path string, fresh func() ([]byte, error)) ([]byte, error) {
	key, err := os.ReadFile(path)
	if !errors.Is(err, os.ErrNotExist) {
		if err != nil {
			return nil, fmt.Errorf("read a key of this device: %w", err)
		}
		return key, nil
	}
	if key, err = fresh(); err != nil {
		return nil, fmt.Errorf("make a key: %w", err)
	}
	if err := os.WriteFile(path, key, 0o600); err != nil {
		return nil, fmt.Errorf("keep a key of this device: %w", err)
	}
	return key, nil
}

// deviceKey is the key that proves the device at every hello.
func deviceKey(path string) (*device.SoftKey, error) {
	raw, err := keyFile(path, func() ([]byte, error) {
		key, err := device.NewSoftKey()
		if err != nil {
			return nil, err
		}
		return key.Marshal()
	})
	if err != nil {
		return nil, err
	}
	key, err := device.ParseSoftKey(raw)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; what is unsent in this folder stays there", path, err)
	}
	return key, nil
}

// dial opens the WebSocket.
func (s *station) dial(ctx context.Context) (protocol.Conn, error) {
	if s.set.dialled != nil {
		s.set.dialled()
	}
	address := "ws" + strings.TrimPrefix(strings.TrimSuffix(s.set.server, "/"), "http") + "/v1/ws?tenant=" + s.Who().Tenant.String()
	conn, err := wsconn.Dial(ctx, address, http.Header{}, wsconn.Config{})
	if err != nil {
		return nil, err
	}
	if s.set.tap != nil {
		return s.set.tap(conn), nil
	}
	return conn, nil
}

// online starts Run, unless it runs.
func (s *station) online() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	s.stop, s.done, s.err = stop, done, nil
	go func() {
		err := s.Run(ctx)
		s.mu.Lock()
		s.err, s.stop = err, nil
		s.mu.Unlock()
		close(done)
		s.ring()
	}()
}

// offline ends Run and waits for it.
func (s *station) offline() {
	s.mu.Lock()
	stop, done := s.stop, s.done
	s.mu.Unlock()
	if stop != nil {
		stop()
	}
	if done != nil {
		<-done
	}
}

// ended is what the last Run returned; running is true while one goes on.
func (s *station) ended() (err error, running bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err, s.stop != nil
}

// close goes offline and closes the folder.
func (s *station) close() error {
	s.offline()
	return s.local.Close()
}

// follow passes on the client's word that something changed, until ctx ends; whoever opens a station runs it once. The
// client may be replaced meanwhile.
func (s *station) follow(ctx context.Context) {
	for {
		s.mu.Lock()
		client, next := s.Client, s.changed
		s.mu.Unlock()
		select {
		case <-client.Changed():
			s.ring()
		case <-next:
		case <-ctx.Done():
			return
		}
	}
}

func (s *station) ring() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.changed)
	s.changed = make(chan struct{})
}

// next is closed at the next change.
func (s *station) next() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.changed
}

// until waits for something to be so.
func (s *station) until(ctx context.Context, so func() (bool, error)) error {
	for {
		next := s.next()
		ok, err := so()
		if ok || err != nil {
			return err
		}
		select {
		case <-next:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// settled says that everything is sent and answered, and that what is shown contains it.
func (s *station) settled() (bool, error) {
	st := s.Status()
	if st.State == device.StateStopped {
		return st.Unsent == 0, nil // handed in; nothing is shown to it any more
	}
	if st.State != device.StateConnected || st.Downloading || st.Unsent > 0 {
		return false, nil
	}
	for _, e := range s.Outbox() {
		if !e.Included && e.Outcome != model.OutcomeRefused {
			return false, nil
		}
	}
	return true, nil
}

// wipe closes the station and removes its folder: the server said that the device is stolen.
func (s *station) wipe() error {
	return errors.Join(s.close(), os.RemoveAll(s.set.folder()))
}
