package bench

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"strings"
)

// obeyed is the answer to an order that was followed.
const obeyed = "done"

// Obey follows the orders that a measured server gets on its standard input, one a line, and answers each on out:
//
//	cpu FILE     profile the processor into FILE, until "cpu -"
//	heap FILE    write what is in memory, after a collection; beside it, in FILE.txt, what memory is used for before that
//
// It returns when the input ends: whoever started the server is gone, and the server should go too.
func Obey(in io.Reader, out io.Writer) {
	lines := bufio.NewScanner(in)
	var profile *os.File
	for lines.Scan() {
		what, file, _ := strings.Cut(lines.Text(), " ")
		answer := obeyed
		if err := obey(&profile, what, file); err != nil {
			answer = err.Error()
		}
		fmt.Fprintln(out, answer)
	}
	if profile != nil {
		_ = obey(&profile, "cpu", "-") // nobody listens any more
	}
}

func obey(profile **os.File, what, file string) error {
	switch {
	case what == "cpu" && file == "-":
		pprof.StopCPUProfile()
		open := *profile
		if *profile = nil; open == nil {
			return nil
		}
		return open.Close()
	case what == "cpu":
		f, err := os.Create(file)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			f.Close()
			return err
		}
		*profile = f
		return nil
	case what == "heap":
		return heap(file)
	}
	return fmt.Errorf("no such order: %q", what)
}

// heap writes what is in memory.
func heap(file string) error {
	var b strings.Builder
	for _, m := range metrics.All() {
		if !strings.HasPrefix(m.Name, "/memory/classes/") && m.Name != "/sched/goroutines:goroutines" {
			continue
		}
		sample := []metrics.Sample{{Name: m.Name}}
		metrics.Read(sample)
		if sample[0].Value.Kind() == metrics.KindUint64 {
			fmt.Fprintf(&b, "%s\t%d\n", m.Name, sample[0].Value.Uint64())
		}
	}
	if err := os.WriteFile(file+".txt", []byte(b.String()), 0o600); err != nil {
		return err
	}
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	runtime.GC()
	return errors.Join(pprof.WriteHeapProfile(f), f.Close())
}
