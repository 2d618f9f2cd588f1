package main

import (
	"context"
	"flag"

	"github.com/spf13/cobra"
)

// command is one row of the table of commands. define declares the flags of its own and returns what it does; it is
// called for every command at every start, so it does nothing else.
type command struct {
	name string // one word, or a family and a word
	// args is for the usage line, and completion goes by it: LOGIN, DEVICE, COLLECTION, on|off, FILE, and what ends in …
	// may be repeated.
	args    string
	short   string // one line, no capital, no period
	define  func(f *flag.FlagSet) action
	example string // lines for --help, the most usual first
	long    string // paragraphs for --help; empty: short says it all
	serves  bool   // it opens a gateway's doors: all settings are flags of it, and not only those of every command
	judges  bool   // it runs with settings and flags that cannot be read, to tell what is wrong with them
}

// action runs a command.
type action func(ctx context.Context, c *call) error

// call is a command that has been understood.
type call struct {
	stdio
	line     []string // the command line, as it was given
	args     []string
	set      settings
	from     map[string]string // where each setting came from: one of the from… constants
	where    map[string]string // the flag, the variable, or the file and the line it was set by; empty for defaults
	faults   []fault           // what of the flags and the settings cannot be read
	flags    *flag.FlagSet     // the command's own, by the command's full name
	settings *flag.FlagSet     // every setting
	cobra    *cobra.Command    // what was called
}

