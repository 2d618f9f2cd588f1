package session

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// Hub knows who is connected to this process. Everything it knows is a hint: a lost or late word costs time, never
// correctness, since every commit and every page checks the slot again. Its methods never block on a device.
type Hub struct {
	mu      sync.Mutex // guards the fields below and every member's mail
	all     map[*member]struct{}
	devices map[deviceKey]*member
	tenants map[model.TenantID]map[*member]struct{}
	watches map[watched]map[*watch]struct{}
	leaving bool
	after   time.Duration
	empty   chan struct{} // closed when leaving and nobody is left
}

// deviceKey names the one live socket a device has. The hand-in lane is another: a phone on which B signed in may
// still hand in what A left there (domain F13).
type deviceKey struct {
	tenant model.TenantID
	device model.DeviceID
	handIn bool
}

// member is a connection in the hub.
type member struct {
	ring func() // says that there is mail; it must not block, nor call the hub
	conn model.Connection
	key  deviceKey
	left bool
	told bool // of a commit that it has not looked for yet: one word is enough for all of them
	sight
	mail mail
}

// sight is which audiences a connection's device is in, as far as the hub knows.
type sight struct {
	audiences []model.Audience // ascending
	known     bool
	version   uint64 // grows whenever it ceases to be known
}

// Touched is what a commit touched.
type Touched struct {
	// Audiences are those that a record the commit wrote is in or has left, ascending: who is in none of them sees nothing
	// new.
	Audiences []model.Audience
	// Rights says that who sees what may have changed for everybody: settings, audiences that got a number; or that something of what
	// waited for the office was decided, and whose it was is not known.
	Rights bool
	// Users are those for whom alone it may have changed.
	Users []model.UserID
	// Held are those of whose work something waits for the office, or does not any more.
	Held []model.UserID
	// History says that there is something new for those who watch ([Hub.Watch]).
	History bool
	// Board says that it may look different who is signed in where ([Hub.WatchBoard]).
	Board bool
}

// mail is what waits for a connection's owner; a second word of a kind replaces the first.
type mail struct {
	notify   bool          // the tenant committed something
	held     bool          // something that waited for the office may wait no more
	replaced bool          // the same device opened another connection
	leaving  bool          // the process is going away
	ended    *model.Ended  // the session has ended, durably
	drain    *drainRequest // the session is about to end
}

// drainRequest asks a device to send what it has.
type drainRequest struct {
	reason model.EndReason
	within time.Duration
	heard  signal        // the device has said something since
	done   signal        // the device is empty or gone
	before *drainRequest // of somebody who asked earlier and waits as well; nil: nobody
}

// signal is something that happens once.
type signal struct {
	once sync.Once
	c    chan struct{}
}

func (s *signal) fire() { s.once.Do(func() { close(s.c) }) }

// answer says to everybody who waits that the device has been heard.
func (d *drainRequest) answer() {
	for ; d != nil; d = d.before {
		d.heard.fire()
	}
}

// finish answers everybody who waits.
func (d *drainRequest) finish() {
	for ; d != nil; d = d.before {
		d.done.fire()
	}
}

// NewHub makes an empty hub.
func NewHub() *Hub {
	return &Hub{
		all: map[*member]struct{}{}, devices: map[deviceKey]*member{},
		tenants: map[model.TenantID]map[*member]struct{}{}, watches: map[watched]map[*watch]struct{}{},
		empty: make(chan struct{}),
	}
}

// enter admits a connection that has not said hello; ok is false when the process is leaving.
func (h *Hub) enter(ring func()) (m *member, ok bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.leaving {
		return nil, false
	}
	m = &member{ring: ring}
	h.all[m] = struct{}{}
	return m, true
}

// name says who a connection is. An older connection of the same device is told that it has been replaced.
func (h *Hub) name(m *member, c model.Connection) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.conn = c
	m.key = deviceKey{c.Tenant, c.Device, c.Lane != model.LaneLive}
	if older := h.devices[m.key]; older != nil && older != m {
		older.mail.replaced = true
		older.ring()
	}
	h.devices[m.key] = m
	if h.tenants[c.Tenant] == nil {
		h.tenants[c.Tenant] = map[*member]struct{}{}
	}
	h.tenants[c.Tenant][m] = struct{}{}
}

