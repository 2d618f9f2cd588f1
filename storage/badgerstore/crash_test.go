package badgerstore_test

import (
	"bufio"
	"context"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/storage/badgerstore"
	"github.com/fieldsync/fieldsync/sync/model"
)

// The test binary is its own victim: with crashDir set it writes to the store there, and says on its standard output
// what was acknowledged, until it is killed. Killing a process does not test SyncWrites, since the page cache lives
// on (reliability-security §0.1); it tests that a commit is whole, that commits are in order, and that nothing is
// acknowledged before it is written.
const (
	crashDir   = "FIELDSYNC_CRASH_DIR"
	crashStall = "FIELDSYNC_CRASH_STALL" // the commit that never gets to the disk
	crashPlant = "FIELDSYNC_CRASH_ACK_FIRST"

	crashWriters = 4
)

// crashing is the child. It ends only by being killed.
func crashing(dir string) {
	cfg := config(dir)
	if os.Getenv(crashPlant) != "" {
		cfg.PlantAckFirst()
	}
	if stall, err := strconv.Atoi(os.Getenv(crashStall)); err == nil {
		commits := 0
		cfg.PlantCommit(func() error {
			if commits++; commits == stall {
				fmt.Println("stalled")
				select {}
			}
			return nil
		})
	}
	s, err := badgerstore.Open(cfg)
	if err != nil {
		fmt.Println("open:", err)
		return
	}
	var wait sync.WaitGroup
	for w := range byte(crashWriters) {
		wait.Go(func() { crashWriter(s, w) })
	}
	wait.Wait()
}

// crashWriter counts up, one call a number, and says what was acknowledged, one write a line.
func crashWriter(s storage.Store, w byte) {
	for {
		var n uint64
		h, err := s.Apply(context.Background(), tenant, 1, func(r storage.Reader) (*storage.WriteSet, error) {
			n = crashCount(r, w) + 1
			return crashWrites(w, n, r.Head().Next()), nil
		})
		if err != nil {
			fmt.Println("apply:", err)
			return
		}
		fmt.Printf("ack %d %d %d\n", w, n, uint64(h.Seq))
	}
}

// crashWrites is what number n of writer w writes: three rows and a record, of which none may be there alone.
func crashWrites(w byte, n uint64, seq model.Seq) *storage.WriteSet {
	number := binary.BigEndian.AppendUint64(nil, n)
	at := binary.BigEndian.AppendUint64(nil, uint64(seq))
	id := crashRecord(w, n)
	return &storage.WriteSet{
		Records: []*model.Record{{ID: id, Seq: seq, Memberships: []model.Membership{
			{Audience: model.Audience(w), Intervals: []model.Interval{{First: seq, In: seq}}},
		}}},
		Rows: []storage.RowWrite{
			{Table: storage.TableNumbers, Key: string([]byte{w}), Value: number},
			{Table: storage.TableAudit, Key: string([]byte{w}) + string(number), Value: at},
			{Table: storage.TableOutcomes, Key: string(id[:]), Value: at},
		},
	}
}

func crashRecord(w byte, n uint64) (id model.RecordID) {
	id[0] = w + 1
	binary.BigEndian.PutUint64(id[8:], n)
	return id
}

func crashCount(r storage.Reader, w byte) uint64 {
	b, ok := r.Row(storage.TableNumbers, string([]byte{w}))
	if !ok {
		return 0
	}
	return binary.BigEndian.Uint64(b)
}

// acks is what a child acknowledged: commit by writer and number.
type acks map[[2]uint64]uint64

// victim runs a child on dir until enough says so of a line, kills it, and adds all that it acknowledged to got.
func victim(t *testing.T, dir string, got acks, enough func(line string) bool, env ...string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), crashDir+"="+dir), env...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		line := lines.Text()
		var w, n, seq uint64
		if _, err := fmt.Sscanf(line, "ack %d %d %d", &w, &n, &seq); err == nil {
			got[[2]uint64{w, n}] = seq
		} else if line != "stalled" {
			t.Errorf("the child says %q", line)
		}
		if enough(line) {
			_ = cmd.Process.Kill() // it may be dead; what is in the pipe was acknowledged too, so read on
		}
	}
	_ = cmd.Wait()
}

