package story

import (
	"slices"
	"strings"
)

// Slot is what a word in capitals stands for in the pattern of a sentence.
type Slot string

// The slots.
const (
	People   Slot = "PEOPLE"
	Person   Slot = "PERSON"
	Hand     Slot = "WHO"
	Phone    Slot = "PHONE"
	Portal   Slot = "PORTAL"
	Ordinal  Slot = "NTH"
	Job      Slot = "JOB"
	Customer Slot = "CUSTOMER"
	Record   Slot = "RECORD"
	Field    Slot = "FIELD"
	Text     Slot = "TEXT"
	Number   Slot = "NUMBER"
	Time     Slot = "TIME"
	Clock    Slot = "CLOCK"
	Day      Slot = "DAY"
	Word     Slot = "WORD"
	Choice   Slot = "CHOICE" // which of (one|another) was written; it stands in no pattern by this name
)

// Slots is what each of them may be, for people, in the order of the reference.
var Slots = []struct {
	Slot Slot
	Help string
}{
	{People, "roles with names: planner Amy, engineers Ben and Cal and a subcontractor Sue. Roles are " + strings.Join(Roles, ", ")},
	{Person, "a name that the company was said to have: Ben"},
	{Hand, "a person, who does it at their desk or on the phone they use: Ben; or on another one: Ben on the first phone"},
	{Phone, "the phone that somebody uses: Ben's phone; or another one: Ben's second phone"},
	{Portal, "what a client sees of their company's work, in the clients' portal: Dot's portal"},
	{Ordinal, "which phone or file: first, second or third"},
	{Job, "the title of a job of the story, in quotation marks"},
	{Customer, "the name of a customer of the story, in quotation marks"},
	{Record, "a job or a customer of the story, in quotation marks"},
	{Field, "a field of the record, by its name in the model: description, credit limit; or the company's own"},
	{Text, "any text, in quotation marks"},
	{Number, "a number: 12, three, no, nothing"},
	{Time, "15 minutes ago, 2 hours ago, a minute later; left out: now"},
	{Clock, "what clocks show: 22:00"},
	{Day, "a day: 24 October 2026"},
	{Word, "one word, as the office's API has it: read-only, edit_job, takes_much"},
}

// Roles are what somebody of a company may be, in the singular.
var Roles = []string{"administrator", "manager", "planner", "engineer", "subcontractor", "client"}

// InOffice says whether somebody of that role works at a desk of the office, and not in the field.
func InOffice(role string) bool {
	return slices.Contains([]string{"administrator", "manager", "planner"}, role)
}

// InField says whether somebody of that role works in the field, with a phone.
func InField(role string) bool { return role == "engineer" || role == "subcontractor" }

// Form is a sentence that a story may contain.
type Form struct {
	Name    string // stable; the player goes by it
	Pattern string // [left out or not], (one|another), SLOT
	Help    string // one line, no full stop
	Expects bool   // it is what must be so
	Makes   Slot   // the first place of this slot names something that was not there before; empty: none does

	parts []part
}

// Forms is every sentence there is, what happens first.
func Forms() []*Form { return forms }

var forms = func() []*Form {
	var out []*Form
	for _, f := range slices.Concat(company, phones, field, office) {
		out = append(out, grown(f, false))
	}
	for _, f := range slices.Concat(officeSees, phoneShows, portalShows) {
		out = append(out, grown(f, true))
	}
	return out
}()

func grown(f Form, expects bool) *Form {
	f.Expects = expects
	f.parts = parts(f.Pattern)
	return &f
}

// company is what there is before anything happens.
var company = []Form{
	{Name: "company", Pattern: "a company with PEOPLE", Help: "the company, which the story has for itself; a story begins with it"},
	{Name: "customer", Pattern: "a customer CUSTOMER at TEXT", Help: "the office has a customer with a site at this address", Makes: Customer},
	{Name: "customers", Pattern: "NUMBER more customers", Help: "with names that no story speaks of"},
	{Name: "job", Pattern: "a job JOB [at CUSTOMER] [assigned to PERSON]", Help: "the office has a job, at the customer's site, that somebody is to do", Makes: Job},
	{Name: "own-field", Pattern: "an own field FIELD of jobs", Help: "the company keeps a text of its own with jobs, which the field may fill in", Makes: Field},
	{Name: "setting", Pattern: "the setting WORD is WORD", Help: "a setting of the company, by its name in /v1/settings"},
	{Name: "from", Pattern: "PERSON is from CUSTOMER", Help: "a client, who sees their own company's work; or a subcontractor, who belongs to that company"},
	{Name: "pay-zone", Pattern: "PERSON is paid by the days of WORD", Help: "the zone in which the days of their hours begin and end, as Europe/London; otherwise it is the company's"},
	{Name: "time", Pattern: "it is CLOCK [on DAY] [in WORD]", Help: "by the clocks of that zone, on that day or the next time that they show it; the gateway and all phones go on from there, on a gateway of the story's own"},
}

