package bench

import (
	"errors"
	"time"
)

// Usage is what a process has used so far.
type Usage struct {
	CPU    time.Duration
	Memory int64 // resident set, bytes
}

// errUnknown says that this system does not tell what a process uses.
var errUnknown = errors.New("not measured on this system")

// metered is what was used between two moments.
type metered struct {
	server, client Usage
	others         float64 // cores that anything else on this machine took
}

// meter begins to measure a server and this process; the function it returns says what was used since. What the system
// does not tell is zero.
func meter(server func() (Usage, error)) (end func() (metered, error), err error) {
	began := time.Now()
	s0, c0, all0, err := look(server)
	if err != nil {
		return nil, err
	}
	return func() (m metered, err error) {
		s, c, all, err := look(server)
		m.server = Usage{CPU: s.CPU - s0.CPU, Memory: s.Memory}
		m.client = Usage{CPU: c.CPU - c0.CPU, Memory: c.Memory}
		if all > all0 {
			m.others = max(0, (all-all0-m.server.CPU-m.client.CPU).Seconds()/time.Since(began).Seconds())
		}
		return m, err
	}, nil
}

// look reads what a server, this process and the whole machine have used so far.
func look(server func() (Usage, error)) (s, c Usage, all time.Duration, err error) {
	if s, err = server(); err == nil {
		c, err = usageOf(0)
	}
	if errors.Is(err, errUnknown) {
		return Usage{}, Usage{}, 0, nil
	}
	return s, c, machineCPU(), err
}
