package main

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/bench"
	"github.com/fieldsync/fieldsync/bench/fleet"
	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/engine"
	"github.com/fieldsync/fieldsync/sync/model"
)

// benchCrew makes the people of a benchmark, and signs their devices in, before anything is measured.
type benchCrew struct {
	server string
	tenant string
	people []benchPerson
}

// benchPerson is somebody at a gateway that runs already.
type benchPerson struct{ login, password string }

// local makes companies, people and sessions in a store that no server has open yet. They have no passwords and nothing
// is hashed: a sign-in is not what is measured, and thousands of them would take minutes.
func (b *benchCrew) local(ctx context.Context, dir string, need bench.Need) (all fleet.Companies, err error) {
	set := settings{data: dir}
	store, err := openStore(&set, slog.New(slog.DiscardHandler))
	if err != nil {
		return all, err
	}
	defer func() { err = errors.Join(err, store.Close()) }()
	e := engine.New(engine.Config{Store: store, Random: rand.Reader, Decode: protocol.DecodeChange})
	for _, c := range []struct {
		to     *fleet.Company
		name   string
		phones int
	}{
		{&all.Work, "work", need.Writers},
		{&all.Circle, "circle", need.Listeners},
		{&all.Readers, "readers", need.Readers},
		{&all.Crowd, "crowd", need.Crowd},
		{&all.Holders, "holders", need.Holders},
		{&all.Seats, "seats", need.Seats},
	} {
		if c.phones == 0 {
			continue
		}
		if *c.to, err = benchCompany(ctx, e, c.name, c.phones); err != nil {
			return all, err
		}
	}
	return all, benchTickets(ctx, e, all.Seats, need.Tickets)
}

// benchCompany is a company of one planner and so many engineers, who may look customers up and so have the directory.
func benchCompany(ctx context.Context, e *engine.Engine, name string, phones int) (c fleet.Company, err error) {
	c.Name = name
	tenant, err := e.AddTenant(ctx, name, benchNow())
	if err != nil {
		return c, err
	}
	levels, err := access.DefaultSets(model.Mobile).With(access.Mobile, map[string]string{"customers": "full", "create_job": "on"})
	if err != nil {
		return c, err
	}
	if c.Desk, err = benchDevice(ctx, e, tenant, "desk", model.Desktop, access.RoleSets(access.Planner)); err != nil {
		return c, err
	}
	c.Phones = make([]*fleet.Device, phones)
	err = bench.Each(ctx, phones, bench.Opening, func(i int) (err error) {
		c.Phones[i], err = benchDevice(ctx, e, tenant, fmt.Sprintf("phone%d", i), model.Mobile, levels)
		return err
	})
	return c, err
}

// benchTickets gives everybody of a company so many tickets to sign in by.
func benchTickets(ctx context.Context, e *engine.Engine, c fleet.Company, n int) error {
	return bench.Each(ctx, len(c.Phones), bench.Opening, func(i int) error {
		d := c.Phones[i]
		d.Tickets = make([][32]byte, n)
		for j := range d.Tickets {
			rand.Read(d.Tickets[j][:]) // never fails
			_, err := e.AddTicket(ctx, d.Tenant, model.NewTicket{
				Kind: model.TicketSignIn, Hash: sha256.Sum256(d.Tickets[j][:]), User: d.User, Proven: benchNow(),
			}, benchNow())
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func benchNow() model.Instant { return model.Instant(time.Now().UnixMilli()) }

// benchDevice adds a person and signs a device of theirs in.
func benchDevice(ctx context.Context, e *engine.Engine, t model.TenantID, login string, kind model.UserKind, sets access.Sets) (*fleet.Device, error) {
	user, err := e.AddAccount(ctx, t, engine.NewAccount{Login: login, Name: login, Kind: kind, Levels: sets.Encode()}, benchNow())
	if err != nil {
		return nil, err
	}
	d, public, err := benchKey()
	if err != nil {
		return nil, err
	}
	rand.Read(d.Secret[:]) // never fails
	in, err := e.SignIn(ctx, model.SignIn{
		Tenant: t, User: user, Kind: kind, PublicKey: public, Label: login, Platform: "bench", App: appName(),
		TokenHash: sha256.Sum256(d.Secret[:]),
	}, benchNow())
	if err != nil {
		return nil, err
	}
	secret := d.Secret
	d.Identity = replica.Identity{Tenant: t, User: user, Device: in.Device, Session: in.Session, Secret: secret, Name: login, Kind: kind}
	return d, nil
}

// benchKey is a device with a key and nothing else.
func benchKey() (*fleet.Device, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, fmt.Errorf("make a device key: %w", err)
	}
	public, err := protocol.PublicKey(key)
	return &fleet.Device{Key: key}, public, err
}

// remote signs the people in at a gateway that runs already, each on a device of their own. Whoever is signed in
// elsewhere is taken over: they are there for the benchmark alone.
func (b *benchCrew) remote(ctx context.Context, _ string, _ bench.Need) (all fleet.Companies, err error) {
	var c fleet.Company
	for _, p := range b.people {
		d, err := b.signIn(ctx, p)
		if err != nil {
			return all, fmt.Errorf("sign %s in: %w", p.login, err)
		}
		switch {
		case d.Kind != model.Desktop:
			c.Phones = append(c.Phones, d)
		case c.Desk == nil:
			c.Desk = d
		}
	}
	if c.Desk == nil {
		return all, usagef("among the people in --users is none of the office, who makes customers and jobs")
	}
	return fleet.Companies{Work: c, Circle: c, Readers: c, Crowd: c}, nil
}

func (b *benchCrew) signIn(ctx context.Context, p benchPerson) (*fleet.Device, error) {
	d, public, err := benchKey()
	if err != nil {
		return nil, err
	}
	ask := device.Credentials{
		Tenant: b.tenant, Login: p.login, Password: p.password, PublicKey: public, Label: "benchmark", Platform: "bench", App: appName(),
	}
	d.Identity, err = device.SignIn(ctx, nil, b.server, ask)
	if active, ok := errors.AsType[*device.ActiveError](err); ok {
		ask.TakeOver = active.Epoch
		d.Identity, err = device.SignIn(ctx, nil, b.server, ask)
	}
	return d, err
}

// maxBenchPeople bounds the file: each is a password that the gateway hashes before anything is measured.
const maxBenchPeople = 1000

// benchPeople reads the file of people.
func benchPeople(file string) (out []benchPerson, err error) {
	if file == "" {
		return nil, usagef("name the file of the company's people with --users")
	}
	f, err := os.Open(file)
	if err != nil {
		return nil, usagef("read the people: %v", err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		login, password, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		switch {
		case login == "" || login[0] == '#':
			continue
		case !ok:
			return nil, usagef("%s:%d: want a login and a password with a space between", file, n)
		}
		out = append(out, benchPerson{login, strings.TrimSpace(password)})
	}
	switch {
	case lines.Err() != nil:
		return nil, usagef("read the people: %v", lines.Err())
	case len(out) < 2:
		return nil, usagef("%s: somebody of the office and at least one phone are needed", file)
	case len(out) > maxBenchPeople:
		return nil, usagef("%s: at most %d people", file, maxBenchPeople)
	}
	return out, nil
}
