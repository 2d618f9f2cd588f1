package main

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"
)

// overview shows what there is.
func overview(w io.Writer) {
	fmt.Fprint(w, "fieldsync is a gateway between a field-service company's office and its phones.\n\n"+
		"Usage: fieldsync COMMAND [arguments] [--flags]\n\n")
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	for _, cmd := range commands() {
		fmt.Fprintf(t, "  %s\t%s\n", cmd.name, cmd.short)
	}
	_ = t.Flush() // to a terminal or nowhere
	fmt.Fprint(w, "\nfieldsync COMMAND --help shows examples and flags; fieldsync config shows every setting, which is a flag,\n"+
		"a variable FIELDSYNC_… and a line of --config FILE. Begin with fieldsync demo.\n")
}

// help shows a command: examples first, then its own flags, then the settings that matter to it.
func (c *call) help(cmd *cobra.Command, row *command, own *flag.FlagSet) {
	name := strings.TrimPrefix(cmd.CommandPath(), "fieldsync ")
	w := c.out
	fmt.Fprintf(w, "fieldsync %s: %s\n\nUsage: fieldsync %s\n", name, or(row.short, "commands"),
		strings.Join(strings.Fields(name+" "+row.args+" [--flags]"), " "))
	if row.example != "" {
		fmt.Fprintf(w, "\nExamples:\n  %s\n", strings.ReplaceAll(row.example, "\n", "\n  "))
	}
	if row.long != "" {
		fmt.Fprintf(w, "\n%s\n", fold(row.long, 100))
	}
	if cmd.HasSubCommands() {
		t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
		fmt.Fprint(t, "\nCommands:\n")
		for _, child := range cmd.Commands() {
			fmt.Fprintf(t, "  %s\t%s\n", strings.TrimPrefix(child.CommandPath(), "fieldsync "), child.Short)
		}
		_ = t.Flush() // to a terminal or nowhere
	}
	showFlags(w, "Flags:", own, nil, "")
	shown := common
	if row.serves {
		shown = settingNames()
	}
	showFlags(w, "Settings, also FIELDSYNC_… and lines of --config:", c.settings, shown, "FIELDSYNC_")
}

// showFlags lists the flags of a set that are among names (nil: all), with their defaults and, when there is a prefix,
// their variables.
func showFlags(w io.Writer, title string, set *flag.FlagSet, names []string, prefix string) {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	set.VisitAll(func(f *flag.Flag) {
		if names != nil && !slices.Contains(names, f.Name) {
			return
		}
		if title != "" {
			fmt.Fprintf(t, "\n%s\n", title)
			title = ""
		}
		kind, usage := flag.UnquoteUsage(f)
		if f.DefValue != "" && f.DefValue != "false" {
			usage += " (" + f.DefValue + ")"
		}
		if prefix != "" {
			usage += " [" + envName(f.Name) + "]"
		}
		fmt.Fprintf(t, "  --%s %s\t%s\n", f.Name, kind, usage)
	})
	_ = t.Flush() // to a terminal or nowhere
}

// fold breaks paragraphs into lines of at most width letters.
func fold(text string, width int) string {
	var out strings.Builder
	for i, paragraph := range strings.Split(text, "\n") {
		if i > 0 {
			out.WriteByte('\n')
		}
		at := 0
		for _, word := range strings.Fields(paragraph) {
			n := len([]rune(word))
			switch {
			case at == 0:
			case at+1+n > width:
				out.WriteByte('\n')
				at = 0
			default:
				out.WriteByte(' ')
				at++
			}
			out.WriteString(word)
			at += n
		}
	}
	return out.String()
}
