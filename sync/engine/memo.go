package engine

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
)

// memo remembers what was made of rows: to read a company's row, or to work out what a user may see, costs more than most
// decisions. What is remembered is good for the very bytes it was made of and for no others, so it is never stale and
// may be forgotten at any time. It is shared: it must not be changed.
type memo[K comparable, V any] struct {
	mu   sync.RWMutex
	made map[K]made[V]
}

type made[V any] struct {
	of    [2][]byte
	value V
}

// maxMemo bounds each memo: some kilobytes a user make some megabytes.
const maxMemo = 1024

// of is what was made of some rows, or what is made of them now. An error is not remembered.
func (m *memo[K, V]) of(key K, rows [2][]byte, make func() (V, error)) (V, error) {
	m.mu.RLock()
	have, ok := m.made[key]
	m.mu.RUnlock()
	if ok && bytes.Equal(have.of[0], rows[0]) && bytes.Equal(have.of[1], rows[1]) {
		return have.value, nil
	}
	value, err := make()
	if err != nil {
		return value, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.made == nil || len(m.made) >= maxMemo {
		m.made = map[K]made[V]{}
	}
	m.made[key] = made[V]{rows, value}
	return value, nil
}

// company is what a tenant's row says.
type company struct {
	tenant storage.Tenant
	table  *model.Table
}

// company reads a tenant's row.
func (e *Engine) company(id model.TenantID, raw []byte) (*company, error) {
	return e.companies.of(id, [2][]byte{raw}, func() (*company, error) {
		tenant, err := storage.ParseTenant(raw)
		if err != nil {
			return nil, fmt.Errorf("read the tenant's row: %w", err)
		}
		tenant.Keys, tenant.Custom = slices.Clip(tenant.Keys), slices.Clip(tenant.Custom)
		if len(tenant.Custom) == 0 {
			return &company{tenant, e.builtin}, nil
		}
		table, err := model.NewTable(model.Builtin(), tenant.Custom)
		if err != nil {
			return nil, fmt.Errorf("join the company's own fields: %w", err)
		}
		return &company{tenant, table}, nil
	})
}

// person is what a user's and the tenant's row say of a user.
type person struct {
	account storage.Account
	who     access.Principal
	err     error // of who and views: the rights are not known
	views   [lastStep + 1]model.View
}

// personID is a user as one kind of principal.
type personID struct {
	tenant model.TenantID
	life   model.Incarnation
	user   model.UserID
	kind   model.UserKind
}

// person finds a user as one kind of principal, or as the account's own for 0: model.ErrToken when there is none. What
// they see depends on the tenant's row too, which says how many audiences there are, and how often clients were linked.
func (t *tx) person(u model.UserID, kind model.UserKind) (*person, error) {
	raw, ok := t.row(storage.TableAccounts, string(u[:]))
	if !ok {
		return nil, model.ErrToken
	}
	if t.tenanted {
		return t.makePerson(raw, kind) // by what this decision has made of the company
	}
	rows := [2][]byte{raw, t.raw}
	if planted("leak-rights-remembered") {
		rows = [2][]byte{}
	}
	return t.e.people.of(personID{t.id, t.head.Lineage.Present(), u, kind}, rows, func() (*person, error) {
		p, err := t.makePerson(raw, kind)
		if err == nil && t.r.Failed() {
			return nil, errFailed // an audience that could not be read would be remembered as none
		}
		return p, err
	})
}

// errFailed ends a decision or a view in which a lookup failed; the store answers with the cause in its place.
var errFailed = errors.New("a lookup failed")

func (t *tx) makePerson(raw []byte, kind model.UserKind) (*person, error) {
	account, err := storage.ParseAccount(raw)
	if err != nil {
		t.fail(fmt.Errorf("read a user: %w", err))
		return nil, err
	}
	if kind == 0 {
		kind = account.Kind
	}
	p := &person{account: account}
	if p.who, p.err = principal(account, kind, t.tenant.Settings); p.err == nil {
		if kind == model.Portal {
			p.who.Linked = t.linked(account.Company)
		}
		p.err = t.show(p)
	}
	return p, nil
}

// show works out what a person sees, and how much of it at each step of a first sync: steps differ in audiences alone, so
// each is looked up once.
func (t *tx) show(p *person) error {
	from := map[model.Audience]uint8{}
	whole, err := access.NewView(p.who, func(n model.AudienceName) (model.Audience, bool) {
		a, ok := t.number(n)
		if ok {
			from[a] = stepOf(n.Kind)
		}
		return a, ok
	})
	if err != nil {
		return err
	}
	for step := range p.views {
		p.views[step] = whole
		p.views[step].Audiences = slices.DeleteFunc(slices.Clone(whole.Audiences), func(a model.Audience) bool {
			return int(from[a]) > step
		})
	}
	return nil
}
