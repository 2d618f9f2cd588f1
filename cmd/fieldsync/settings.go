package main

import (
	"bufio"
	"flag"
	"fmt"
	"io"
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
}

func (s *settings) define(f *flag.FlagSet) {
	f.StringVar(&s.config, "config", "", "`file` of settings, one \"key = value\" a line, # comments")
	f.StringVar(&s.data, "data", "./data", "`directory` of the store and of the operator's socket; of a phone or an office: its folder, ./phone or ./office")
	f.StringVar(&s.listen, "listen", "127.0.0.1:8080", "`address` that devices connect to")
	f.StringVar(&s.tlsCert, "tls-cert", "", "certificate chain, PEM `file`; empty: plain HTTP, behind a proxy")
	f.StringVar(&s.tlsKey, "tls-key", "", "private key of the certificate, PEM `file`")
	f.Var(&s.hosts, "hosts", "`names` devices reach this server by, comma-separated; empty: whatever they ask for")
	f.Var(&s.origins, "origins", "`origins` of web pages that may connect, comma-separated, as https://office.example")
	f.StringVar(&s.proxyHeader, "proxy-header", "", "`header` in which a trusted proxy appends the client's address")
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

// fill sets what no flag has set: from the environment, then from the file. It says where each value came from.
func fill(f *flag.FlagSet, lookup func(string) (string, bool)) (map[string]string, error) {
	from := map[string]string{}
	f.Visit(func(f *flag.Flag) { from[f.Name] = fromFlag })
	names := settingNames()
	for _, name := range names {
		value, ok := lookup(envName(name))
		if !ok || from[name] != "" {
			continue
		}
		if err := f.Set(name, value); err != nil {
			return nil, usagef("%s=%q: %v", envName(name), value, err)
		}
		from[name] = fromEnv
	}
	if path := f.Lookup("config").Value.String(); path != "" {
		if err := fillFile(f, path, names, from); err != nil {
			return nil, err
		}
	}
	for _, name := range names {
		if from[name] == "" {
			from[name] = fromDefault
		}
	}
	return from, nil
}

// fillFile reads a file of settings.
func fillFile(f *flag.FlagSet, path string, names []string, from map[string]string) error {
	file, err := os.Open(path)
	if err != nil {
		return usagef("read the settings: %v", err)
	}
	defer file.Close()
	return fillLines(f, file, func(line int, format string, args ...any) error {
		return usagef("%s:%d: %s", path, line, fmt.Sprintf(format, args...))
	}, names, from)
}

func fillLines(f *flag.FlagSet, file io.Reader, bad func(int, string, ...any) error, names []string, from map[string]string) error {
	seen := map[string]bool{}
	lines := bufio.NewScanner(file)
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		switch {
		case !ok:
			return bad(n, "want key = value")
		case key == "config":
			return bad(n, "a file of settings names no other")
		case !slices.Contains(names, key):
			return bad(n, "no setting %q%s", key, nearest(key, names))
		case seen[key]:
			return bad(n, "%s is there twice", key)
		}
		seen[key] = true
		if from[key] != "" {
			continue
		}
		if err := f.Set(key, value); err != nil {
			return bad(n, "%s = %q: %v", key, value, err)
		}
		from[key] = fromFile
	}
	return lines.Err()
}

// nearest suggests what was meant, or nothing.
func nearest(word string, among []string) string {
	best, at := "", 4
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