// phones is what happens to devices.
var phones = []Form{
	{Name: "sign-in", Pattern: "PERSON signs in [on (a|the) NTH phone]", Help: "somebody of the field signs in; when another phone of theirs is active they are asked about it, and nothing more happens"},
	{Name: "take-over", Pattern: "PERSON takes over", Help: "who was asked about another phone says yes, and uses the one at hand from now on"},
	{Name: "take-up", Pattern: "PERSON takes up (a|the) NTH phone", Help: "what they do from now on they do on that phone; nobody signs in by it"},
	{Name: "race", Pattern: "PERSON signs in on two phones at once NUMBER times", Help: "in the same moment on the first and the second, again and again; afterwards they use the one that was let in last"},
	{Name: "sign-out", Pattern: "PERSON signs out", Help: "on the phone they use; what is unsent stays on it"},
	{Name: "sync", Pattern: "PHONE syncs", Help: "it is online, and all it has is sent, answered and confirmed"},
	{Name: "offline", Pattern: "PHONE goes offline", Help: "it loses its signal"},
	{Name: "back", Pattern: "PHONE comes back", Help: "it has signal again, and syncs; one that lost its session hands in what it has"},
	{Name: "drops", Pattern: "the connection of PHONE drops NUMBER times", Help: "each time it is cut off after it was welcomed, and comes back by itself"},
	{Name: "breaks", Pattern: "the connection of PHONE breaks after every answer", Help: "from now on it is cut off whenever the gateway has answered for one push"},
	{Name: "slow", Pattern: "the connection of PHONE is slow", Help: "nothing that is done on it gets through from now on, until the gateway asks it to finish or the connection ends; all else does"},
	{Name: "killed", Pattern: "the app on PHONE is killed", Help: "and opened again, with what is on the phone's disk"},
	{Name: "reboot", Pattern: "PHONE reboots", Help: "the app is opened again, and the phone's steady clock begins anew"},
	{Name: "clock", Pattern: "the clock of PHONE is NUMBER minutes (fast|slow)", Help: "the time that the phone shows is wrong; 0 sets it right"},
}

// field is what people do; at a desk where they have one.
var field = []Form{
	{Name: "visit", Pattern: "WHO (accepts|declines|travels to|starts|pauses|resumes|completes) JOB [because TEXT] [TIME]", Help: "a step of the visit, with the hours that go with it"},
	{Name: "note", Pattern: "WHO notes TEXT on JOB [TIME]", Help: "a note for everybody who works on the job"},
	{Name: "notes", Pattern: "WHO writes NUMBER notes on JOB [TIME]", Help: "with texts that no story speaks of, one change each"},
	{Name: "photo", Pattern: "WHO photographs TEXT on JOB [TIME]", Help: "a photo with this caption: its record, without its bytes"},
	{Name: "photos", Pattern: "WHO takes NUMBER photos of JOB [TIME]", Help: "with captions that no story speaks of, one change each"},
	{Name: "signature", Pattern: "WHO has JOB signed by TEXT [TIME]", Help: "a signature: its record, without its bytes"},
	{Name: "minutes", Pattern: "WHO enters NUMBER minutes on JOB [TIME]", Help: "hours that are entered by hand"},
	{Name: "shift", Pattern: "WHO (starts|ends) the shift [TIME]", Help: "the beginning or the end of their working day"},
	{Name: "tick", Pattern: "WHO ticks off TEXT on JOB [TIME]", Help: "a task of the job is done"},
	{Name: "take-parts", Pattern: "WHO takes NUMBER TEXT from TEXT for JOB [TIME]", Help: "parts that are used on a job, from a van or a store"},
	{Name: "put-parts", Pattern: "WHO puts NUMBER TEXT into TEXT [TIME]", Help: "parts that come to a van or a store"},
	{Name: "count-parts", Pattern: "WHO counts NUMBER TEXT in TEXT [TIME]", Help: "what is there, as somebody counted at that time"},
	{Name: "change", Pattern: "WHO changes FIELD of RECORD to TEXT [TIME]", Help: "one field of a job or a customer"},
	{Name: "write-down", Pattern: "WHO writes down a job JOB at TEXT [TIME]", Help: "a job made in the field; where it is, in their own words", Makes: Job},
	{Name: "make-job", Pattern: "WHO makes a job JOB for CUSTOMER [TIME]", Help: "a job made in the field, for a customer that the phone shows", Makes: Job},
	{Name: "assign", Pattern: "WHO assigns JOB to PERSON", Help: "somebody is to do the job"},
}

