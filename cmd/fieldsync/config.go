package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// setting is a setting as config shows it. No setting is a secret: keys and certificates are named by their files.
type setting struct {
	Key      string `json:"key"`
	Value    string `json:"value"`
	From     string `json:"from"`            // default, file, environment, flag
	Where    string `json:"where,omitempty"` // FILE:LINE, the variable or the flag
	Default  string `json:"default"`
	Variable string `json:"variable"`
	Means    string `json:"means"`
	kind     string // of the value, as its usage names it
}

// effective lists every setting with its value and where that came from.
func (c *call) effective() (out []setting) {
	c.settings.VisitAll(func(f *flag.Flag) {
		kind, means := flag.UnquoteUsage(f)
		out = append(out, setting{
			Key: f.Name, Value: f.Value.String(), From: c.from[f.Name], Where: c.where[f.Name], Default: f.DefValue,
			Variable: envName(f.Name), Means: means, kind: kind,
		})
	})
	return out
}

// origin says where the value came from, in words.
func (s setting) origin() string {
	if s.Where == "" {
		return s.From
	}
	return s.From + " " + s.Where
}

// configPrint shows the settings, as a file of settings or in JSON.
func configPrint(f *flag.FlagSet) action {
	asJSON := f.Bool("json", false, "answer in JSON")
	return func(_ context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		all := c.effective()
		if *asJSON {
			e := json.NewEncoder(c.out)
			e.SetIndent("", "  ")
			return e.Encode(all)
		}
		for _, s := range all {
			if s.Key != "config" { // a file names no other
				fmt.Fprintf(c.out, "# %s (from: %s)\n%s\n", s.Means, s.origin(), strings.TrimSpace(s.Key+" = "+s.Value))
			}
		}
		return nil
	}
}

// configExplain says all there is about one setting.
func configExplain(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		if err := c.want(1, 1, "SETTING"); err != nil {
			return err
		}
		for _, s := range c.effective() {
			if s.Key == c.args[0] || s.Variable == c.args[0] {
				return c.print(false, nil, func(w io.Writer) { s.explain(w) })
			}
		}
		return usagef("no setting %q%s fieldsync config lists them", c.args[0], or(nearest(c.args[0], settingNames()), "."))
	}
}

func (s setting) explain(w io.Writer) {
	fmt.Fprintf(w, "%s\t%s\n", s.Key, s.Means)
	fmt.Fprintf(w, "value\t%s\n", or(s.Value, "(empty)"))
	fmt.Fprintf(w, "from\t%s\n", s.origin())
	fmt.Fprintf(w, "default\t%s\n", or(s.Default, "(empty)"))
	fmt.Fprintf(w, "flag\t%s\n", strings.TrimSpace("--"+s.Key+" "+s.kind))
	fmt.Fprintf(w, "variable\t%s\n", s.Variable)
	if s.Key != "config" {
		fmt.Fprintf(w, "file\t%s = %s\n", s.Key, or(s.kind, "true or false"))
	}
}

// configCheck judges the settings without using them: every fault is told, not the first alone.
func configCheck(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		if err := c.want(0, 0, ""); err != nil {
			return err
		}
		strangers, see := c.strangers(), ""
		if len(strangers) > 0 {
			see = "; see " + c.cobra.CommandPath() + " --help for its flags"
		}
		faults := slices.Concat(strangers, c.faults, c.judge())
		for _, f := range faults {
			fmt.Fprintf(c.err, "%v\n", f)
		}
		if len(faults) > 0 {
			return usagef("%s and check again%s", count(len(faults), "thing is wrong in the settings; correct it", "things are wrong in the settings; correct them"), see)
		}
		set := 0
		for _, s := range c.effective() {
			if s.From != fromDefault {
				set++
			}
		}
		fmt.Fprintf(c.out, "nothing is wrong: %s set, the others have their defaults\n", count(set, "setting is", "settings are"))
		return nil
	}
}

// forgive has a command run whatever is wrong with its flags, which are noted as faults: it is the one that tells them all.
func (c *call) forgive(cmd *cobra.Command) {
	cmd.FParseErrWhitelist.UnknownFlags = true // noted by strangers
	cmd.Flags().VisitAll(func(f *pflag.Flag) { f.Value = forgiving{f.Value, c, f.Name} })
	cmd.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		if err = flagError(cmd, err); errors.Is(err, pflag.ErrHelp) {
			return err
		}
		c.faults = append(c.faults, fault{"flags", err.Error()})
		return cmd.RunE(cmd, nil) // what lacks its value is the last of the line, so all the others are read
	})
}

