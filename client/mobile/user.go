package mobile

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Settings is where a user's partition is, and whose; its fields are set one by one.
type Settings struct {
	Dir    string // a folder of the app's own, the same for all users of the phone
	Server string // "https://sync.example.com"
	Tenant string
	User   string
	Key    []byte // 32 random bytes that belong to this user, from the phone's key store
	App    string // version of the app
}

// User is one user's partition on this phone.
type User struct {
	c     *client.Client
	who   client.Identity // tenant and user the partition is for
	table *model.Table
	host  Host
	close func() error
	stop  chan struct{} // closed by Close
	once  sync.Once
}

// Open opens the partition of a user, or makes it.
func Open(s *Settings, host Host) (*User, error) {
	tenant, err := parseID[model.TenantID](s.Tenant)
	if err != nil {
		return nil, fmt.Errorf("tenant: %w", err)
	}
	user, err := parseID[model.UserID](s.User)
	if err != nil {
		return nil, fmt.Errorf("user: %w", err)
	}
	address, hostname, err := client.SocketURL(s.Server, tenant)
	if err != nil {
		return nil, err
	}
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		return nil, err
	}
	replica, err := client.OpenReplica(client.PartitionFile(s.Dir, tenant, user), s.Key, table)
	if err != nil {
		return nil, err
	}
	c, err := client.New(client.Config{
		Replica: replica, Signer: signer{host}, Host: hostname, Clock: clock(host), App: s.App, Space: host.FreeBytes,
		Dial: func(context.Context) (protocol.Conn, error) {
			socket, err := host.Dial(address)
			if err != nil {
				return nil, err
			}
			return &conn{socket}, nil
		},
	})
	if err != nil {
		_ = replica.Close() // the first error is the one to know
		return nil, err
	}
	return &User{c: c, who: client.Identity{Tenant: tenant, User: user}, table: table, host: host, close: replica.Close, stop: make(chan struct{})}, nil
}

// SignedIn takes the identity of an Admission: the queue of the same user stays and goes up; another user's is refused.
func (u *User) SignedIn(identityJSON string) error {
	who, err := parseIdentity(identityJSON)
	if err != nil {
		return err
	}
	if who.Tenant != u.who.Tenant || who.User != u.who.User {
		return client.ErrOtherUser
	}
	return u.c.SignedIn(who)
}

// Run keeps the phone and the server in touch until Close, or until a person must act: then it returns why.
func (u *User) Run() error { return u.with(u.c.Run) }

// HandIn sends what is unsent of a user who is signed out, and returns.
func (u *User) HandIn() error { return u.with(u.c.HandIn) }

func (u *User) with(f func(context.Context) error) error {
	ctx, cancel := context.WithCancel(context.Background())
	var telling sync.WaitGroup
	telling.Go(func() {
		for {
			select {
			case <-u.c.Changed():
				u.host.Changed()
			case <-u.stop:
				cancel()
				return
			case <-ctx.Done():
				return
			}
		}
	})
	err := f(ctx)
	cancel()
	telling.Wait()
	u.host.Changed()
	return err
}

// Wake says that there may be a network again, or that the user looks.
func (u *User) Wake() { u.c.Wake() }

// Stop ends Run, which returns soon.
func (u *User) Stop() { u.once.Do(func() { close(u.stop) }) }

// Close closes the partition, after Run has returned.
func (u *User) Close() error {
	u.Stop()
	return u.close()
}

// SignOut ends the session. With unsent work it refuses unless forced; Status says how much there is.
func (u *User) SignOut(force bool) error { return u.c.SignOut(force) }

// Save keeps drafts, all or none: [{"op":"create","collection":"notes","fields":{"parent":"…","text":"…"}},
// {"op":"edit","record":"…","fields":{…}}, {"op":"delete","record":"…"}]. It returns [{"draft":0,"change":"…",
// "record":"…"}]. More than one is an inseparable group.
func (u *User) Save(draftsJSON string) (string, error) {
	drafts, err := u.parseDrafts(draftsJSON)
	if err != nil {
		return "", err
	}
	saved, err := u.c.Save(drafts...)
	if err != nil {
		return "", err
	}
	return text(savedJSON(saved))
}

// Show is one record, or "" when the user does not see it.
func (u *User) Show(record string) (string, error) {
	id, err := parseID[model.RecordID](record)
	if err != nil {
		return "", err
	}
	rec, ok, err := u.c.Show(id)
	if err != nil || !ok {
		return "", err
	}
	return text(u.recordJSON(rec))
}

// List is the records of a collection, under a parent when it is not empty.
func (u *User) List(collection, parent string) (string, error) {
	c, _, err := u.collection(collection)
	if err != nil {
		return "", err
	}
	var under model.RecordID
	if parent != "" {
		if under, err = parseID[model.RecordID](parent); err != nil {
			return "", err
		}
	}
	list, err := u.c.List(c, under)
	if err != nil {
		return "", err
	}
	out := make([]recordText, 0, len(list))
	for _, rec := range list {
		out = append(out, u.recordJSON(rec))
	}
	return text(out)
}

// Status is how things stand, as a JSON object.
func (u *User) Status() (string, error) { return text(statusJSON(u.c.Status())) }

// Problems is what did not simply go through, with the user's copy of it.
func (u *User) Problems() (string, error) {
	list, err := u.c.Problems()
	if err != nil {
		return "", err
	}
	out := make([]problemText, 0, len(list))
	for _, p := range list {
		out = append(out, u.problemJSON(p))
	}
	return text(out)
}

// CloseProblem takes a problem off the list: the user has seen it.
func (u *User) CloseProblem(change string) error {
	id, err := parseID[model.ChangeID](change)
	if err != nil {
		return err
	}
	return u.c.CloseProblem(id)
}

// Notices is what happened to the session.
func (u *User) Notices() (string, error) { return text(noticesJSON(u.c.Notices())) }

// CloseNotice forgets a notice the user has seen.
func (u *User) CloseNotice(number int64) error { return u.c.CloseNotice(uint64(number)) }

// Export is the outbox as JSON lines, in the clear.
func (u *User) Export() (string, error) {
	var out bytes.Buffer
	err := u.c.Export(&out)
	return out.String(), err
}

func text(v any) (string, error) {
	raw, err := json.Marshal(v)
	return string(raw), err
}

func instant(t time.Time) model.Instant { return model.Instant(t.UnixMilli()) }
