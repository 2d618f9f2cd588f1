package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/lab"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
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
	runner  *lab.Runner

	mu sync.Mutex // guards Client while it is replaced
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
	clock    func() device.Moment              // of the device; nil: of this process
	ping     time.Duration                     // how often it reports; 0: as apps do
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
	s := &station{set: set, host: strings.TrimSuffix(strings.ToLower(server.Host), ":443"), runner: lab.NewRunner()}
	folder := lab.Folder(set.folder())
	seal, key, err := folder.Open()
	if err != nil {
		return nil, err
	}
	s.key = key
	if s.local, err = device.OpenSQLite(folder.Database(), seal); err != nil {
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
		Replica: s.replica, Dial: s.dial, Signer: s.key, Host: s.host, Log: s.set.log, App: appName(), Clock: s.set.clock, Space: s.space, PingEvery: s.set.ping,
	})
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.Client = client
	s.mu.Unlock()
	s.runner.Ring() // whoever follows follows the new one
	return nil
}

// space is what is free where the station keeps its data, in bytes; less than 0: it cannot be told here.
func (s *station) space() int64 {
	free, err := badgerstore.FreeBytes(s.set.dir)
	if err != nil || free > math.MaxInt64 {
		return -1
	}
	return int64(free)
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
func (s *station) online() { s.runner.Start(s.Run) }

// offline ends Run and waits for it.
func (s *station) offline() { s.runner.Stop() }

// ended is what the last Run returned; running is true while one goes on.
func (s *station) ended() (err error, running bool) { return s.runner.Ended() }

// next is closed at the next change.
func (s *station) next() <-chan struct{} { return s.runner.Next() }

// until waits for something to be so.
func (s *station) until(ctx context.Context, so func() (bool, error)) error {
	return s.runner.Until(ctx, so)
}

// close goes offline and closes the folder.
func (s *station) close() error {
	s.offline()
	return s.local.Close()
}

// follow passes on the client's word that something changed, until ctx ends; whoever opens a station runs it once.
func (s *station) follow(ctx context.Context) {
	s.runner.Follow(ctx, func() <-chan struct{} {
		s.mu.Lock()
		defer s.mu.Unlock()
		return s.Changed()
	})
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