// forgiving is a flag whose value need not be one.
type forgiving struct {
	pflag.Value
	c    *call
	name string
}

// Set sets it, or notes why it cannot be set.
func (f forgiving) Set(text string) error {
	if err := f.Value.Set(text); err != nil {
		f.c.faults = append(f.c.faults, fault{"--" + f.name, fmt.Sprintf("%s = %q: %s", f.name, text, wanted(f.Type(), err))})
	}
	return nil
}

// strangers are the flags of the line that the command does not have.
func (c *call) strangers() (faults []fault) {
	isValue := false // of the flag before
	for _, word := range c.line {
		name, _, whole := strings.Cut(strings.TrimLeft(word, "-"), "=")
		dashes := len(word) - len(strings.TrimLeft(word, "-"))
		known := c.cobra.Flag(name)
		switch {
		case isValue:
			isValue = false
		case word == "--":
			return faults
		case dashes == 2 && known != nil:
			isValue = !whole && known.NoOptDefVal == ""
		case dashes == 1 && known != nil:
			faults = append(faults, fault{word, "flags have two dashes: write --" + name})
		case dashes > 0 && name != "":
			faults = append(faults, fault{word, "no such flag" + likeFlag(name, settingNames())})
		}
	}
	return faults
}

// count is a number with its words.
func count(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// fault is what is wrong with a setting.
type fault struct {
	where string // FILE:LINE, the variable, the flag, or the setting
	text  string
}

// Error is where and what.
func (f fault) Error() string { return f.where + ": " + f.text }

// judge says what is wrong with values that are of their types.
func (c *call) judge() (faults []fault) {
	bad := func(key, format string, args ...any) {
		faults = append(faults, fault{or(c.where[key], key), fmt.Sprintf(format, args...)})
	}
	s := &c.set
	for _, a := range []struct{ key, address string }{{"listen", s.listen}, {"metrics-listen", s.metricsListen}} {
		if err := checkAddress(a.address); err != nil && (a.address != "" || a.key == "listen") {
			bad(a.key, "%s = %q: want HOST:PORT, as 127.0.0.1:8080 or :443: %v", a.key, a.address, err)
		}
	}
	switch {
	case (s.tlsCert == "") != (s.tlsKey == ""):
		bad(or(given("tls-key", s.tlsKey), "tls-cert"), "tls-cert and tls-key go together, and one is missing")
	case s.tlsCert != "":
		if _, err := tls.LoadX509KeyPair(s.tlsCert, s.tlsKey); err != nil {
			bad("tls-cert", "the certificate or its key cannot be used: %v", err)
		}
	}
	if _, err := newLog(io.Discard, s); err != nil {
		bad(logFault(err), "%v", err)
	}
	for _, origin := range s.origins {
		if u, err := url.Parse(origin); err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" || u.Path+u.RawQuery != "" {
			bad("origins", "origins has %q: want https://HOST, without a path", origin)
		}
	}
	for _, host := range s.hosts {
		if strings.Contains(host, "/") || host != strings.ToLower(host) {
			bad("hosts", "hosts has %q: want a name in lower case, with a port only when it is not 443", host)
		}
	}
	for _, d := range []struct {
		key  string
		time time.Duration
	}{{"drain-wait", s.drainWait}, {"shutdown-wait", s.shutdownWait}, {"stay-away", s.stayAway}} {
		if d.time < 0 {
			bad(d.key, "%s = %v: a time cannot be negative", d.key, d.time)
		}
	}
	return faults
}

// given is the key of a value that is there.
func given(key, value string) string {
	if value == "" {
		return ""
	}
	return key
}

// logFault is the key that an error of newLog is about.
func logFault(err error) string {
	key, _, _ := strings.Cut(err.Error(), " ")
	return key
}

func checkAddress(address string) error {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return err
	}
	if strings.Contains(host, " ") {
		return fmt.Errorf("%q is no name of a host", host)
	}
	_, err = net.LookupPort("tcp", port)
	return err
}
