package main

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	script "github.com/fieldsync/fieldsync/story"
)

var update = flag.Bool("update", false, "rewrite docs/reference/commands.md, configuration.md and stories.md")

// TestReference keeps docs/reference/commands.md, configuration.md and stories.md what the program's own tables say. Read the diff
// before committing it.
func TestReference(t *testing.T) {
	for file, want := range map[string]string{"commands.md": commandsReference(), "configuration.md": configurationReference(), "stories.md": storiesReference()} {
		path := "../../docs/reference/" + file
		if *update {
			check(t, os.WriteFile(path, []byte(want), 0o600))
			continue
		}
		got, err := os.ReadFile(path)
		check(t, err)
		if string(got) != want {
			t.Errorf("%s is stale; run: go test ./cmd/fieldsync -run TestReference -update", path)
		}
	}
}

func storiesReference() string {
	var b strings.Builder
	b.WriteString(`# Sentences of stories

Written by a test from the tables in ` + "`story/form.go`" + `; do not edit: ` + "`go test ./cmd/fieldsync -run TestReference -update`" + `.
[Write a story](../how-to/write-a-story.md) says how they are used. ` + "`[…]`" + ` may be left out, ` + "`(one|another)`" + ` is one of them, and words in capitals are
what the last table says. Commas and a full stop at the end mean nothing.
`)
	for _, expects := range []bool{false, true} {
		head := "What happens, under Given and When"
		if expects {
			head = "What must be so, under Then"
		}
		fmt.Fprintf(&b, "\n## %s\n\n| Sentence | What it is |\n|---|---|\n", head)
		for _, f := range script.Forms() {
			if f.Expects == expects {
				fmt.Fprintf(&b, "| `%s` | %s |\n", cell(f.Pattern), cell(f.Help))
			}
		}
	}
	b.WriteString("\n## Words in capitals\n\n| Word | What may stand there |\n|---|---|\n")
	for _, s := range script.Slots {
		fmt.Fprintf(&b, "| `%s` | %s |\n", s.Slot, cell(s.Help))
	}
	return b.String()
}

func commandsReference() string {
	var b strings.Builder
	b.WriteString(`# Commands

Written by a test from the table in ` + "`cmd/fieldsync/command.go`" + `; do not edit: ` + "`go test ./cmd/fieldsync -run TestReference -update`" + `.

` + "`fieldsync COMMAND --help`" + ` says the same. Flags may stand anywhere among the arguments; ` + "`--`" + ` ends them. A family by its first
word alone lists, and ` + "`fieldsync config`" + ` prints. Data goes to standard output, everything else to standard error.

Every command takes ` + "`--config FILE`" + ` and ` + "`--data DIRECTORY`" + `; those marked *settings* take every setting of
[configuration](configuration.md) as a flag. The commands that look after a gateway speak to the server that runs on the data
directory, and open the store themselves when none does.

`)
	b.WriteString(exitReference)
	for _, cmd := range commands() {
		fmt.Fprintf(&b, "\n## fieldsync %s\n\n%s%s.", cmd.name, strings.ToUpper(cmd.short[:1]), cmd.short[1:])
		if cmd.long != "" {
			fmt.Fprintf(&b, "\n\n%s", cmd.long)
		}
		note := ""
		if cmd.serves {
			note = " *settings*"
		}
		fmt.Fprintf(&b, "\n\n`%s`%s\n\n```\n%s\n```\n", strings.TrimSpace("fieldsync "+cmd.name+" "+cmd.args), note, cmd.example)
		own := flag.NewFlagSet("", flag.ContinueOnError)
		cmd.define(own)
		head := "\n| Flag | Default | What it is for |\n|---|---|---|\n"
		own.VisitAll(func(f *flag.Flag) {
			kind, usage := flag.UnquoteUsage(f)
			fmt.Fprintf(&b, "%s| `%s` | %s | %s |\n", head, cell("--"+f.Name+" "+kind), quoted(f.DefValue), cell(usage))
			head = ""
		})
	}
	return b.String()
}

// cell is text in a table.
func cell(text string) string { return strings.ReplaceAll(strings.TrimSpace(text), "|", `\|`) }

// quoted is a default as code; what is off or empty is left out.
func quoted(value string) string {
	if value == "" || value == "false" {
		return ""
	}
	return "`" + value + "`"
}

const exitReference = `| Exit code | Meaning |
|---|---|
| 0 | it went well |
| 1 | it failed |
| 2 | the command or its input was not understood |
| 3 | what was named is not there |
| 4 | it is not allowed |
| 5 | the server does not answer |
| 6 | a conflict: taken already, changed meanwhile, or active elsewhere |
| 7 | it took too long, or the server is busy; try again later |
| 8 | it was done, and what it checked is not as it must be |
| 130 | it was interrupted |
`

// TestExitReference: the codes of the reference are those of the program.
func TestExitReference(t *testing.T) {
	for _, code := range []int{
		exitOK, exitFailed, exitUsage, exitNotFound, exitNotAllowed, exitUnreachable, exitConflict, exitTimeout, exitChecks, exitInterrupted,
	} {
		if !strings.Contains(exitReference, fmt.Sprintf("\n| %d |", code)) {
			t.Errorf("the reference lacks exit code %d", code)
		}
	}
}

func configurationReference() string {
	var b strings.Builder
	b.WriteString(`# Configuration

Written by a test from ` + "`cmd/fieldsync/settings.go`" + `; do not edit: ` + "`go test ./cmd/fieldsync -run TestReference -update`" + `.

A setting is a flag of ` + "`fieldsync serve`" + `, a variable of the environment, and a line of the file given with ` + "`--config`" + `. A flag goes
before a variable, a variable before the file. Nothing needs to be set: ` + "`fieldsync serve`" + ` alone runs.

` + "```" + `
# fieldsync.conf: one "key = value" a line; a line that begins with # is a comment
data   = /var/lib/fieldsync
listen = 127.0.0.1:8080
hosts  = sync.acme.example
` + "```" + `

` + "`fieldsync config`" + ` prints every value and where it came from, ` + "`fieldsync config check`" + ` says everything that is wrong without using
any of it, and ` + "`fieldsync config explain SETTING`" + ` tells one. A time is written as 500ms, 30s or 1h30m; a list has commas. No setting
is a secret: keys and certificates are named by their files. A company's own settings, such as how long its history is kept,
are not here: they belong to the company and are changed through the API.

| Setting | Variable | Default | What it is |
|---|---|---|---|
`)
	all := flag.NewFlagSet("", flag.ContinueOnError)
	new(settings).define(all)
	all.VisitAll(func(f *flag.Flag) {
		_, usage := flag.UnquoteUsage(f)
		fmt.Fprintf(&b, "| `%s` | `%s` | %s | %s |\n", f.Name, envName(f.Name), quoted(f.DefValue), cell(usage))
	})
	b.WriteString(`
` + "`FIELDSYNC_PASSWORD`" + ` is no setting: ` + "`fieldsync phone`" + ` and ` + "`fieldsync office`" + ` take a password from it instead of asking for one.
`)
	return b.String()
}