// leave removes a connection, and nothing that belongs to another one (DESIGN §7, RS-E4).
func (h *Hub) leave(m *member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.left {
		return
	}
	m.left = true
	m.mail.drain.finish()
	delete(h.all, m)
	if h.devices[m.key] == m || planted("clean-up-by-device") {
		delete(h.devices, m.key)
	}
	if planted("clean-up-by-user") {
		maps.DeleteFunc(h.devices, func(_ deviceKey, other *member) bool { return other.conn.User == m.conn.User })
	}
	if set := h.tenants[m.conn.Tenant]; set != nil {
		delete(set, m)
		if planted("clean-up-by-user") {
			maps.DeleteFunc(set, func(other *member, _ struct{}) bool { return other.conn.User == m.conn.User })
		}
		if len(set) == 0 {
			delete(h.tenants, m.conn.Tenant)
		}
	}
	if h.leaving && len(h.all) == 0 {
		close(h.empty)
	}
}

// collect takes a connection's mail.
func (h *Hub) collect(m *member) mail {
	h.mu.Lock()
	defer h.mu.Unlock()
	got := m.mail
	m.mail = mail{}
	return got
}

// looks says that a connection is about to look for what is new: it is told of every commit from now on. The version is
// for [Hub.sees]; known says that the hub need not hear of the connection's audiences.
func (h *Hub) looks(m *member) (version uint64, known bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	m.told = false
	return m.version, m.known
}

// sees says which audiences a connection's device is in, as they were after looks said this version.
func (h *Hub) sees(m *member, version uint64, audiences []model.Audience) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if m.version == version {
		m.audiences, m.known = audiences, true
	}
}

// Committed says what a tenant's commit touched, after it is durable. Connections whose devices are in none of its
// audiences are left alone: a busy company has a hundred commits a second, and a phone sees few of them.
func (h *Hub) Committed(t model.TenantID, touched Touched) {
	concerned := h.concerned(t, touched)
	if len(concerned) > crowd {
		go ring(concerned)
		return
	}
	ring(concerned)
}

// crowd is how many connections a commit may wake before its author has the answer: what wakes more goes on beside it.
const crowd = 16

// ring says to connections that there is mail. The hub is not locked: whoever is rung comes for it at once, and one that has
// left meanwhile takes no notice.
func ring(members []*member) {
	for _, m := range members {
		m.ring()
	}
}

// concerned puts word of a commit into the mail of those who may see something new.
func (h *Hub) concerned(t model.TenantID, touched Touched) (out []*member) {
	h.mu.Lock()
	defer h.mu.Unlock()
	rights := touched.Rights || len(touched.Users) > 0
	if touched.History || rights {
		h.wake(watched{tenant: t})
	}
	if touched.Board || rights {
		h.wake(watched{tenant: t, board: true})
	}
	if !rights && len(touched.Audiences)+len(touched.Held) == 0 {
		return nil
	}
	for m := range h.tenants[t] {
		if touched.Rights || slices.Contains(touched.Users, m.conn.User) {
			m.sight = sight{version: m.version + 1}
		}
		news := !m.told && (!m.known || common(m.audiences, touched.Audiences))
		if news {
			m.told, m.mail.notify = true, true
		}
		held := touched.Rights || slices.Contains(touched.Held, m.conn.User)
		m.mail.held = m.mail.held || held
		if news || held {
			out = append(out, m)
		}
	}
	return out
}

// wake tells those who watch. The caller holds mu.
func (h *Hub) wake(what watched) {
	for w := range h.watches[what] {
		close(w.woken)
	}
	delete(h.watches, what)
}

// common says whether two ascending lists have anything in common.
func common(a, b []model.Audience) bool {
	for len(a) > 0 && len(b) > 0 {
		switch {
		case a[0] == b[0]:
			return true
		case a[0] < b[0]:
			a = a[1:]
		default:
			b = b[1:]
		}
	}
	return false
}

// watch waits for one word of a tenant.
type watch struct{ woken chan struct{} }

