package fleet

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Fill implements [bench.Driver]: the office makes customers.
func (d *driver) Fill(_ context.Context, n int) error {
	_, err := d.publish(d.companies.Readers, n)
	return err
}

// publish makes n customers, and says which.
func (d *driver) publish(c Company, n int) ([]bench.Key, error) {
	if _, err := c.phones(1); err != nil {
		return nil, err
	}
	desk, err := d.open(c.Desk)
	if err != nil {
		return nil, err
	}
	defer desk.Close()
	keys := make([]bench.Key, n)
	changes := make([]model.Change, n)
	d.mu.Lock()
	for i := range changes {
		keys[i] = draw()
		d.customers[keys[i]] = true
		changes[i] = desk.customer(keys[i])
	}
	d.mu.Unlock()
	return keys, desk.hand(changes)
}

// Fetch implements [bench.Driver]: a phone that has nothing downloads what it may see.
func (d *driver) Fetch(ctx context.Context, mode bench.Mode) (bench.Download, error) {
	if mode == bench.Durable {
		return d.keep(ctx)
	}
	phones, err := d.companies.Readers.phones(1)
	if err != nil {
		return bench.Download{}, err
	}
	phone := phones[0]
	phone.cursor = nil
	began := time.Now()
	l, err := d.connect(phone, mode == bench.Packed)
	if err != nil {
		return bench.Download{}, err
	}
	defer l.Close()
	rows, bytes, err := l.follow()
	took := time.Since(began)
	return bench.Download{Records: d.filled(), Bytes: bytes, Took: took, Wrong: func() []string { return d.compare(rows, phone.User) }}, err
}

func (d *driver) filled() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return len(d.customers)
}

// compare holds what a phone got against the books.
func (d *driver) compare(rows []model.Row, user model.UserID) []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	found, changed, strange := 0, 0, 0
	twice := 0 // a first sync sends a record once, and whole
	seen := make(map[bench.Key]bool, len(rows))
	for i := range rows {
		row, key := &rows[i], bench.Key(rows[i].ID)
		switch {
		case seen[key]:
			twice++
		case row.Collection == model.Customers && d.customers[key] && rightCustomer(row):
			found++
		case row.Collection == model.Customers && d.customers[key]:
			changed++
		case row.Collection == model.People && row.ID == model.RecordID(user): // of oneself
		default:
			strange++
		}
		seen[key] = true
	}
	if lost := len(d.customers) - found - changed; lost+changed+twice > 0 || strange > 0 && d.ours {
		return []string{fmt.Sprintf("of %d customers %d are missing, %d are not as a phone may see them, and %d came twice; %d other records came",
			len(d.customers), lost, changed, twice, strange)}
	}
	return nil
}

// keep downloads into the client with its database on disk, from the dial to a complete replica.
func (d *driver) keep(ctx context.Context) (bench.Download, error) {
	phones := d.companies.Readers.Phones
	at := slices.IndexFunc(phones, func(p *Device) bool { return !p.used })
	if at < 0 {
		return bench.Download{}, bench.ErrNone // a database without a past on a device that has one is taken for a copy
	}
	phone := phones[at]
	phone.used = true
	dir, err := os.MkdirTemp("", "fsb")
	if err != nil {
		return bench.Download{}, fmt.Errorf("make a folder for a phone: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }() // in the system's own place for what nobody needs
	c, r, err := d.openClient(phone, dir)
	if err != nil {
		return bench.Download{}, err
	}
	running, end := context.WithCancel(ctx)
	ended := make(chan error, 1)
	began := time.Now()
	go func() { ended <- c.Run(running) }()
	took, err := complete(ctx, c, began, ended)
	end()
	if err == nil {
		err = <-ended
	}
	if err != nil {
		return bench.Download{}, errors.Join(err, r.Close())
	}
	after := r.Hello(false)
	phone.token, phone.next = after.Token, after.Next
	wrong, err := d.shown(c)
	return bench.Download{Records: d.filled(), Took: took, Wrong: func() []string { return wrong }}, errors.Join(err, r.Close())
}

// openClient makes a client with an empty database, which the replica closes.
func (d *driver) openClient(phone *Device, dir string) (c *device.Client, r *replica.Replica, err error) {
	table, err := model.NewTable(model.Builtin(), nil)
	if err != nil {
		return nil, nil, err
	}
	key := make([]byte, 32)
	rand.Read(key) // never fails
	r, err = device.OpenReplica(filepath.Join(dir, "replica.db"), key, table)
	if err != nil {
		return nil, nil, err
	}
	address, host, err := device.SocketURL(d.server, phone.Tenant)
	if err == nil {
		err = r.SignedIn(phone.Identity)
	}
	if err == nil {
		c, err = device.New(device.Config{
			Replica: r, Signer: signer{phone}, Host: host, App: "bench",
			Dial: func(ctx context.Context) (protocol.Conn, error) {
				return wsconn.Dial(ctx, address, http.Header{}, wsconn.Config{})
			},
		})
	}
	if err != nil {
		return nil, nil, errors.Join(err, r.Close())
	}
	return c, r, nil
}

// complete waits until all of a first download is in the database.
func complete(ctx context.Context, c *device.Client, began time.Time, ended chan error) (time.Duration, error) {
	for {
		if s := c.Status(); s.State == device.StateConnected && !s.Downloading {
			return time.Since(began), nil
		}
		select {
		case <-c.Changed():
		case err := <-ended:
			return 0, fmt.Errorf("the client stopped: %w", err)
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
}

// shown compares what the client's user sees with the books.
func (d *driver) shown(c *device.Client) ([]string, error) {
	records, err := c.List(model.Customers, model.RecordID{})
	if err != nil {
		return nil, err
	}
	rows := make([]model.Row, len(records))
	for i, r := range records {
		rows[i] = r.Row
	}
	return d.compare(rows, c.Who().User), nil
}

// signer signs as a phone's key store does.
type signer struct{ *Device }

// Sign implements the client's Signer.
func (s signer) Sign(proof []byte) ([]byte, error) {
	sum := sha256.Sum256(proof)
	return s.Key.Sign(nil, sum[:], crypto.SHA256)
}