// office is what the office does, over its API.
var office = []Form{
	{Name: "move", Pattern: "PERSON moves JOB from PERSON to PERSON", Help: "takes the job from one and gives it to the other, both or neither"},
	{Name: "give", Pattern: "PERSON gives JOB to the people of CUSTOMER", Help: "a company outside is to do the job; its dispatcher says who goes"},
	{Name: "withdraw", Pattern: "PERSON takes JOB away from PERSON", Help: "who had it has it no more"},
	{Name: "rule", Pattern: "PERSON (cancels|closes|reopens|reinstates) JOB [because TEXT]", Help: "a word of the office on the whole job"},
	{Name: "task", Pattern: "PERSON adds a task TEXT to JOB", Help: "something to tick off"},
	{Name: "access", Pattern: "PERSON writes the access notes TEXT for JOB", Help: "how one comes in, on the card of a job at a customer"},
	{Name: "link", Pattern: "PERSON links JOB to CUSTOMER", Help: "says whose job it is, and at which site"},
	{Name: "delete", Pattern: "PERSON deletes RECORD", Help: "it can be brought back, and work on it still comes in"},
	{Name: "agree", Pattern: "PERSON agrees that JOB is of CUSTOMER", Help: "adopts, in one action, what the office was asked of a job whose customer somebody typed"},
	{Name: "merge", Pattern: "PERSON says that CUSTOMER is CUSTOMER", Help: "the office has one customer twice: what names the first is the second's from now on, and what names it already moves there"},
	{Name: "adopt", Pattern: "PERSON adopts TEXT as FIELD of RECORD", Help: "lets a value that lost stand, and closes its item of review, in one action"},
	{Name: "correct", Pattern: "PERSON releases what is held of PERSON on RECORD as of JOB [with TEXT instead of TEXT]", Help: "lets work in that waits for the office, corrected: it belongs to another job, and says something else"},
	{Name: "held", Pattern: "PERSON (releases|dismisses) what is held of PERSON on RECORD", Help: "decides on work that waits for the office"},
	{Name: "right", Pattern: "PERSON sets the (mobile|web) right WORD of PERSON to WORD", Help: "one permission, by its name in /v1/levels"},
	{Name: "rights", Pattern: "PERSON sets all (mobile|web) rights of PERSON to WORD", Help: "full, read-only or none"},
	{Name: "password", Pattern: "PERSON gives PERSON a new password", Help: "their session ends"},
	{Name: "end", Pattern: "PERSON ends the session of PERSON [(at once|and revokes the phone)] [because TEXT]", Help: "a phone that can be reached sends what it has first; at once, it does not; revoked, it is lost besides"},
	{Name: "remove", Pattern: "PERSON removes PERSON [because TEXT]", Help: "who leaves: their session ends, and their open jobs are nobody's"},
	{Name: "replace", Pattern: "PERSON replaces PERSON by PERSON", Help: "who leaves, and who has their open jobs from now on"},
	{Name: "approve-hours", Pattern: "PERSON approves the hours of PERSON", Help: "what is there of the last eight days, as it is at this moment"},
	{Name: "export-pay", Pattern: "PERSON exports the hours to payroll [(once more)]", Help: "makes a payroll file of what is approved; once more: asks for the last one again, as who does not know whether it got through"},
	{Name: "mark", Pattern: "PERSON marks PHONE as (lost|stolen|found)", Help: "lost: what it hands in waits; stolen: nothing is taken from it; found: as before"},
}