// commands is the table.
func commands() []command { //nolint:funlen // it is a table
	return []command{
		{
			name: "serve", short: "run the gateway", define: serveCommand, serves: true,
			example: "fieldsync serve\n" +
				"fieldsync serve --data /var/lib/fieldsync --listen :443 --tls-cert chain.pem --tls-key key.pem\n" +
				"fieldsync serve --config /etc/fieldsync.conf",
			long: "It serves until it is interrupted or terminated; then it takes no new connections, tells the devices to come back, " +
				"answers what they sent, and closes the store. A second signal ends it at once, and nothing acknowledged is lost.",
		},
		{
			name: "tenants add", args: "NAME", short: "add a company", define: tenantsAdd,
			example: "fieldsync tenants add acme",
		},
		{
			name: "tenants list", short: "list the companies", define: tenantsList,
			example: "fieldsync tenants list",
		},
		{
			name: "tenants settings", args: "NAME [KEY=VALUE…]", short: "show a company's settings, or change some of them", define: tenantsSettings,
			example: "fieldsync tenants settings acme\n" +
				"fieldsync tenants settings acme policy_mobile=refuse slot_per_kind=true",
			long: "They are those of GET /v1/settings, by their names there. All that are named are changed, or none. A policy or slot_per_kind is for the next sign-in; no session ends by it. " +
				"--dry-run says what a change takes from devices; what takes much wants --confirm.",
		},
		{
			name: "users add", args: "LOGIN", short: "add a person who may sign in", define: usersAdd,
			example: "fieldsync users add ben@acme.example --name \"Ben Long\"\n" +
				"fieldsync users add amy@acme.example --kind desktop --role planner --ask",
			long: "Without --ask or --password-stdin a password is made up and shown once.",
		},
		{
			name: "users list", short: "list the people of a company and what they may do", define: usersList,
			example: "fieldsync users list\nfieldsync users list --tenant acme --json",
		},
		{
			name: "users levels", args: "LOGIN web|mobile PERMISSION=LEVEL…", short: "change what a person may do", define: usersLevels,
			example: "fieldsync users levels sue@sub.example mobile customers=hidden\n" +
				"fieldsync users levels ben@acme.example mobile create_job=on customers=read-only\n" +
				"fieldsync users levels ben@acme.example mobile assign_jobs=on assign_to=cal@acme.example,dan@acme.example",
			long: "Of the mobile set assign_to says whom assign_jobs lets the person assign: logins or ids of people who can be given work, 200 at most, or anyone; fieldsync explain says who that is. With enabled=off the person's session on a phone ends, once it has sent what it has, if it can be reached; what is unsent then is still handed in. --dry-run says what would change, and what it takes from devices; what takes much wants --confirm.",
		},
		{
			name: "users set-all", args: "[LOGIN] web|mobile full|read-only|none", short: "set all that a person, or a category, may do to one level", define: usersSetAll,
			example: "fieldsync users set-all ben@acme.example mobile full --dry-run\n" +
				"fieldsync users set-all --category Electricians mobile read-only",
			long: "Of one set, all or nothing for each person. Checkboxes are on for full and off else, so that none and read-only of the mobile set end mobile access; " +
				"none of the mobile customers is hidden. --confirm lets it show customers to a subcontractor from whom they were hidden, and take much from devices. The last administrator stays one.",
		},
		{
			name: "users rights", args: "LOGIN", short: "show what a person's levels give, and which settings cap them", define: usersRights,
			example: "fieldsync users rights ben@acme.example",
		},
		{
			name: "users password", args: "LOGIN", short: "give a person a new password; their session ends", define: usersPassword,
			example: "fieldsync users password ben@acme.example",
		},
		{
			name: "users deactivate", args: "LOGIN --as LOGIN", short: "remove a person who leaves: their sessions end, their open jobs are nobody's", define: usersDeactivate,
			example: "fieldsync users deactivate ben@acme.example --as amy@acme.example --dry-run\n" +
				"fieldsync users deactivate ben@acme.example --as amy@acme.example --reason \"left on Friday\"",
			long: "What they wrote, their hours and their levels stay. What their devices still hand in waits for the office, all but hours, which are taken. --dry-run says what would change.",
		},
		{
			name: "users reactivate", args: "LOGIN --as LOGIN", short: "let a person who had left in again, by a one-time link", define: usersReactivate,
			example: "fieldsync users reactivate ben@acme.example --as amy@acme.example",
			long:    "Their old password is void. Their levels are what they were; their jobs are not given back. The link is shown once.",
		},
		{
			name: "users replace", args: "LOGIN SUCCESSOR --as LOGIN", short: "put another person in the place of one who leaves", define: usersReplace,
			example: "fieldsync users replace ben@acme.example cal@acme.example --as amy@acme.example --dry-run\n" +
				"fieldsync users replace ben@acme.example cal@acme.example --as amy@acme.example",
			long: "In one step the person is removed, and the successor has their open jobs, their levels where those are higher, their categories and their company. " +
				"What they wrote, signed and worked stays under their name. --confirm lets it show customers to a subcontractor from whom they were hidden.",
		},
		{
			name: "users reset-link", args: "LOGIN --as LOGIN", short: "make a one-time link by which a person sets a password", define: usersResetLink,
			example: "fieldsync users reset-link ben@acme.example --as amy@acme.example",
			long:    "The link is shown once, is good once and for a day, and makes an older one void. When it is used every session of the person ends; what is unsent on their devices stays there and comes in.",
		},
		{
			name: "users link", args: "LOGIN COMPANY --as LOGIN", short: "link a portal user or a subcontractor to the company they belong to", define: usersLink,
			example: "fieldsync users link cora@corner.example 7b1d9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example\n" +
				"fieldsync users link cora@corner.example none --as amy@acme.example",
			long: "A company goes by the id of its record of customers. A portal user sees nothing but what belongs to it, and cannot sign in without one; " +
				"linking a portal user elsewhere ends their session. With none for COMPANY the person belongs to no company.",
		},
		{
			name: "partners show", args: "COMPANY --as LOGIN", short: "show a company outside: who is linked to it, and whether they may sign in", define: partnersShow,
			example: "fieldsync partners show 7b1d9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "A client, whose people use the portal, or a subcontractor. It goes by the id of its record of customers.",
		},
		{
			name: "partners close", args: "COMPANY --as LOGIN", short: "end every access of a company outside at once", define: partnersClose,
			example: "fieldsync partners close 7b1d9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "The sessions of its people end, and nobody of them can sign in. What is unsent on their devices still comes in. --dry-run says what it takes from them; what takes much wants --confirm.",
		},
		{
			name: "partners open", args: "COMPANY --as LOGIN", short: "let the people of a company outside sign in again", define: partnersOpen,
			example: "fieldsync partners open 7b1d9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
		},
		{
			name: "sessions list", short: "list who is signed in, where, and what is unsent there", define: sessionsList,
			example: "fieldsync sessions list",
		},
		{
			name: "sessions end", args: "LOGIN", short: "end a person's session; what is unsent still comes in", define: sessionsEnd,
			example: "fieldsync sessions end ben@acme.example\nfieldsync sessions end ben@acme.example --lost",
		},
		{
			name: "devices list", short: "list the devices people have, which are lost or stolen, and which have confirmed the last change of rights", define: devicesList,
			example: "fieldsync devices list",
		},
		{
			name: "devices exposure", args: "DEVICE --as LOGIN", short: "list the customers and other records that a lost device held", define: devicesExposure,
			example: "fieldsync devices exposure 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example\n" +
				"fieldsync devices exposure 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 --collection customers --as amy@acme.example",
			long: "At the last checkpoint that the device confirmed, whatever its user's rights have become since, less what the person of --as does not see themselves; " +
				"and what may have been sent to it after that, until its session ended. After 45 days it is all that the device can have held, and says so. It is noted in the audit who asked.",
		},
		{
			name: "devices mark", args: "DEVICE lost|stolen|found", short: "say that a device is lost, stolen or found again", define: devicesMark,
			example: "fieldsync devices mark 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 lost --reason 'left on the train'\n" +
				"fieldsync devices mark 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 found --unless-wiped",
			long: "Nobody signs in on a lost or stolen device. When it next makes contact it erases what it holds, and says so; a lost one hands in first, and all but hours waits for the office. " +
				"Until then found calls the wipe off; afterwards the device is found empty, and --unless-wiped refuses.",
		},
		{
			name: "keys add", args: "NAME --as LOGIN --scope SCOPE…", short: "make a key of the API for a back end", define: keysAdd,
			example: "fieldsync keys add ERP --as erp@acme.example --scope customers:write,jobs:read\n" +
				"fieldsync keys add report --as amy@acme.example --scope read --expires 2027-01-31",
			long: "A key uses the rights of an active desktop user, as far as its scopes go, and ends with that user. Its text is shown once. " +
				"The scopes are read, write, manage, COLLECTION:read and COLLECTION:write; write includes read.",
		},
		{
			name: "keys list", short: "list the keys of the API, whose rights they use, and when they were used last", define: keysList,
			example: "fieldsync keys list",
		},
		{
			name: "keys revoke", args: "ID", short: "revoke a key; it opens nothing from now on", define: keysRevoke,
			example: "fieldsync keys revoke 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40",
		},
		{
			name: "webhooks add", args: "URL --as LOGIN", short: "have an address of a back office told of events", define: webhooksAdd,
			example: "fieldsync webhooks add https://erp.example/fieldsync --as erp@acme.example --events 'jobs.*,visits.created'\n" +
				"fieldsync webhooks add https://erp.example/fieldsync --as amy@acme.example --scope jobs:read --name ERP",
			long: "Messages are signed by the Standard Webhooks specification, with a secret that is shown once. It is told of what happens from now on, " +
				"as the office user sees it.",
		},
		{
			name: "webhooks list", short: "list the webhooks, and whether they get through", define: webhooksList,
			example: "fieldsync webhooks list",
		},
		{
			name: "webhooks switch", args: "ID on|off", short: "switch a webhook on or off", define: webhooksSwitch,
			example: "fieldsync webhooks switch 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 on\n" +
				"fieldsync webhooks switch 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 on --from now",
			long: "Switched on, it goes on from where it was. Where the history does not reach back that far, name where to go on with --from.",
		},
		{
			name: "webhooks test", args: "ID", short: "send a webhook a test message", define: webhooksTest,
			example: "fieldsync webhooks test 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40",
		},
		{
			name: "webhooks rotate", args: "ID", short: "give a webhook a new secret; the old one signs along for a day", define: webhooksRotate,
			example: "fieldsync webhooks rotate 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40",
		},
		{
			name: "webhooks failed", args: "ID", short: "list the messages that have not got through to a webhook", define: webhooksFailed,
			example: "fieldsync webhooks failed 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40 --dead",
		},
		{
			name: "webhooks replay", args: "ID [MESSAGE]", short: "try messages that were given up again: one, or all", define: webhooksReplay,
			example: "fieldsync webhooks replay 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40",
		},
		{
			name: "webhooks remove", args: "ID", short: "remove a webhook, and what waits for it", define: webhooksRemove,
			example: "fieldsync webhooks remove 5e0c9a52b1f04b8f9d2a6c1e7f3b8d40",
		},
		{
			name: "held list", args: "--as LOGIN", short: "list the changes of phones that wait for the office", define: heldList,
			example: "fieldsync held list --as amy@acme.example",
		},
		{
			name: "held release", args: "CHANGE --as LOGIN", short: "let a waiting change in, with those that belong to it", define: heldRelease,
			example: "fieldsync held release 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "It is judged against what stands now; with --force it wins over that.",
		},
		{
			name: "held dismiss", args: "CHANGE --as LOGIN", short: "decide against a waiting change, with those that belong to it", define: heldDismiss,
			example: "fieldsync held dismiss 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "What it says is kept for the record. Hours are never dismissed.",
		},
		{
			name: "review list", args: "--as LOGIN", short: "list everything that needs a person, the newest first", define: reviewList,
			example: "fieldsync review list --as amy@acme.example\nfieldsync review list --kind conflict --grade late --as amy@acme.example",
			long:    "Conflicts, proposals, waiting and recovered work, flagged jobs, possible duplicates, parts below zero, hours to check. Only what the person sees, and only what is still open.",
		},
		{
			name: "review show", args: "ITEM --as LOGIN", short: "say all of one item: both values, who said them and when", define: reviewShow,
			example: "fieldsync review show 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
		},
		{
			name: "review restore", args: "ITEM --as LOGIN", short: "let a value that lost stand again, and close the item", define: reviewRestore,
			example: "fieldsync review restore 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --why \"Ben was there\" --as amy@acme.example",
			long:    "An edit by the person, under their rights, and the item: both or neither. Of an item that stands for several the latest, or the one that --change names; fieldsync history lists them.",
		},
		{
			name: "review adopt", args: "ITEM --as LOGIN", short: "let what was proposed stand, or the waiting change in, and close the item", define: reviewAdopt,
			example: "fieldsync review adopt 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "An edit by the person, under their rights, and the item: both or neither.",
		},
		{
			name: "review dismiss", args: "ITEM --as LOGIN", short: "leave what stands, and close the item", define: reviewDismiss,
			example: "fieldsync review dismiss 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "What lost is kept. Of a waiting change it decides against it; hours are never dismissed.",
		},
		{
			name: "review release", args: "ITEM --as LOGIN", short: "let the waiting change of an item in, with those that belong to it", define: reviewRelease,
			example: "fieldsync review release 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "It is judged against what stands now; with --force it wins over that. With --set it is corrected: what its author said is kept in the history of the record, and they are told.",
		},
		{
			name: "history", args: "COLLECTION ID --as LOGIN", short: "say who changed what of a record, when, and what it replaced", define: historyCommand,
			example: "fieldsync history jobs 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example",
			long:    "Only what the person sees now, as far back as history is kept.",
		},
		{
			name: "explain", args: "LOGIN [RECORD] --as LOGIN", short: "say what a person may see or do, and which rule decides it", define: explainCommand,
			example: "fieldsync explain sue@sub.example 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --as amy@acme.example\n" +
				"fieldsync explain ben@acme.example --collection customers --as amy@acme.example\n" +
				"fieldsync explain ben@acme.example 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --action edit --as amy@acme.example",
			long: "Of a record every field is told that has a value. Of --action create RECORD is what the new one would hang on. " +
				"Whoever asks must see jobs, and is told of what they do not see as of what is not there.",
		},
		{
			name: "view-as", args: "LOGIN COLLECTION --as LOGIN", short: "show what a person's device is shown now of a collection", define: viewAsCommand,
			example: "fieldsync view-as sue@sub.example jobs --as amy@acme.example\n" +
				"fieldsync view-as amy@acme.example customers --session mobile --as amy@acme.example --json",
			long: "It is what the projection that serves the device shows, less what the person of --as does not see themselves. It is noted in the audit who looked.",
		},
		{
			name: "demo", short: "a gateway with a company at work, to try everything on; what make run runs", define: demoCommand, serves: true,
			example: "fieldsync demo\nfieldsync demo --reset\nfieldsync demo --once --data /tmp/try --listen 127.0.0.1:0",
			long: "The company is made at the first start, in a few seconds: customers, sites and two weeks of jobs are imported, and its people hand in " +
				"a week of work. Later starts find it again. --reset removes what a demonstration made in --data, and nothing else.",
		},
		{
			name: "story run", args: "FILE…", short: "play stories of office and field, and see whether what they expect is so", define: storyRun,
			example: "fieldsync story run docs/stories/03-same-field.story\nfieldsync story run --brief docs/stories/*.story\n" +
				"FIELDSYNC_KEY=fsk_… fieldsync story run --server https://sync.acme.example --tenant trial docs/stories/03-same-field.story",
			long: "A story is plain English; fieldsync story forms lists its sentences. Its phones are real clients with replicas of their own and the office is " +
				"the API, over real sockets, and everything that is told was read from one of the two. Each is played on a gateway of its own in a folder that is " +
				"removed afterwards, or with --server in an empty company of a gateway elsewhere. A last line has the verdict; exit code 8: something is not as a story expects it.",
		},
		{
			name: "story check", args: "FILE…", short: "read stories without playing them, and tell everything that is wrong with them", define: storyCheck,
			example: "fieldsync story check docs/stories/*.story",
		},
		{
			name: "story forms", short: "list the sentences that a story may have", define: storyForms,
			example: "fieldsync story forms",
		},
		{
			name: "bench", short: "measure this build beside what the same stack does without logic", define: benchCommand,
			example: "fieldsync bench\nfieldsync bench --scenario push,drain --repeat 3 --json",
			long: "It starts a gateway and the floor, each a process of its own, loads both from this one over loopback, and shows what they do side by side. " +
				"What was acknowledged is read back, and every first download is compared with what was put in: the exit code is 8 when that is not so. " +
				"docs/reference/performance.md says what the scenarios are and what the figures mean.",
		},
		{
			name: "bench floor", short: "measure what the same stack does without logic, alone", define: benchFloor,
			example: "fieldsync bench floor",
		},
		{
			name: "import", args: "FILE…", short: "bring in customers, sites, contacts, assets, users and jobs from CSV and XLSX", define: importCommand,
			example: "fieldsync import customers.csv sites.csv jobs.xlsx --dry-run\n" +
				"fieldsync import customers.csv --map 'Cust No=key' --dates dmy --zone Europe/London\n" +
				"fieldsync import jobs=export.csv --errors bad.csv",
			long: "What a file holds and what its columns are is guessed from their names, and told. --dry-run shows what would be done. " +
				"Bad rows are named with the reason, and the others imported. The same files may be imported again: a run that was cut goes on, " +
				"and what is there already stays one record. docs/how-to/import.md says more.",
		},
		{
			name: "export", args: "[COLLECTION…] --out DIRECTORY", short: "write collections into files, as CSV, XLSX or NDJSON", define: exportCommand,
			example: "fieldsync export customers sites jobs --out export --format xlsx\n" +
				"fieldsync export --all --out export --bom\n" +
				"fieldsync export --all --out backup --format ndjson --as amy@acme.example",
			long: "What is written is what the person of --as may see. Customers, sites, contacts, assets, users and jobs have the columns that an import takes.",
		},
		{
			name: "report jobs", args: "--from DAY --to DAY", short: "count jobs by day, week, month, person or customer, as CSV", define: reportJobs,
			example: "fieldsync report jobs --from 2026-03-01 --to 2026-04-01 --by week\n" +
				"fieldsync report jobs --from 2026-03-01 --to 2026-04-01 --by customer --zone Europe/London --out march.csv",
			long: "The last day is not in it, so that months side by side count every job once. It shows what the person of --as may see.",
		},
		{
			name: "report hours", args: "--from DAY --to DAY", short: "add up paid time by day, week, month or person, as CSV", define: reportHours,
			example: "fieldsync report hours --from 2026-03-01 --to 2026-04-01 --by person --out march.csv",
			long:    "The last day is not in it; days are those of each person's zone of pay. It is not rounded: payroll alone is.",
		},
		{
			name: "timesheets list", args: "--from DAY --to DAY", short: "list hours by person, with what is odd about them", define: timesheetsList,
			example: "fieldsync timesheets list --from 2026-03-02 --to 2026-03-09\n" +
				"fieldsync timesheets list --from 2026-03-02 --to 2026-03-09 --worker ben@acme.example --json",
			long: "The last day is not in it; days are those of each person's zone of pay. With --json the raw events and the corrections are told too.",
		},
		{
			name: "timesheets submit", args: "LOGIN --from DAY --to DAY", short: "submit a person's timesheet", define: timesheetsSubmit,
			example: "fieldsync timesheets submit ben@acme.example --from 2026-03-02 --to 2026-03-09",
		},
		{
			name: "timesheets approve", args: "LOGIN --from DAY --to DAY", short: "approve a person's timesheet", define: timesheetsApprove,
			example: "fieldsync timesheets approve ben@acme.example --from 2026-03-02 --to 2026-03-09",
			long:    "It approves what is there now. What comes later shows as late, and is an adjustment of a later payroll file.",
		},
		{
			name: "timesheets reopen", args: "LOGIN --from DAY --to DAY", short: "take an approval or a submission back", define: timesheetsReopen,
			example: "fieldsync timesheets reopen ben@acme.example --from 2026-03-02 --to 2026-03-09 --note 'Friday is missing'",
			long:    "What a payroll file has exported is never opened again.",
		},
		{
			name: "timesheets correct", args: "--event ID --reason TEXT", short: "say that an event of somebody's hours was otherwise", define: timesheetsCorrect,
			example: "fieldsync timesheets correct --event 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --at 2026-03-02T16:30:00Z --reason 'left at half past four'\n" +
				"fieldsync timesheets correct --worker ben@acme.example --at 2026-03-02T12:00:00Z --minutes 30 --reason 'fetched parts'",
			long: "The event stays as it is, and the correction stands above it. The worker is told, and may dispute it.",
		},
		{
			name: "payroll export", args: "--from DAY --to DAY", short: "make a payroll file of approved timesheets, as CSV or JSON", define: payrollExport,
			example: "fieldsync payroll export --from 2026-03-02 --to 2026-03-09 --out week.csv\n" +
				"fieldsync payroll export --from 2026-03-02 --to 2026-03-09 --dry-run",
			long: "It has the timesheets that lie whole within the days, and adjustments of earlier files. They are exported by the same commit: nothing is paid twice, and --id asks for the same file again.",
		},
		{
			name: "payroll list", short: "list the payroll files", define: payrollList,
			example: "fieldsync payroll list",
		},
		{
			name: "payroll get", args: "ID", short: "write a payroll file again, with the same bytes", define: payrollGet,
			example: "fieldsync payroll get 0d4c9a52b1f04b8f9d2a6c1e7f3b8d40 --format json",
		},
		{
			name: "audit", short: "read who did what to whom, when, from where and why, the newest first", define: auditCommand,
			example: "fieldsync audit --limit 50\n" +
				"fieldsync audit --kind takeover --user ben@acme.example --from 2026-03-01T00:00:00Z\n" +
				"fieldsync audit --csv --oldest > audit.csv",
			long: "Sign-ins and refused ones, ends, takeovers, hand-ins, and what was done to people, rights, devices, settings and keys, of the last 400 days. " +
				"It needs full administration, and that somebody reads is a line of it. --csv writes every line that is asked for.",
		},
		{
			name: "lab", short: "two phones and the office side by side in one terminal, and a bad network between them", define: labCommand, serves: true,
			example: "fieldsync lab\nfieldsync lab --phones ben@fieldsync.example,sue@fieldsync.example --fresh",
		},
		{
			name: "phone", args: "--as LOGIN", short: "a phone in a terminal", define: phoneCommand,
			example: "fieldsync phone --as ben@fieldsync.example",
		},
		{
			name: "portal", args: "--as LOGIN", short: "a client's portal in a terminal", define: portalCommand,
			example: "fieldsync portal --as guest@harbour-hotel.example",
			long:    "A client signs in and follows how the jobs for their company go. It keeps nothing on the disk, and signs out at the end.",
		},
		{
			name: "office", args: "--as LOGIN", short: "a desk of the office in a terminal", define: officeCommand,
			example: "fieldsync office --as amy@fieldsync.example",
		},
		{
			name: "decode", args: "[FILE]", short: "show a captured frame: hex, base64 or binary, from a file or standard input", define: decodeCommand,
			example: "fieldsync decode frame.bin\necho 9206c4089ca83c034eb0c90a | fieldsync decode",
		},
		{
			name: "config print", short: "show every setting, its value and where it came from", define: configPrint, serves: true,
			example: "fieldsync config\nfieldsync config print --config /etc/fieldsync.conf --json",
			long:    "Without --json it is a file of settings: what it prints may be given to --config.",
		},
		{
			name: "config check", short: "say everything that is wrong with the settings, and use none of them", define: configCheck,
			serves: true, judges: true,
			example: "fieldsync config check --config /etc/fieldsync.conf",
			long:    "It reads the file, the environment and the flags as fieldsync serve does, and the certificate too. The exit code is 2 when something is wrong.",
		},
		{
			name: "config explain", args: "SETTING", short: "say what a setting is for, what it is, and how it is set", define: configExplain, serves: true,
			example: "fieldsync config explain drain-wait",
		},
		{
			name: "completion", args: shells, short: "write the script that makes a shell complete these commands", define: completionCommand,
			example: "source <(fieldsync completion bash)\n" +
				"fieldsync completion zsh > \"${fpath[1]}/_fieldsync\"\n" +
				"fieldsync completion fish > ~/.config/fish/completions/fieldsync.fish\n" +
				"fieldsync completion powershell | Out-String | Invoke-Expression",
			long: "Commands, flags, files, levels and scopes are completed; people, devices and companies while the server of --data runs.",
		},
		{
			name: "version", short: "show the version", define: versionCommand,
			example: "fieldsync version",
		},
	}
}

// want checks the number of plain arguments.
func (c *call) want(least, most int, usage string) error {
	name, n := c.flags.Name(), len(c.args)
	switch {
	case n > most && most == 0 && usage == "":
		return usagef("%s takes no arguments, and was given %q; see fieldsync %s --help", name, c.args[0], name)
	case n < least, n > most && most >= 0:
		return usagef("want: fieldsync %s %s; see fieldsync %s --help", name, usage, name)
	}
	return nil
}

// given says whether the command line has the flag.
func (c *call) given(name string) bool {
	f := c.cobra.Flags().Lookup(name)
	return f != nil && f.Changed
}
