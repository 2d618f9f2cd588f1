package main

import (
	"context"
	"flag"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/fieldsync/fieldsync/office/report"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/sync/access"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web"
)

// shells are those that completion is made for.
const shells = "bash|zsh|fish|powershell"

// completionCommand writes the script that makes a shell complete our commands.
func completionCommand(*flag.FlagSet) action {
	return func(_ context.Context, c *call) error {
		if err := c.want(1, 1, shells); err != nil {
			return err
		}
		switch root := c.cobra.Root(); c.args[0] {
		case "bash":
			return root.GenBashCompletionV2(c.out, true)
		case "zsh":
			return root.GenZshCompletion(c.out)
		case "fish":
			return root.GenFishCompletion(c.out, true)
		case "powershell":
			return root.GenPowerShellCompletionWithDesc(c.out)
		}
		return usagef("no shell %q; there are bash, zsh, fish and powershell", c.args[0])
	}
}

// candidates say what a word of a usage line, or the value of a flag, may be. They look at no more than the command line
// and a server that runs; a store is not opened for it.
type candidates func(ctx context.Context, c *call) []string

// ofWords are the candidates of the words of usage lines; a word of alternatives, as on|off, needs none.
var ofWords = map[string]candidates{
	"LOGIN":            logins,
	"DEVICE":           deviceIDs,
	"PERMISSION=LEVEL": levelPairs,
	"COLLECTION":       exportable,
	"SETTING":          func(context.Context, *call) []string { return settingNames() },
}

// ofFlags are the candidates of the values of flags: of those of one command, with its name before it, or else of whichever
// command has them.
var ofFlags = map[string]candidates{
	"as":               logins,
	"tenant":           companies,
	"scope":            scopes,
	"kind":             oneOf("desktop|mobile|portal|subcontractor"),
	"role":             oneOf("admin|planner|manager|support"),
	"log-level":        oneOf("debug|info|warn|error"),
	"log-format":       oneOf("text|json"),
	"import kind":      oneOf(strings.Join(shape.Names(), "|")),
	"import dates":     oneOf("dmy|mdy|ymd"),
	"import decimal":   oneOf("point|comma"),
	"session":          oneOf("desktop|mobile|portal|subcontractor"),
	"audit kind":       oneOf(auditKinds("|")),
	"user":             logins,
	"explain action":   oneOf("see|create|edit|delete"),
	"collection":       collections,
	"export format":    oneOf("csv|xlsx|ndjson"),
	"export separator": oneOf("comma|semicolon|tab"),
	"by":               oneOf(strings.Join(report.Ways(), "|")),
	"on":               oneOf(strings.Join(report.Instants(), "|")),
}

// flagCandidates are those of a command's flag; nil: nothing is known.
func flagCandidates(cmd *cobra.Command, flag string) candidates {
	if of := ofFlags[cmd.Name()+" "+flag]; of != nil {
		return of
	}
	return ofFlags[flag]
}

// complete has a command complete its plain arguments by its usage line, and its flags.
func (c *call) complete(cmd *cobra.Command, row *command) {
	usage := plainWords(row.args)
	cmd.ValidArgsFunction = func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
		if len(usage) == 0 {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		word := usage[min(len(args), len(usage)-1)]
		repeats := strings.HasSuffix(strings.TrimRight(word, "]"), "…")
		switch of := candidatesOf(word); {
		case strings.Contains(word, "FILE") || strings.Contains(word, ".csv"):
			return nil, cobra.ShellCompDirectiveDefault
		case of == nil || len(args) >= len(usage) && !repeats:
			return nil, cobra.ShellCompDirectiveNoFileComp
		default:
			return c.offer(cmd, args, begun, of)
		}
	}
	c.completeFlags(cmd, cmd.Flags())
}

// candidatesOf are those of a word of a usage line; nil: nothing is known.
func candidatesOf(word string) candidates {
	word = strings.Trim(word, "[]…")
	if strings.Contains(word, "|") {
		return oneOf(word)
	}
	return ofWords[word]
}

// plainWords are the words of a usage line, without flags and their values.
func plainWords(usage string) (out []string) {
	flagged := false
	for _, word := range strings.Fields(usage) {
		isFlag := strings.HasPrefix(strings.TrimPrefix(word, "["), "--")
		if !isFlag && !flagged {
			out = append(out, word)
		}
		flagged = isFlag
	}
	return out
}

