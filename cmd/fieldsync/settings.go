package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"
)

// settings is everything that can be set. define is its one definition: a flag --drain-wait is also the variable
// FIELDSYNC_DRAIN_WAIT and the line "drain-wait = 30s" of the file. A flag goes before a variable, a variable before
// the file.
type settings struct {
	config       string
	data         string
	listen       string
	tlsCert      string
	tlsKey       string
	hosts        list
	origins      list
	proxyHeader  string
	logFormat    string
	logLevel     string
	drainWait    time.Duration
	shutdownWait time.Duration
	stayAway     time.Duration

	metricsListen string

	webhooksPrivate bool
}

func (s *settings) define(f *flag.FlagSet) {
	f.StringVar(&s.config, "config", "", "`file` of settings, one \"key = value\" a line, # comments")
	f.StringVar(&s.data, "data", "./data", "`directory` of the store and of the operator's socket; of a phone or an office: its folder, ./phone or ./desk")
	f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "`address` that devices connect to")
	f.StringVar(&s.tlsCert, "tls-cert", "", "certificate chain, PEM `file`; empty: plain HTTP, behind a proxy")
	f.StringVar(&s.tlsKey, "tls-key", "", "private key of the certificate, PEM `file`")
	f.StringVar(&s.metricsListen, "metrics-listen", "", "`address` where Prometheus finds /metrics, as 127.0.0.1:9100; it asks for no password. Empty: only the operator's socket has it")
	f.Var(&s.hosts, "hosts", "`names` devices reach this server by, comma-separated; empty: whatever they ask for")
	f.Var(&s.origins, "origins", "`origins` of web pages that may sign in and connect, comma-separated, as https://office.example")
	f.StringVar(&s.proxyHeader, "proxy-header", "", "`header` in which a trusted proxy appends the client's address")
	f.BoolVar(&s.webhooksPrivate, "webhooks-private", false, "let webhooks use plain HTTP and lead to this server's own network, for development")
	f.StringVar(&s.logFormat, "log-format", "text", "text or json")
	f.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	f.DurationVar(&s.drainWait, "drain-wait", 30*time.Second, "how long a device may send what it has before a takeover")
	f.DurationVar(&s.shutdownWait, "shutdown-wait", 25*time.Second, "how long a shutdown waits for what has begun")
	f.DurationVar(&s.stayAway, "stay-away", 2*time.Second, "how long devices stay away after a shutdown, up to twice that")
}

// list is comma-separated texts.
type list []string

// String joins what Set splits.
func (l *list) String() string { return strings.Join(*l, ",") }

// Set replaces the list.
func (l *list) Set(text string) error {
	*l = nil
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part != "" {
			*l = append(*l, part)
		}
	}
	return nil
}

// Origins of a value.
const (
	fromDefault = "default"
	fromFile    = "file"
	fromEnv     = "environment"
	fromFlag    = "flag"
)

// settingNames is what define defines.
func settingNames() (names []string) {
	f := flag.NewFlagSet("", flag.ContinueOnError)
	new(settings).define(f)
	f.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}

func envName(setting string) string {
	return "FIELDSYNC_" + strings.ToUpper(strings.ReplaceAll(setting, "-", "_"))
}

// fill sets what no flag has set: from the environment, then from the file. It notes where each value came from, and
// what cannot be read; it returns the first of that.
func (c *call) fill(lookup func(string) (string, bool)) error {
	c.from, c.where = map[string]string{}, map[string]string{}
	names := settingNames()
	for _, name := range names {
		c.from[name] = fromDefault
		if c.given(name) {
			c.from[name], c.where[name] = fromFlag, "--"+name
		} else if value, ok := lookup(envName(name)); ok {
			c.take(name, value, fromEnv, envName(name))
		}
	}
	if path := c.set.config; path != "" {
		lines, err := readSettings(path)
		if err != nil {
			c.faults = append(c.faults, fault{c.where["config"], err.Error()})
		}
		for _, l := range lines {
			where := fmt.Sprintf("%s:%d", path, l.number)
			switch {
			case l.bad != "":
				c.faults = append(c.faults, fault{where, l.bad})
			case c.from[l.key] == fromDefault:
				c.take(l.key, l.value, fromFile, where)
			}
		}
	}
	if len(c.faults) > 0 {
		return &usageError{c.faults[0].Error()}
	}
	return nil
}

// take sets a setting, or notes why it cannot be set.
func (c *call) take(name, value, from, where string) {
	if err := setTo(c.settings, name, value); err != nil {
		c.faults = append(c.faults, fault{where, fmt.Sprintf("%s = %q: %v", name, value, err)})
		return
	}
	c.from[name], c.where[name] = from, where
}

// setTo sets a setting and says what a value looks like when this is none.
func setTo(f *flag.FlagSet, name, value string) error {
	err := f.Set(name, value)
	if err == nil {
		return nil
	}
	return errors.New(wanted(kindOfFlag(f.Lookup(name)), err))
}

// line is a line of a file of settings that is neither empty nor a comment.
type line struct {
	number     int
	key, value string
	bad        string // what is wrong with it; empty: nothing but perhaps the value
}

// readSettings reads a file of settings and judges everything but the values.
func readSettings(path string) ([]line, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var out []line
	names := settingNames()
	seen := map[string]bool{}
	number := 0
	for row := range strings.Lines(string(text)) {
		number++
		if row = strings.TrimSpace(row); row == "" || row[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(row, "=")
		l := line{number: number, key: strings.TrimSpace(key), value: strings.TrimSpace(value)}
		switch {
		case !ok:
			l.bad = "want key = value"
		case l.key == "config":
			l.bad = "a file of settings names no other"
		case !slices.Contains(names, l.key):
			l.bad = fmt.Sprintf("no setting %q%s", l.key, nearest(l.key, names))
		case seen[l.key]:
			l.bad = l.key + " is there twice"
		}
		seen[l.key] = true
		out = append(out, l)
	}
	return out, nil
}

// nearest suggests what was meant, or nothing.
func nearest(word string, among []string) string {
	best, at := "", min(4, (len(word)+3)/2) // a short word is near to too many
	for _, candidate := range among {
		if d := distance(word, candidate); d < at {
			best, at = candidate, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// distance is Levenshtein's.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		last := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := last
			if a[i] != b[j] {
				cost++
			}
			last = row[j+1]
			row[j+1] = min(cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