// officeSees is what must be so in the office, by its API.
var officeSees = []Form{
	{Name: "office-note", Pattern: "the office sees the note TEXT by PERSON on JOB [once]", Help: "this note, by them, exactly once"},
	{Name: "office-late", Pattern: "the office sees that the note TEXT on JOB was received NUMBER minutes after it was written", Help: "by its history, give or take a minute"},
	{Name: "office-count", Pattern: "the office sees NUMBER (notes|photos|signatures|visits|note|photo|signature|visit) [by PERSON] on JOB", Help: "so many, no more and no less"},
	{Name: "office-field", Pattern: "the office sees FIELD of RECORD as TEXT", Help: "the value that stands"},
	{Name: "office-empty", Pattern: "the office sees no FIELD of RECORD", Help: "the field has no value"},
	{Name: "office-flag", Pattern: "the office sees JOB flagged as WORD", Help: "late_work, duplicate_visit, needs_review …"},
	{Name: "office-assigned", Pattern: "the office sees JOB (assigned|not assigned) to PERSON", Help: "whether it is theirs to do"},
	{Name: "office-visit", Pattern: "the office sees a visit of NUMBER minutes by PERSON on JOB", Help: "from its beginning to its end, give or take a minute"},
	{Name: "office-began", Pattern: "the office sees that the visit of PERSON on JOB began NUMBER minutes ago", Help: "by the gateway's estimate, give or take a minute"},
	{Name: "office-entered", Pattern: "the office sees NUMBER minutes entered by PERSON on JOB", Help: "the sum of what was entered by hand"},
	{Name: "office-time", Pattern: "the office sees NUMBER (time events|time event) by PERSON [on JOB]", Help: "moments of hours: begun, paused, ended …"},
	{Name: "office-clock", Pattern: "the office sees time of PERSON flagged as WORD", Help: "skew, skew_review or future: what is odd about the clock that told it"},
	{Name: "office-told", Pattern: "the office sees the shift of PERSON (start|end) NUMBER minutes ago", Help: "by the gateway's estimate, give or take two minutes"},
	{Name: "office-clocked", Pattern: "the office sees the shift of PERSON (start|end) at CLOCK", Help: "likewise, by the clocks of where the story is"},
	{Name: "office-showed", Pattern: "the office sees that PHONE showed CLOCK at the (start|end) of the shift", Help: "what its own clock said, right or wrong, which is kept"},
	{Name: "office-paid", Pattern: "the office sees NUMBER minutes paid to PERSON [on DAY]", Help: "on their timesheet, give or take a minute and the uncertainty that it states, which may be five"},
	{Name: "parts", Pattern: "the office sees NUMBER TEXT (left in|missing in) TEXT", Help: "what came, less what went, since the last count; missing: more went than there was"},
	{Name: "shortage", Pattern: "the office has (a shortage|no shortage) of TEXT in TEXT to review", Help: "an item of review that is open: by the books there is less than nothing"},
	{Name: "moved-parts", Pattern: "the office sees NUMBER TEXT taken by PERSON for JOB", Help: "the sum of what they said"},
	{Name: "review", Pattern: "the office has (a conflict|a held change|a claim|a duplicate visit|late work|a job to check|a possible duplicate) to review on RECORD [by PERSON]", Help: "an item of review that is open"},
	{Name: "no-review", Pattern: "the office has nothing to review on RECORD", Help: "no item of review is open"},
	{Name: "loser", Pattern: "the office keeps TEXT by PERSON as a losing FIELD of RECORD", Help: "the value that lost, with its author, among what is to review"},
	{Name: "holds", Pattern: "the office holds TEXT of PERSON on RECORD", Help: "work that waits for the office, with what it says"},
	{Name: "signed-in", Pattern: "the office sees PERSON signed in on PHONE [with NUMBER unsent]", Help: "on its board of sessions"},
	{Name: "signed-out", Pattern: "the office sees PERSON signed in nowhere", Help: "no live session"},
	{Name: "signed-in-once", Pattern: "the office sees PERSON signed in on one phone alone", Help: "one live session, whichever phone it is on"},
	{Name: "raced", Pattern: "each time one phone was let in and the other asked", Help: "of the last race: no more and no less than one was let in, and the other asked about that one"},
	{Name: "file-pays", Pattern: "the NTH payroll file (pays|adjusts) PERSON [by] NUMBER minutes", Help: "the sum of its own lines, or of those that adjust earlier files; rounded as the company pays"},
	{Name: "file-same", Pattern: "the NTH payroll file is the same byte for byte", Help: "as when it was made, and as the hash that was told then"},
	{Name: "same-session", Pattern: "the session of PERSON is still the same", Help: "as before the last When: no sign-in and no takeover in between"},
	{Name: "device", Pattern: "the office sees PHONE as (in use|lost|stolen) [with NUMBER unsent]", Help: "among its devices, with what was on it when it was last heard"},
	{Name: "rights-are", Pattern: "the office sees the rights of PHONE as (confirmed|sent|not confirmed|unchanged)", Help: "how far the phone has followed the last change of them"},
	{Name: "right-is", Pattern: "the office sees the (mobile|web) right WORD of PERSON as WORD", Help: "the level that is set"},
	{Name: "warned", Pattern: "PERSON is warned with WORD", Help: "the effect of the last change of rights that they made said so: ends_mobile_access, widens_contractor, sessions_ended"},
	{Name: "refused", Pattern: "PERSON is refused with WORD", Help: "the last thing that they asked of the office's API was not done; the code of docs/reference/errors.md"},
}