// watched is what somebody waits for: the tenant's history, or its board.
type watched struct {
	tenant model.TenantID
	board  bool
}

// Watch waits for what the tenant commits next: woken is closed by the first [Hub.Committed] after the call that touched
// history. The caller must call stop when it waits no longer; it may call it more than once. Whoever watches first and
// looks then misses nothing.
func (h *Hub) Watch(t model.TenantID) (woken <-chan struct{}, stop func()) {
	return h.watch(watched{tenant: t})
}

// WatchBoard does so for who is signed in where, and what is unsent there.
func (h *Hub) WatchBoard(t model.TenantID) (woken <-chan struct{}, stop func()) {
	return h.watch(watched{tenant: t, board: true})
}

func (h *Hub) watch(what watched) (woken <-chan struct{}, stop func()) {
	w := &watch{woken: make(chan struct{})}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.watches[what] == nil {
		h.watches[what] = map[*watch]struct{}{}
	}
	h.watches[what][w] = struct{}{}
	return w.woken, func() { h.unwatch(what, w) }
}

func (h *Hub) unwatch(what watched, w *watch) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if delete(h.watches[what], w); len(h.watches[what]) == 0 {
		delete(h.watches, what)
	}
}

// Ended tells the connections of a session that it is over. The caller must call it only after the end is durable.
func (h *Hub) Ended(e model.Ended) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.tenants[e.Tenant] {
		if m.conn.Lane == model.LaneLive && m.conn.User == e.User && m.conn.Session == e.Session && m.conn.Epoch <= e.Epoch {
			m.mail.ended = &e
			m.ring()
		}
	}
	h.wake(watched{tenant: e.Tenant}) // whoever waits for news under that session is told that it is over
	h.wake(watched{tenant: e.Tenant, board: true})
}

// unreachable is how long a device that is asked to drain may be silent. One with nothing to send says so at once, and the
// connection of one that is out of reach stays open for a minute: nobody waits that long for it (domain F2).
const unreachable = 5 * time.Second

// Drain asks the live device of a user's epoch to send what it has and returns when it is empty, gone, out of reach, or out
// of time. Nothing of it is durable (write-verification W18): whoever asked goes on with his compare-and-set.
func (h *Hub) Drain(ctx context.Context, t model.TenantID, u model.UserID, epoch model.Epoch, why model.EndReason, within time.Duration) {
	request := &drainRequest{reason: why, within: within, heard: signal{c: make(chan struct{})}, done: signal{c: make(chan struct{})}}
	if !h.ask(t, u, epoch, request) {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	silent := time.NewTimer(unreachable)
	defer silent.Stop()
	select {
	case <-request.heard.c:
	case <-request.done.c:
	case <-silent.C:
		return
	case <-ctx.Done():
	}
	select {
	case <-request.done.c:
	case <-ctx.Done():
	}
}

// ask puts a drain request into the mail of the epoch's device, if it is connected. Of its connections it is the one that
// no newer has replaced: an older one may take its time to close.
func (h *Hub) ask(t model.TenantID, u model.UserID, epoch model.Epoch, request *drainRequest) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for m := range h.tenants[t] {
		if m.conn.Lane == model.LaneLive && m.conn.User == u && m.conn.Epoch == epoch && h.devices[m.key] == m {
			request.before = m.mail.drain
			m.mail.drain = request
			m.ring()
			return true
		}
	}
	return false
}

// away is how long a device is asked to stay away when this process leaves.
func (h *Hub) away() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.after
}

// Connected counts the connections, those before their hello included.
func (h *Hub) Connected() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.all)
}

// Shutdown tells every connection that this process is going away and returns when all have finished what they had
// begun, or ctx ends. Devices are told not to come back before after, each a little later than the other.
func (h *Hub) Shutdown(ctx context.Context, after time.Duration) error {
	h.mu.Lock()
	if !h.leaving {
		h.leaving, h.after = true, after
		for m := range h.all {
			m.mail.leaving = true
			m.ring()
		}
		if len(h.all) == 0 {
			close(h.empty)
		}
	}
	h.mu.Unlock()
	select {
	case <-h.empty:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
