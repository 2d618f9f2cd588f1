// Package access says who may see and who may do what: permission levels, the company's settings and a user's kind
// give a view (domain (b)), and a record and a view give what is shown of it.
//
// There is one projection, [Project]: snapshots, deltas, conflict reports, search, exports and webhooks all go
// through it (DESIGN §2). What a collection hides from a view it hides by audience ([Audiences], [Visible]); what a
// record hides it hides by the class of the field, whatever way the record came.
//
// It holds no state and looks nothing up: who is assigned, who refers to what and which audience has which number is
// handed in. It does not decide what becomes of a change; [MayCreate], [MayEdit] and [MayDelete] say what the author
// may do now, and facts are judged by the assignment in force when the work was done (domain R6).
//
// Invariant: unknown rights are an error, never an empty view (DESIGN §5).
package access
