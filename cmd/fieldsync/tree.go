package main

import (
	"context"
	"errors"
	"flag"
	"os"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// run understands the arguments and does what they say.
func run(ctx context.Context, args []string, std stdio) error {
	root := newTree(&call{stdio: std, line: args})
	root.SetArgs(append([]string{}, args...)) // not nil, for which cobra takes the arguments of the process
	return root.ExecuteContext(ctx)
}

// common are the settings that are flags of every command; the others are flags of those that open a gateway's doors.
var common = []string{"config", "data"}

// newTree makes the table into commands that share the call: only one of them runs.
func newTree(c *call) *cobra.Command {
	c.settings = flag.NewFlagSet("", flag.ContinueOnError)
	c.set.define(c.settings)
	root := &cobra.Command{
		Use: "fieldsync", SilenceErrors: true, SilenceUsage: true, Args: cobra.ArbitraryArgs,
		CompletionOptions: cobra.CompletionOptions{DisableDefaultCmd: true},
		RunE: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknown(cmd, args[0])
			}
			return pflag.ErrHelp
		},
	}
	root.SetIn(c.in)
	root.SetOut(c.out)
	root.SetErr(c.err)
	root.SetHelpFunc(func(*cobra.Command, []string) { overview(c.out) })
	root.SetHelpCommand(helpCommand())
	root.SetFlagErrorFunc(flagError)
	for _, name := range common {
		root.PersistentFlags().AddGoFlag(c.settings.Lookup(name))
	}
	c.completeFlags(root, root.PersistentFlags())
	c.grow(root, commands())
	return root
}

// grow adds the commands of a table, each beneath its family.
func (c *call) grow(root *cobra.Command, table []command) {
	for i := range table {
		at := root
		words := strings.Fields(table[i].name)
		for n, word := range words {
			at = c.child(at, word, strings.Join(words[:n+1], " "), table)
		}
	}
}

// plant gives a command its flags, its help and what it does.
func (c *call) plant(cmd *cobra.Command, row *command) {
	own := flag.NewFlagSet(row.name, flag.ContinueOnError)
	do := row.define(own)
	cmd.Short, cmd.Long, cmd.Args = row.short, row.long, cobra.ArbitraryArgs
	cmd.Flags().AddGoFlagSet(own)
	if row.serves {
		cmd.Flags().AddGoFlagSet(c.settings)
	}
	cmd.SetHelpFunc(func(*cobra.Command, []string) { c.help(cmd, row, own) })
	if row.judges {
		c.forgive(cmd)
	}
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if cmd.HasSubCommands() && len(args) > 0 {
			return unknown(cmd, args[0])
		}
		c.cobra, c.args, c.flags = cmd, args, own
		if err := c.fill(os.LookupEnv); err != nil && !row.judges {
			return err
		}
		return do(cmd.Context(), c)
	}
	c.complete(cmd, row)
}

// child is the command of that word beneath another one; it is added when it is not there.
func (c *call) child(parent *cobra.Command, word, name string, table []command) *cobra.Command {
	for _, cmd := range parent.Commands() {
		if cmd.Name() == word {
			return cmd
		}
	}
	cmd := &cobra.Command{Use: word}
	parent.AddCommand(cmd)
	c.plant(cmd, rowOf(cmd, name, table))
	return cmd
}

// rowOf is the row of a name. A family by its first word alone is what the table says, or it lists, or prints; where it
// can do none of that, it says what there is.
func rowOf(cmd *cobra.Command, name string, table []command) *command {
	for _, wanted := range []string{name, name + " list", name + " print"} {
		for i := range table {
			if table[i].name == wanted {
				return &table[i]
			}
		}
	}
	return &command{name: name, define: func(*flag.FlagSet) action {
		return func(context.Context, *call) error {
			return usagef("%s what? There is: %s", name, strings.Join(children(cmd), ", "))
		}
	}}
}

// children are the full names of a command's commands.
func children(cmd *cobra.Command) (names []string) {
	for _, child := range cmd.Commands() {
		if child.IsAvailableCommand() {
			names = append(names, strings.TrimPrefix(child.CommandPath(), "fieldsync "))
		}
	}
	return names
}

// unknown is an argument where a command should be.
func unknown(cmd *cobra.Command, word string) error {
	family := strings.TrimPrefix(strings.TrimPrefix(cmd.CommandPath()+" ", "fieldsync"), " ")
	name := family + word
	var words []string
	for _, child := range children(cmd) {
		words = append(words, strings.TrimPrefix(child, family))
	}
	if !cmd.HasParent() {
		words = append(words, "help") // which cobra does not count among them
	}
	meant := strings.Replace(nearest(word, words), `"`, `"`+family, 1)
	if meant == "" && cmd.HasParent() {
		meant = "; there is: " + strings.Join(children(cmd), ", ") + "."
	}
	return usagef("no command %q%s See %s --help", name, or(meant, "."), cmd.CommandPath())
}

func or(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

// flagError says of a flag what is wrong with it, and what was meant.
func flagError(cmd *cobra.Command, err error) error {
	see := "; see " + cmd.CommandPath() + " --help"
	var bad *pflag.InvalidValueError
	if errors.As(err, &bad) {
		f := bad.GetFlag()
		return usagef("--%s %q: %s%s", f.Name, bad.GetValue(), wanted(f.Value.Type(), bad.Unwrap()), see)
	}
	var missing *pflag.NotExistError
	if !errors.As(err, &missing) {
		return usagef("%v%s", err, see)
	}
	var names []string
	cmd.Flags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	cmd.InheritedFlags().VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	name := missing.GetSpecifiedName()
	if short := missing.GetSpecifiedShortnames(); short != "" { // -data, as Go's own flags are written
		if name = short; name == "elp" { // -help; the h is a flag
			return pflag.ErrHelp
		}
		if name, _, _ = strings.Cut(name, "="); slices.Contains(names, name) {
			return usagef("flags have two dashes: write --%s", name)
		}
	}
	return usagef("no flag --%s%s See %s --help", name, or(likeFlag(name, names), "."), cmd.CommandPath())
}

// likeFlag suggests the flag that was meant, or nothing.
func likeFlag(name string, among []string) string {
	return strings.Replace(nearest(name, among), `"`, `"--`, 1)
}

// kindOfFlag is the type's name, as pflag tells it.
func kindOfFlag(f *flag.Flag) string { return pflag.PFlagFromGoFlag(f).Value.Type() }

// wanted says what a value of the type looks like, where the error says nothing of use.
func wanted(kind string, err error) string {
	switch kind {
	case "duration":
		return "want a time such as 500ms, 30s or 1h30m"
	case "int", "int64", "uint", "uint64":
		return "want a whole number"
	case "bool":
		return "want true or false"
	}
	return err.Error()
}

// helpCommand is fieldsync help [COMMAND].
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help", Short: "show what there is, or the help of a command", Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			found, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return unknown(found, rest[0])
			}
			return found.Help()
		},
		ValidArgsFunction: func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
			of, rest, err := cmd.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			var names []string
			for _, child := range of.Commands() {
				if child.IsAvailableCommand() && strings.HasPrefix(child.Name(), begun) {
					names = append(names, cobra.CompletionWithDesc(child.Name(), child.Short))
				}
			}
			return names, cobra.ShellCompDirectiveNoFileComp
		},
	}
}
