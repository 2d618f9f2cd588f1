// Package access says who may see and who may do what: permission levels, the company's settings and a user's kind
// give a view (domain (b)), and a record and a view give what is shown of it.
//
// A right is the level of the user's set and what the company's settings leave of it, whichever is less: [Effective], and
// nothing else here reads a level for what it gives (domain V17).
//
// There is one projection, [Project]: snapshots, deltas, conflict reports, search, exports and webhooks all go
// through it (DESIGN §2). What a collection hides from a view it hides by audience ([Audiences], [Visible]); what a
// record hides it hides by the class of the field, whatever way the record came.
//
// Every decision is made with its reason, a [Ground], and the boolean is the reason's: a view is made of [Rights], line
// by line, [Visible] is [See], [MayEdit] is [Edit]. What is explained to an administrator (domain V18, W49) is therefore
// what was decided, and no second list of rules.
//
// It holds no state and looks nothing up: who is assigned, who refers to what and which audience has which number is
// handed in. It does not decide what becomes of a change; [MayCreate], [MayEdit] and [MayDelete] say what the author
// may do now, and facts are judged by the assignment in force when the work was done (domain R6).
//
// A client's portal shows what is in the audience of their company, and in those of the companies that the office has
// linked to it: a link widens views, and moves no record.
//
// A job's link to a customer or site shows it to whoever works on the job only when it was made by the office, or by
// somebody who may look customers up: naming one is no way to see one (domain b.4, W28). The engine counts these links.
//
// Invariant: unknown rights are an error, never an empty view (DESIGN §5).
package access
