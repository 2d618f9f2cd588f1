package bench

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of processor time in /proc: a hundredth of a second on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// usageOf reads what a process has used; 0 is this one.
func usageOf(pid int) (Usage, error) {
	dir := "/proc/self"
	if pid != 0 {
		dir = "/proc/" + strconv.Itoa(pid)
	}
	stat, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return Usage{}, fmt.Errorf("read what a process uses: %w", err)
	}
	// The name, in parentheses, may hold anything; behind it, state is field 3, utime 14 and stime 15.
	at := bytes.LastIndexByte(stat, ')')
	fields := strings.Fields(string(stat[at+1:]))
	memory, err := os.ReadFile(dir + "/statm")
	if err != nil {
		return Usage{}, fmt.Errorf("read what a process uses: %w", err)
	}
	pages := strings.Fields(string(memory))
	if at < 0 || len(fields) < 13 || len(pages) < 2 {
		return Usage{}, errUnknown
	}
	var n [3]int64
	for i, text := range []string{fields[11], fields[12], pages[1]} {
		if n[i], err = strconv.ParseInt(text, 10, 64); err != nil {
			return Usage{}, errUnknown
		}
	}
	return Usage{CPU: time.Duration(n[0]+n[1]) * tick, Memory: n[2] * int64(os.Getpagesize())}, nil
}

// machineCPU is the processor time that everything on this machine has taken; 0: unknown.
func machineCPU() time.Duration {
	stat, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(stat), "\n")
	var ticks int64
	for i, text := range strings.Fields(line) {
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil || i == 4 || i == 5 || i > 7 { // the name; idle, waiting for a disk; what a guest took, counted before
			continue
		}
		ticks += n
	}
	return time.Duration(ticks) * tick
}

// openFiles raises the limit of open files as far as it goes and says what it is then.
func openFiles() int {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	if limit.Cur < limit.Max {
		limit.Cur = limit.Max
		if syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit) != nil {
			_ = syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit) // what it was
		}
	}
	return int(min(limit.Cur, 1<<30))
}
