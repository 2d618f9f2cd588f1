package problem

import (
	"net/http"
	"slices"
	"strings"
)

// Entry explains a code.
type Entry struct {
	Code   string
	Status int
	Title  string // what happened
	Means  string // why it happens
	Do     string // what to do
}

// Lookup finds a code's entry.
func Lookup(code string) (Entry, bool) {
	i, ok := slices.BinarySearchFunc(catalogue, code, func(e Entry, code string) int { return strings.Compare(e.Code, code) })
	if !ok {
		return Entry{}, false
	}
	return catalogue[i], true
}

// Catalogue is every code there is, in their order.
func Catalogue() []Entry { return slices.Clone(catalogue) }

// catalogue is sorted by code. Never rename one, and never change a status.
var catalogue = []Entry{
	{
		"active_elsewhere", http.StatusConflict, "active on another device",
		"A person works on one device at a time, so that two half-days never have to be put together. Another device of this person is signed in; the problem says which, when it was heard last and how much it had not sent then.",
		"Its unsent work is still handed in. To go on here, repeat the sign-in with takeover set to this epoch.",
	},
	{
		"bad_assign_to", http.StatusBadRequest, "the list of whom somebody may assign is not good",
		"assign_to names people of the company who can be given work, 200 at most, by their logins or ids: nobody who has left, unless they were on the list before, and no client's user of the portal. Nothing was changed.",
		"Leave out whom it names, or shorten the list; anyone puts no bounds to it.",
	},
	{
		"bad_cursor", http.StatusBadRequest, "this is no cursor of this list",
		"A cursor is the server's to make; that of the change feed is sealed for one reader. This one was cut, edited, made by another server, or belongs to another list.",
		"Send a cursor exactly as it was given, or leave it out to begin anew.",
	},
	{
		"bad_key", http.StatusBadRequest, "the public key must be an uncompressed P-256 point of 65 bytes",
		"A device signs every connection with a key of its own and shows the public half when it signs in.",
		"Send the key's point, 0x04 and two coordinates, in base64.",
	},
	{
		"bad_level", http.StatusBadRequest, "the permission has no such level",
		"Every permission has values of its own: a checkbox is off or on, most others none, read-only or full; hidden is of the mobile customers alone and takes the place of none, edit-own is of optimization alone. What belongs to a feature that is switched off cannot be set. All of a set can be full, read-only or none. Nothing was changed.",
		"Correct what is named; /v1/levels lists every permission and what it may be set to.",
	},
	{
		"bad_link", http.StatusNotFound, "the link is not good, or not any more",
		"A link to set a password is good once and for a limited time, a day unless the company says otherwise; a newer one makes it void, and so does a new password. Which of them it was is not told.",
		"Ask the office for a new link.",
	},
	{
		"bad_request", http.StatusBadRequest, "the request is not what it should be",
		"The body is not the JSON that is documented, a field is not known, is missing or has a value of a wrong type or out of its bounds, or a parameter cannot be read. Nothing was changed.",
		"Correct what is named, and send it again; /openapi.json describes every request.",
	},
	{
		"bad_scope", http.StatusBadRequest, "not a scope",
		"A key or a webhook names what it may use of its user's rights. Scopes are read, write, manage, COLLECTION:read and COLLECTION:write.",
		"Correct the scope; docs/reference/model.md lists the collections by name.",
	},
	{
		"bad_successor", http.StatusConflict, "they cannot take that place",
		"The place of somebody who leaves is taken by another active person of the same kind, and of the same company outside if they are of one. Who has left before has no place any more. Nothing was changed.",
		"Choose somebody else; add them first, or reactivate them.",
	},
	{
		"bad_ticket", http.StatusUnauthorized, "the ticket is not good, or not any more",
		"A ticket stands for a password once, for some minutes, for one person and perhaps one device. This one is not known, was spent, has expired or was made void by a new password; which of them is not told.",
		"Get a new one, or sign in with the password.",
	},
	{
		"body_too_large", http.StatusRequestEntityTooLarge, "the request is too large",
		"Every request has a limit, so that nobody can fill the server's memory.",
		"Split it; the detail names the limit.",
	},
	{
		"busy", http.StatusServiceUnavailable, "too many sign-ins at once",
		"Checking a password costs the server a fixed amount of memory and time; only a few are checked at once.",
		"Try again in a few seconds.",
	},
	{
		"decided", http.StatusConflict, "somebody has decided it already",
		"An item of review is decided once: it was adopted, dismissed or closed before this request. Nothing was changed.",
		"Read the item and its record to see what stands now; change the record if it is still wrong.",
	},
	{
		"device_lost", http.StatusForbidden, "the device is reported lost",
		"The office marked this device as lost. It may hand in what it has, but nobody signs in on it.",
		"Ask the office to mark it as found; what is unsent here is still handed in.",
	},
	{
		"device_stolen", http.StatusForbidden, "the device is reported stolen",
		"The office marked this device as stolen. Nothing is taken from it, and nobody signs in on it.",
		"Ask the office.",
	},
	{
		"disk_full", http.StatusServiceUnavailable, "the store takes no changes now",
		"The disk of the server is nearly full. Reading goes on; nothing new is taken, so that nothing is taken by half.",
		"Make room on the disk; phones keep what they have and send it by themselves later.",
	},
	{
		"exists", http.StatusConflict, "there is one already",
		"A record with this id, or this external_id, is there already; nothing is made twice.",
		"Change it instead, or leave it: PUT by external_id makes it or changes it, whichever is needed.",
	},
	{
		"history_gone", http.StatusGone, "the history does not reach back that far",
		"The change feed is kept for a time that the settings name (90 days by default), and it is read under one set of rights. The cursor is older, or the rights of its reader have changed since.",
		"Read a snapshot (/v1/snapshot) and go on from the cursor at its end.",
	},
	{
		"internal", http.StatusInternalServerError, "something went wrong here",
		"It is the server's fault, not the request's. The server's log has the cause, under the request_id of the answer.",
		"Try again; if it stays, tell the operator.",
	},
	{
		"invalid", http.StatusUnprocessableEntity, "the request has values that cannot be",
		"The request has the form that is documented, and still the committer did not take it: a value is not one that its field may have, something that belongs to it is missing, or it is more than one change takes. Nothing was changed.",
		"The detail says what it is; docs/reference/model.md has the fields and their bounds.",
	},
	{
		"key_reused", http.StatusUnprocessableEntity, "the idempotency key was used for another request",
		"An Idempotency-Key names one request for 24 hours. This one came before with another body, path or method.",
		"Draw a new key for every new request, and repeat a request unchanged.",
	},
	{
		"last_admin", http.StatusConflict, "somebody has to be able to administer",
		"The level full of web.admin would be taken from the only person who has it, and nobody of the office could give it back.",
		"Give it to somebody else first.",
	},
	{
		"method_not_allowed", http.StatusMethodNotAllowed, "not by this method",
		"The address is right, the method is not.",
		"The header Allow names the methods; /openapi.json has them all.",
	},
	{
		"no_data", http.StatusNotFound, "there is no data directory",
		"The command works on the data directory of a server on this machine, and there is none where it looked.",
		"Start fieldsync serve first, or name its directory with --data.",
	},
	{
		"no_device", http.StatusNotFound, "no such device",
		"The device is not known, or it is not this person's.",
		"See fieldsync devices list, or /v1/devices.",
	},
	{
		"no_field_channel", http.StatusForbidden, "this user kind has no field channel",
		"Portal users and users without mobile access have no work on a phone. Clients sign in at the portal, POST /portal/v1/sign-in.",
		"Ask the office to switch mobile access on.",
	},
	{
		"no_kind", http.StatusForbidden, "this person has no session of that kind",
		"A session has the rights of one kind and no other. Everybody has their account's own; an office user with a mobile set, on which mobile access is on, may ask for mobile too.",
		"Leave kind out, or have somebody who manages people give this person the set.",
	},
	{
		"no_partner", http.StatusNotFound, "no such company outside",
		"A company outside, whose people use the portal or work as subcontractors, goes by the id of its record of customers. There is none with this id, or not for you.",
		"See fieldsync export customers, or /v1/customers.",
	},
	{
		"no_portal", http.StatusForbidden, "this user kind has no portal",
		"The portal is the clients' entrance. People of the office and of the field have entrances of their own.",
		"Sign in with the app, or at the office; clients are users of the kind portal.",
	},
	{
		"no_session", http.StatusNotFound, "there is no such live session",
		"The person is not signed in, or another session than the one that was meant is live now.",
		"See fieldsync sessions list, or /v1/sessions; a device that is not signed in any more is in fieldsync devices list.",
	},
	{
		"no_set", http.StatusConflict, "the person has no such permission set",
		"A person works at a desk, with the web set, on a phone, with the mobile set, or both. All of a set can be set only where there is one.",
		"Name the other set, or give the person this one first, permission by permission.",
	},
	{
		"no_tenant", http.StatusNotFound, "no such company",
		"Companies go by the name they were added with.",
		"See fieldsync tenants list; fieldsync tenants add NAME adds one.",
	},
	{
		"no_user", http.StatusNotFound, "no such user",
		"Nobody of the company has this login or id.",
		"See fieldsync users list, or /v1/users.",
	},
	{
		"not_allowed", http.StatusForbidden, "you may not do this",
		"The user's levels do not allow it. A key never may more than the user it acts for.",
		"An administrator gives the level; /v1/levels lists what there is.",
	},
	{
		"not_found", http.StatusNotFound, "there is nothing here, or not for you",
		"The address or the record is not there, or it is not the caller's to see; the two are told in the same words on purpose.",
		"Check the name.",
	},
	{
		"not_held", http.StatusConflict, "the change does not wait any more",
		"Somebody has released or dismissed it meanwhile.",
		"List again what waits.",
	},
	{
		"not_linked", http.StatusForbidden, "the account is linked to no company",
		"A portal user sees what belongs to the company they are linked to, and this account is linked to none.",
		"Ask the office to link the account: fieldsync users link, or PUT /v1/users/{id}/company.",
	},
	{
		"not_ready", http.StatusServiceUnavailable, "not ready",
		"The server is starting or shutting down.",
		"Try again in a few seconds.",
	},
	{
		"not_releasable", http.StatusConflict, "the change cannot be released",
		"It would be refused by now, it is older than outcomes are remembered, or it is the second content that came under one id, so that nobody can say which was meant.",
		"Do its work anew, or dismiss it.",
	},
	{
		"not_signed_in", http.StatusUnauthorized, "not signed in",
		"The request needs the Authorization header with the token of a session, or a key of the office's API. It had none, or one that is not known, has expired or was revoked; which of them is not told.",
		"Sign in again, or use another key; nothing unsent is lost.",
	},
	{
		"not_yet", http.StatusConflict, "something the change stands on is still missing",
		"The change belongs to work that has not come in yet, and would hang in the air without it.",
		"Wait for the rest, or let in first what it stands on.",
	},
	{
		"nothing_to_export", http.StatusConflict, "there is nothing to export",
		"No approved timesheet lies whole within the days, and nothing has come to those that were exported before. No payroll file was made.",
		"Approve the timesheets first; a dry run of other days says what would be in them.",
	},
	{
		"origin_not_allowed", http.StatusForbidden, "this web page may not sign anybody in",
		"A browser says which site a page is of. Only the sites that the operator has listed may sign in, out, or connect; what is no web page says none and is not asked.",
		"Use the company's own page; operators list a site with --origins.",
	},
	{
		"partner_closed", http.StatusForbidden, "the access of your company is closed",
		"The office has closed the access of the company that this person belongs to. What is unsent on their devices still comes in.",
		"Ask the office to open it again: fieldsync partners open, or PUT /v1/partners/{id}/access.",
	},
	{
		"password_again", http.StatusForbidden, "this wants the password again",
		"What gives somebody a way in or more rights (people, passwords, levels, keys, webhooks, tickets) wants a session whose user has shown their password lately, fifteen minutes ago at most unless the settings say otherwise: a desk may have been left unlocked. Nothing was changed.",
		"Sign in again on this device, by password, and repeat it. A key of a back end is not asked.",
	},
	{
		"password_long", http.StatusBadRequest, "the password is longer than 1,024 bytes",
		"A password has 8 to 1,024 bytes.",
		"Choose a shorter one.",
	},
	{
		"password_short", http.StatusBadRequest, "the password is shorter than 8 characters",
		"A password has 8 to 1,024 bytes.",
		"Choose a longer one; a sentence is good.",
	},
	{
		"reason_needed", http.StatusConflict, "the end of the last administrator's only session wants a reason",
		"Nobody else may administer this company, and without this session nobody is signed in who does. Nothing was ended.",
		"Repeat it with a reason, in words; it is kept in the audit and shown on the device.",
	},
	{
		"refused", http.StatusUnprocessableEntity, "the change was refused",
		"The committer judged the change by the rules of the work and did not take it. Nothing of it, and nothing of the request it stood or fell with, was kept.",
		"The detail says why; change the request, or leave it.",
	},
	{
		"release_first", http.StatusConflict, "active on another device, which must be released first",
		"The company lets nobody in on a second device while the first is signed in; the problem says which that is, when it was heard last and how much it had not sent then. There is no question to say yes to.",
		"Sign out on that device. If that cannot be done, ask somebody who manages people to end its session, as in fieldsync sessions end; then sign in here.",
	},
	{
		"scope_missing", http.StatusForbidden, "the key's scopes do not allow it",
		"A key uses only those rights of its user that its scopes name.",
		"Make a key with the scope that this needs: read or COLLECTION:read, write or COLLECTION:write, and manage for people, sessions, settings, keys and webhooks.",
	},
	{
		"session_ended", http.StatusUnauthorized, "the session has ended",
		"A person has one live session. This one is over: reason says why (superseded by another sign-in, office, password_reset, removed, signed_out, unlinked, disabled, revoked, expired).",
		"Sign in again, unless the office ended it.",
	},
	{
		"sheet_days", http.StatusConflict, "another timesheet has some of these days",
		"Every day of a person is in one timesheet at most, so that nothing is paid twice. One that was submitted, approved or exported has some of these days, and others besides or not all. Nothing was changed.",
		"Name just its days; or reopen it first, if it is not exported.",
	},
	{
		"sheet_state", http.StatusConflict, "the timesheet's state does not allow it",
		"An open timesheet can be submitted and approved, a submitted one approved or reopened, an approved one reopened. An exported one stays as it is: what comes to it is an adjustment of a later payroll file. Nothing was changed.",
		"Look at its state; correct exported hours by adding to timesheet_corrections.",
	},
	{
		"sign_in_failed", http.StatusUnauthorized, "tenant, name or password is wrong",
		"Which of the three is not told, so that nobody can find out who works where.",
		"Check them and try again, or ask the office for a reset.",
	},
	{
		"stale", http.StatusPreconditionFailed, "it has changed meanwhile",
		"Another change came first: the ETag of If-Match is not that of what is there now, or If-None-Match asked for nothing to be there and something is. Nothing was changed.",
		"Read it again, and repeat with its new ETag.",
	},
	{
		"taken", http.StatusConflict, "the name is taken",
		"A login or a company of this name is there already. The login of somebody who has left stays theirs, or their work would be signed by another: nobody else ever gets it. Nothing was changed.",
		"Choose another one; let the same person in again with fieldsync users reactivate, and hand a leaver's work on with fieldsync users replace.",
	},
	{
		"takes_much", http.StatusConflict, "it would take much from devices that are in use",
		"The change of rights takes more than a set share of what a device holds, or takes records from more than a set number of devices; the settings ask_share, ask_records and ask_devices say how much that is. It may be meant, and it must not happen by the way. Nothing was changed.",
		"Look at what is named, or at a dry run; then repeat it with confirm.",
	},
	{
		"timeout", http.StatusServiceUnavailable, "it took too long",
		"The server did not finish in time. Whether the change was made is not known to this answer.",
		"Try again; a request with an Idempotency-Key is never done twice.",
	},
	{
		"too_large", http.StatusUnprocessableEntity, "the record would be larger than a record may be",
		"A record, with everything that hangs on it, has a limit, so that every phone can take it.",
		"Shorten it, or put it into several records.",
	},
	{
		"too_many_attempts", http.StatusTooManyRequests, "too many attempts",
		"Passwords, tickets and links can be tried only so often, for each account, address and device. One that is good is never kept waiting by bad ones of somebody else.",
		"Wait as long as Retry-After says.",
	},
	{
		"too_many_connections", http.StatusServiceUnavailable, "too many connections are being opened",
		"Only so many connections may be open without having said who they are.",
		"Try again in a few seconds.",
	},
	{
		"too_many_waiting", http.StatusTooManyRequests, "too many requests of this session wait already",
		"A request that waits for something to change holds a connection, so that a session may have only a few of them.",
		"Keep one request waiting, and begin the next when it is answered.",
	},
	{
		"unknown_reference", http.StatusUnprocessableEntity, "what it refers to is not there",
		"A field names a record that is not there, or is not the caller's to see.",
		"Make that record first, or in the same request before this one; or correct the id or external_id.",
	},
	{
		"unsupported_media_type", http.StatusUnsupportedMediaType, "not a body of this kind",
		"The Content-Type is not one that this address takes.",
		"Send application/json, or the type that /openapi.json names.",
	},
	{
		"user_removed", http.StatusConflict, "the person is no longer with the company",
		"Nobody who has left is given work, or a way in. Nothing was changed.",
		"Choose somebody else, or reactivate them first: fieldsync users reactivate, or POST /v1/users/{id}/reactivate.",
	},
	{
		"widens_contractor", http.StatusConflict, "it would show customers to a contractor",
		"Existing customers are hidden from this subcontractor, and the level for all would show them. It may be meant, and it must not happen by the way. Nothing was changed.",
		"Look at a dry run; then repeat it with confirm, or set the permissions by name and leave customers hidden.",
	},
	{
		"wipe_done", http.StatusConflict, "the device was told to erase already",
		"A wipe can be called off until the device makes contact. This one was told, so that what it held is gone, or goes any moment. Nothing was changed.",
		"Mark the device found to let somebody sign in on it again: everything comes down anew. What was unsent on it then is listed as erased.",
	},
	{
		"wrong_host", http.StatusMisdirectedRequest, "this server has another name",
		"A device signs the name of the server it means, so a server answers only by its own names.",
		"Connect by the name that the office gave you; operators set --hosts.",
	},
}
