package session_test

import (
	"sync"
	"testing"

	"github.com/fieldsync/fieldsync/session"
	"github.com/fieldsync/fieldsync/sync/model"
)

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

var history = session.Touched{History: true}

func TestWatch(t *testing.T) {
	hub := session.NewHub()
	ours, theirs := model.TenantID{1}, model.TenantID{2}
	hub.Committed(ours, history) // before anybody watches: nobody's
	a, stopA := hub.Watch(ours)
	b, stopB := hub.Watch(ours)
	other, stopOther := hub.Watch(theirs)
	defer stopOther()
	stopB()
	stopB()
	if closed(a) || closed(b) || closed(other) {
		t.Fatal("woken by nothing")
	}
	hub.Committed(ours, history)
	if !closed(a) {
		t.Error("a commit did not wake who watched")
	}
	if closed(b) {
		t.Error("who stopped was woken")
	}
	if closed(other) {
		t.Error("another company's commit woke")
	}
	stopA()                      // after it was woken
	hub.Committed(ours, history) // nobody is there twice
	again, stop := hub.Watch(ours)
	defer stop()
	if closed(again) {
		t.Error("a commit before the call woke")
	}
	if n := hub.Watches(); n != 2 {
		t.Errorf("%d watches are kept, want the 2 that nobody stopped", n)
	}
}

// TestWatchHearsOfEndsAndRights: whoever waits under a session that ends, or under rights that change, looks again.
func TestWatchHearsOfEndsAndRights(t *testing.T) {
	hub := session.NewHub()
	tenant := model.TenantID{1}
	for why, tell := range map[string]func(){
		"an end":          func() { hub.Ended(model.Ended{Tenant: tenant}) },
		"other rights":    func() { hub.Committed(tenant, session.Touched{Rights: true}) },
		"nothing of note": nil,
	} {
		woken, stop := hub.Watch(tenant)
		if tell != nil {
			tell()
		} else {
			hub.Committed(tenant, session.Touched{Audiences: []model.Audience{7}})
		}
		if closed(woken) != (tell != nil) {
			t.Errorf("%s wakes: %v", why, closed(woken))
		}
		stop()
	}
}

func TestEveryWatchIsWoken(t *testing.T) {
	hub := session.NewHub()
	tenant := model.TenantID{1}
	var wait sync.WaitGroup
	for range 50 {
		woken, stop := hub.Watch(tenant)
		wait.Go(func() {
			defer stop()
			<-woken
		})
		wait.Go(func() { hub.Committed(tenant, history) })
	}
	hub.Committed(tenant, history)
	wait.Wait()
}