// phoneShows is what must be so on phones, by their replicas.
var phoneShows = []Form{
	{Name: "shows", Pattern: "PHONE shows RECORD", Help: "it is there"},
	{Name: "hides", Pattern: "PHONE does not show RECORD", Help: "it is not there, though the phone has heard everything that came before"},
	{Name: "shows-field", Pattern: "PHONE shows FIELD of RECORD as TEXT", Help: "the value as its user sees it"},
	{Name: "shows-address", Pattern: "PHONE shows the (address|access notes) TEXT for JOB", Help: "on the job's card"},
	{Name: "shows-words", Pattern: "PHONE shows the words TEXT for JOB", Help: "where the job is, as whoever wrote it down put it"},
	{Name: "shows-task", Pattern: "PHONE shows the task TEXT on JOB", Help: "something to tick off"},
	{Name: "shows-count", Pattern: "PHONE shows NUMBER (customers|sites|jobs|customer|site|job)", Help: "so many in all; nothing is kept back when it has heard everything"},
	{Name: "shows-note", Pattern: "PHONE shows the note TEXT on JOB", Help: "a note on the job, whoever wrote it"},
	{Name: "hides-note", Pattern: "PHONE does not show the note TEXT on JOB", Help: "though the phone has heard everything that came before"},
	{Name: "same", Pattern: "PHONE shows the same as the office", Help: "the jobs that are theirs and no others, field for field"},
	{Name: "unsent", Pattern: "PHONE has NUMBER unsent", Help: "changes that the gateway has not answered for"},
	{Name: "waiting", Pattern: "PHONE has NUMBER waiting for the office", Help: "changes that are held, as its user is told"},
	{Name: "outcome", Pattern: "the outcome of TEXT on PHONE is (applied|merged|recorded|held|refused|dismissed) [because TEXT]", Help: "what became of the change with this text, and the beginning of what its user is told of it"},
	{Name: "state", Pattern: "PHONE is (connected|offline|stopped|wiped)", Help: "stopped: it does not come back by itself; wiped: nothing is left on it"},
	{Name: "told", Pattern: "PHONE is told TEXT", Help: "words of what its user is told about the end of the session: why, by whom, and what they wrote"},
	{Name: "news", Pattern: "PHONE tells its user TEXT", Help: "words of what it told by itself since the last When: what came, what changed and what became of their work"},
	{Name: "asked", Pattern: "PERSON is asked about PHONE [with NUMBER unsent]", Help: "the question at a sign-in while another phone is active"},
	{Name: "not-let-in", Pattern: "PERSON is not let in on PHONE because TEXT", Help: "the last sign-in on it was refused, with these words among what its user is told"},
	{Name: "finds", Pattern: "PHONE finds NUMBER for TEXT", Help: "records, by a search on the phone and at the gateway alike"},
	{Name: "sent-nothing", Pattern: "PHONE was sent nothing since then", Help: "no data since the last When, not even an empty page"},
	{Name: "sent-records", Pattern: "PHONE was sent [(at most)] NUMBER (records|record) since then", Help: "rows of data since the last When"},
	{Name: "sent-purge", Pattern: "PHONE was told to forget before it was sent anything new", Help: "since the last When, what it may see no more came first"},
	{Name: "clean", Pattern: "PHONE was never sent anything of CUSTOMER", Help: "no name, number or id of the customer and its sites in any frame; addresses of jobs' cards are no secret"},
	{Name: "alike", Pattern: "PHONE was answered alike for JOB and JOB", Help: "outcomes, fields shown and the sizes of the answers are the same for the two"},
}

// portalShows is what must be so in the clients' portal.
var portalShows = []Form{
	{Name: "portal-shows", Pattern: "PORTAL shows JOB", Help: "it is among their company's jobs"},
	{Name: "portal-hides", Pattern: "PORTAL does not show JOB", Help: "it is on no list, and asked for it is answered like one that never was"},
	{Name: "portal-count", Pattern: "PORTAL shows NUMBER (jobs|job)", Help: "so many in all"},
	{Name: "portal-field", Pattern: "PORTAL shows FIELD of RECORD as TEXT", Help: "the value as the client reads it; what stands of the status is the progress"},
	{Name: "portal-clean", Pattern: "PORTAL shows nothing of TEXT", Help: "the words are nowhere in all that it shows"},
}
