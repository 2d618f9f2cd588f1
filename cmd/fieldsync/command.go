package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
)

// command is one row of the table of commands. define declares the flags of its own and returns what it does.
type command struct {
	name   string // one or two words
	args   string // for the usage line
	short  string
	define func(f *flag.FlagSet) action
}

// action runs a command.
type action func(ctx context.Context, c *call) error

// call is a command that has been understood.
type call struct {
	stdio
	args  []string
	set   settings
	from  map[string]string // where each setting came from
	flags *flag.FlagSet
}

// commands is the table.
func commands() []command {
	return []command{
		{"serve", "", "run the gateway", serveCommand},
		{"tenants add", "NAME", "add a company", tenantsAdd},
		{"tenants list", "", "list the companies", tenantsList},
		{"users add", "LOGIN", "add a person who may sign in", usersAdd},
		{"users list", "", "list the people of a company and what they may do", usersList},
		{"users levels", "LOGIN web|mobile PERMISSION=LEVEL…", "change what a person may do", usersLevels},
		{"users password", "LOGIN", "give a person a new password; their session ends", usersPassword},
		{"sessions list", "", "list who is signed in, where, and what is unsent there", sessionsList},
		{"sessions end", "LOGIN", "end a person's session; what is unsent still comes in", sessionsEnd},
		{"devices list", "", "list the devices people have, signed in or not, and which are lost or stolen", devicesList},
		{"devices mark", "DEVICE lost|stolen|found", "say that a device is lost, stolen or found again", devicesMark},
		{"demo", "", "a company, a gateway, and a story played on it; what make run runs", demoCommand},
		{"import", "customers.csv sites.csv users.csv jobs.csv", "bring in CSV files as an office exports them", importCommand},
		{"phone", "--as LOGIN", "a phone in a terminal", phoneCommand},
		{"office", "--as LOGIN", "a desk of the office in a terminal", officeCommand},
		{"decode", "[FILE]", "show a captured frame: hex, base64 or binary, from a file or standard input", decodeCommand},
		{"config print", "", "show every setting, its value and where it came from", configPrint},
		{"version", "", "show the version", versionCommand},
	}
}

// run understands the arguments and does what they say.
func run(ctx context.Context, args []string, std stdio) error {
	cmd, rest, err := find(args)
	if err != nil {
		return err
	}
	if cmd == nil {
		overview(std.out)
		return nil
	}
	c := &call{stdio: std}
	c.flags = flag.NewFlagSet(cmd.name, flag.ContinueOnError)
	c.flags.SetOutput(io.Discard)
	c.set.define(c.flags)
	do := cmd.define(c.flags)
	c.args, err = parse(c.flags, rest)
	switch {
	case errors.Is(err, flag.ErrHelp):
		c.help(cmd)
		return nil
	case err != nil:
		return usagef("%v%s; see fieldsync %s --help", err, c.meant(err), cmd.name)
	}
	if c.from, err = fill(c.flags, os.LookupEnv); err != nil {
		return err
	}
	return do(ctx, c)
}

// meant suggests a flag for one that is not there.
func (c *call) meant(err error) string {
	_, name, ok := strings.Cut(err.Error(), "flag provided but not defined: -")
	if !ok {
		return ""
	}
	var names []string
	c.flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return nearest(name, names)
}

// find looks the command up; nil without an error when only help is wanted.
func find(args []string) (*command, []string, error) {
	if len(args) == 0 || slices.Contains([]string{"help", "-h", "-help", "--help"}, args[0]) {
		return nil, nil, nil
	}
	table := commands()
	for words := min(2, len(args)); words > 0; words-- {
		name := strings.Join(args[:words], " ")
		for i := range table {
			if table[i].name == name {
				return &table[i], args[words:], nil
			}
		}
	}
	for i := range table { // a family by its first name lists
		if table[i].name == args[0]+" list" && (len(args) == 1 || strings.HasPrefix(args[1], "-")) {
			return &table[i], args[1:], nil
		}
	}
	var names, family []string
	for _, cmd := range table {
		names = append(names, cmd.name)
		if strings.HasPrefix(cmd.name, args[0]+" ") {
			family = append(family, cmd.name)
		}
	}
	if len(family) > 0 {
		return nil, nil, usagef("%s what? There is: %s", args[0], strings.Join(family, ", "))
	}
	return nil, nil, usagef("no command %q%s See fieldsync help", args[0], or(nearest(args[0], names), "."))
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// parse reads flags wherever they stand among the arguments; -- ends them.
func parse(f *flag.FlagSet, args []string) (plain []string, err error) {
	for {
		if err := f.Parse(args); err != nil {
			return nil, err
		}
		rest := f.Args()
		if len(rest) == 0 {
			return plain, nil
		}
		if at := len(args) - len(rest); at > 0 && args[at-1] == "--" {
			return append(plain, rest...), nil
		}
		plain = append(plain, rest[0])
		args = rest[1:]
	}
}

// overview shows what there is.
func overview(w io.Writer) {
	fmt.Fprint(w, "fieldsync is a gateway between a field-service company's office and its phones.\n\n"+
		"Usage: fieldsync COMMAND [arguments] [--flags]\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, cmd := range commands() {
		fmt.Fprintf(t, "  %s\t%s\n", cmd.name, cmd.short)
	}
	_ = t.Flush() // to a terminal or nowhere
	fmt.Fprint(w, "\nfieldsync COMMAND --help shows its flags; every flag is also FIELDSYNC_… and a line of --config FILE.\n")
}

// help shows a command's flags, its own first, with their defaults.
func (c *call) help(cmd *command) {
	fmt.Fprintf(c.out, "fieldsync %s: %s\n\nUsage: fieldsync %s\n", cmd.name, cmd.short, strings.Join(strings.Fields(cmd.name+" "+cmd.args+" [--flags]"), " "))
	global := settingNames()
	show := func(title string, want bool) {
		t := tabwriter.NewWriter(c.out, 0, 0, 3, ' ', 0)
		first := true
		c.flags.VisitAll(func(f *flag.Flag) {
			if slices.Contains(global, f.Name) != want {
				return
			}
			if first {
				fmt.Fprintf(t, "\n%s\n", title)
			}
			first = false
			kind, usage := flag.UnquoteUsage(f)
			if f.DefValue != "" && f.DefValue != "false" {
				usage += " (" + f.DefValue + ")"
			}
			if want {
				usage += " [" + envName(f.Name) + "]"
			}
			fmt.Fprintf(t, "  --%s %s\t%s\n", f.Name, kind, usage)
		})
		_ = t.Flush() // to a terminal or nowhere
	}
	show("Flags:", false)
	show("Settings, also FIELDSYNC_… and lines of --config:", true)
}

// want checks the number of plain arguments.
func (c *call) want(least, most int, usage string) error {
	if n := len(c.args); n < least || n > most && most >= 0 {
		return usagef("want: fieldsync %s %s", c.flags.Name(), usage)
	}
	return nil
}

// configPrint shows the settings in the form of the file.
func configPrint(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		for _, name := range settingNames() {
			if name == "config" {
				continue
			}
			f := c.flags.Lookup(name)
			_, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(c.out, "# %s (from: %s)\n%s = %s\n", usage, c.from[name], name, f.Value)
		}
		return nil
	}
}