// survived opens the store and says what is wrong with it, given what was acknowledged.
func survived(t *testing.T, dir string, got acks) (err error) {
	t.Helper()
	s, err := badgerstore.Open(config(dir))
	if err != nil {
		return err
	}
	defer func() {
		if e := s.Close(); e != nil {
			t.Error(e)
		}
	}()
	return s.View(t.Context(), tenant, func(r storage.Reader) error {
		commits := map[uint64]bool{}
		for w := range byte(crashWriters) {
			if err := wholePrefix(r, w, got, commits); err != nil {
				return err
			}
		}
		if head := uint64(r.Head().Seq); head != uint64(len(commits)) {
			return fmt.Errorf("head %d, but %d commits have rows", head, len(commits))
		}
		for a, seq := range got {
			if !commits[seq] || a[1] > crashCount(r, byte(a[0])) {
				return fmt.Errorf("number %d of writer %d was acknowledged and is not there", a[1], a[0])
			}
		}
		return nil
	})
}

// wholePrefix checks one writer's rows: numbers 1 to its counter, in the order of the commits, each with everything
// that was written with it, and under the commit that was acknowledged.
func wholePrefix(r storage.Reader, w byte, got acks, commits map[uint64]bool) error {
	n, last := uint64(0), uint64(0)
	for _, value := range r.Rows(storage.TableAudit, string([]byte{w}), "") {
		n++
		seq := binary.BigEndian.Uint64(value)
		commits[seq] = true
		id := crashRecord(w, n)
		rec, ok := r.Record(id)
		at, found := r.Row(storage.TableOutcomes, string(id[:]))
		switch acked, known := got[[2]uint64{uint64(w), n}]; {
		case !ok || !found || uint64(rec.Seq) != seq || binary.BigEndian.Uint64(at) != seq:
			return fmt.Errorf("number %d of writer %d is there in part", n, w)
		case seq <= last || seq > uint64(r.Head().Seq):
			return fmt.Errorf("number %d of writer %d is of commit %d, after %d of %d", n, w, seq, last, r.Head().Seq)
		case known && acked != seq:
			return fmt.Errorf("number %d of writer %d was acknowledged as commit %d, is %d", n, w, acked, seq)
		}
		last = seq
	}
	members := uint64(0)
	for range r.Members(model.Audience(w), model.RecordID{}) {
		members++
	}
	if c := crashCount(r, w); c != n || members != n {
		return fmt.Errorf("writer %d: counter %d, %d rows, %d members", w, c, n, members)
	}
	return nil
}

func TestKilled(t *testing.T) {
	const seed = 1
	random := rand.New(rand.NewPCG(seed, 0))
	dir, got := t.TempDir(), acks{}
	for round := range 3 {
		count := 50 + random.IntN(400)
		victim(t, dir, got, func(string) bool { count--; return count <= 0 })
		if err := survived(t, dir, got); err != nil {
			t.Fatalf("seed %d, round %d: %v", seed, round, err)
		}
	}
	t.Logf("%d acknowledged numbers are there", len(got))
}

// TestKilledBeforeTheWrite stops a commit just before it is written and kills the process there. The same check must
// find the store that acknowledges before it writes.
func TestKilledBeforeTheWrite(t *testing.T) {
	const stall = 20
	stalls := fmt.Sprint(crashStall, "=", stall)
	dir, got := t.TempDir(), acks{}
	victim(t, dir, got, func(line string) bool { return line == "stalled" }, stalls)
	if err := survived(t, dir, got); err != nil || len(got) < stall-1 {
		t.Errorf("%d acknowledged: %v", len(got), err)
	}

	dir, got = t.TempDir(), acks{}
	stalled, early := false, false
	victim(t, dir, got, func(line string) bool {
		stalled = stalled || line == "stalled"
		early = early || strings.HasSuffix(line, fmt.Sprint(" ", stall))
		return stalled && early
	}, stalls, crashPlant+"=1")
	err := survived(t, dir, got)
	if err == nil || !strings.Contains(err.Error(), "was acknowledged and is not there") {
		t.Errorf("a store that acknowledges before it writes: %v, want it to be found", err)
	}
}
