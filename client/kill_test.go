package client_test

import (
	"bufio"
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

const victimFile = "FIELDSYNC_VICTIM"

// TestMain is also the victim of TestKilled: a process that saves work until somebody kills it.
func TestMain(m *testing.M) {
	if file := os.Getenv(victimFile); file != "" {
		if err := victim(file); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

var bob = replica.Identity{Tenant: model.TenantID{1}, User: model.UserID{2}, Device: model.DeviceID{3}, Session: model.SessionID{4}, Name: "Bob", Kind: model.Mobile}

// victim says of each change that it is saved, after Save said so. Every second Save is a group of two.
func victim(file string) error {
	local, err := client.OpenSQLite(file, testKey)
	if err != nil {
		return err
	}
	r, err := replica.Open(local, replica.Config{Random: rand.Reader})
	if err != nil {
		return err
	}
	if r.Who().User.IsZero() {
		if err := r.SignedIn(bob); err != nil {
			return err
		}
		head := protocol.PageHeader{Continues: protocol.CursorTag(nil), Cursor: []byte("cursor"), Final: true, Base: []byte("a base token")}
		if _, err := r.ApplyPage(head, protocol.PageBody{}); err != nil {
			return err
		}
	}
	one := replica.Draft{Op: model.OpCreate, Collection: model.Jobs, Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text("work")}}}
	for i := 0; ; i++ {
		drafts := []replica.Draft{one}
		if i%2 == 1 {
			drafts = append(drafts, one)
		}
		saved, err := r.Save(replica.Moment{Wall: 1, Mono: 1, Boot: 1}, drafts...)
		if err != nil {
			return err
		}
		for _, s := range saved {
			fmt.Println(s.Change)
		}
	}
}

// A real process, killed again and again while it saves: what it was told is saved is there, and no group is half.
func TestKilled(t *testing.T) {
	file := filepath.Join(t.TempDir(), "victim")
	told := map[model.ChangeID]bool{}
	for round := 1; round <= 6; round++ {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
		cmd.Env = append(os.Environ(), victimFile+"="+file)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for n := 0; n < 5*round && lines.Scan(); n++ {
			id, err := hex.DecodeString(lines.Text())
			if err != nil || len(id) != 16 {
				t.Fatalf("the victim says %q", lines.Text())
			}
			told[model.ChangeID(id)] = true
		}
		if err := cmd.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = cmd.Wait() // killed: that is what it says
		inspect(t, file, told)
	}
}

func inspect(t *testing.T, file string, told map[model.ChangeID]bool) {
	t.Helper()
	local, err := client.OpenSQLite(file, testKey)
	if err != nil {
		t.Fatal(err)
	}
	defer local.Close()
	r, err := replica.Open(local, replica.Config{Random: rand.Reader})
	if err != nil {
		t.Fatal(err)
	}
	members := map[model.GroupID]int{}
	have := map[model.ChangeID]bool{}
	for _, e := range r.Outbox() {
		have[e.Change] = true
		if !e.Group.IsZero() {
			members[e.Group]++
		}
	}
	for id := range told {
		if !have[id] {
			t.Errorf("%v was saved and is gone", id)
		}
	}
	for g, n := range members {
		if n != 2 {
			t.Errorf("group %v has %d members of 2", g, n)
		}
	}
}