// completeFlags has flags complete their values: by their names, as files and directories where the usage says `file` or
// `directory`, else not.
func (c *call) completeFlags(cmd *cobra.Command, flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		var kind string
		kind, f.Usage = flag.UnquoteUsage(&flag.Flag{Name: f.Name, Usage: f.Usage})
		var err error
		switch of := flagCandidates(cmd, f.Name); {
		case of != nil:
			err = cmd.RegisterFlagCompletionFunc(f.Name, func(cmd *cobra.Command, args []string, begun string) ([]string, cobra.ShellCompDirective) {
				return c.offer(cmd, args, begun, of)
			})
		case kind == "file":
			err = cobra.MarkFlagFilename(flags, f.Name)
		case kind == "directory":
			err = cobra.MarkFlagDirname(flags, f.Name)
		default:
			err = cmd.RegisterFlagCompletionFunc(f.Name, cobra.NoFileCompletions)
		}
		if err != nil {
			panic(err) // the flag was just visited
		}
	})
}

// offer gives those candidates that begin as what was typed; of a list with commas, its last part.
func (c *call) offer(cmd *cobra.Command, args []string, begun string, of candidates) ([]string, cobra.ShellCompDirective) {
	c.cobra, c.args = cmd, args
	if c.fill(os.LookupEnv) != nil {
		return nil, cobra.ShellCompDirectiveNoFileComp // running the command tells what is wrong with the settings
	}
	lead := begun[:strings.LastIndexByte(begun, ',')+1]
	var out []string
	for _, candidate := range of(cmd.Context(), c) {
		if strings.HasPrefix(lead+candidate, begun) {
			out = append(out, lead+candidate)
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// oneOf are alternatives.
func oneOf(of string) candidates {
	return func(context.Context, *call) []string { return strings.Split(of, "|") }
}

// askTime bounds what somebody who pressed a key waits for.
const askTime = time.Second

// ask asks the server that runs; where none does, there are no candidates.
func ask[T any](ctx context.Context, c *call, path func(tenant string) string, each func(T) string) (out []string) {
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	cl := &client{base: "http://fieldsync", http: overSocket(socketPath(c.set.data))}
	defer cl.http.CloseIdleConnections()
	tenant := ""
	if f := c.cobra.Flags().Lookup("tenant"); f != nil {
		tenant = f.Value.String()
	}
	tenant, err := cl.tenantOf(ctx, tenant)
	if err != nil && path("") != tenantsPath {
		return nil
	}
	var all []T
	if cl.do(ctx, http.MethodGet, path(tenant), nil, &all) != nil {
		return nil
	}
	for _, x := range all {
		out = append(out, each(x))
	}
	return out
}

const tenantsPath = "/tenants"

func companies(ctx context.Context, c *call) []string {
	return ask(ctx, c, func(string) string { return tenantsPath }, func(t web.Tenant) string { return t.Name })
}

func logins(ctx context.Context, c *call) []string {
	return ask(ctx, c, func(tenant string) string { return path("tenants", tenant, "users") },
		func(u web.User) string { return cobra.CompletionWithDesc(u.Login, u.Name) })
}

func deviceIDs(ctx context.Context, c *call) []string {
	return ask(ctx, c, func(tenant string) string { return path("tenants", tenant, "devices") },
		func(d web.Device) string { return cobra.CompletionWithDesc(d.Device.String(), d.Login+", "+d.Label) })
}

// levelPairs are the levels of the set that the argument before names.
func levelPairs(_ context.Context, c *call) (out []string) {
	for _, e := range access.Catalogue() {
		if !slices.Contains(c.args, e.Set.String()) {
			continue
		}
		for _, level := range e.Values {
			out = append(out, fmt.Sprintf("%s=%s", e.Name, level))
		}
	}
	return out
}

// collections are those that every company has.
func collections(context.Context, *call) (out []string) {
	for _, spec := range model.Builtin() {
		out = append(out, spec.Name)
	}
	slices.Sort(out)
	return out
}

// exportable are those, and the users.
func exportable(ctx context.Context, c *call) []string {
	out := append(collections(ctx, c), shape.Users)
	slices.Sort(out)
	return out
}

func scopes(ctx context.Context, c *call) []string {
	out := slices.Clone([]string(model.AllScopes()))
	for _, name := range collections(ctx, c) {
		out = append(out, name+":"+model.ScopeRead, name+":"+model.ScopeWrite)
	}
	return out
}
