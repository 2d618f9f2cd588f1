package model

import "slices"

func assignments() Spec {
	creates := WriterOffice | WriterCreator
	return Spec{
		No: Assignments, Name: "assignments", Parent: Jobs, Scope: ScopeAssignee, Creates: creates, OneOf: []FieldNo{AssignmentUser, AssignmentCompany},
		Nature: Claim, Source: "(d) T1, T9; (c) job.assignees; b.2 assignments; W24",
		Note: "an observed-remove set: each is a record, taken away by an office event, never deleted. One without a user gives the job to a company, whose dispatchers assign it to its people",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, creates)},
			group(Field{Class: ClassWork, Policy: PolicyOnce, Writers: creates, Nature: Claim, Source: "(c) job.assignees"},
				Field{No: AssignmentUser, Name: "user", Type: TypeUser},
				Field{No: AssignmentRole, Name: "role", Type: TypeEnum, Options: []string{"lead", "helper"}, Policy: PolicyOffice, Writers: WriterOffice | WriterCreator, Source: "(d), WP3"},
				Field{No: AssignmentCompany, Name: "company", Type: TypeRef, Ref: Customers, Class: ClassCustomer, Writers: WriterOffice, Source: "W24, S4", Note: "the subcontractor company the work was given to; of an assignment to a subcontractor the server adds theirs"},
			),
			server(ClassWork, "(d)",
				Field{No: AssignmentState, Name: "state", Type: TypeEnum, Options: []string{"offered", "accepted", "declined", "withdrawn", "travelling", "working", "paused", "done"}, Policy: PolicyState},
				Field{No: AssignmentVisit, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20},
				Field{No: AssignmentSince, Name: "since", Type: TypeInstant},
				Field{No: AssignmentWithdrawn, Name: "withdrawn", Type: TypeInstant, Source: "(d) row d", Note: "when another worker's completion superseded it"},
				Field{No: AssignmentAnswerBy, Name: "answer_by", Type: TypeInstant, Source: "(d) T4", Note: "an offer that is not answered by then declines itself; null: it stands"},
				Field{No: AssignmentLapsed, Name: "lapsed", Type: TypeInstant, Source: "(d) T4", Note: "the answer_by by which it did; an acceptance that happened before it undoes it, unless somebody else has the job"},
			),
		),
	}
}

func visits() Spec {
	return Spec{
		No: Visits, Name: "visits", Parent: Jobs, Scope: ScopeAssignee, Creates: WriterServer,
		Nature: System, Source: "(d); b.2 other visits",
		Note: "one worker on one visit, as the events amount to, made when they begin; their own while they are on the job, others' are the office's",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterServer)},
			server(ClassWork, "(d)",
				Field{No: VisitUser, Name: "user", Type: TypeUser},
				Field{No: VisitNumber, Name: "number", Type: TypeInt, Min: 1, Max: 1 << 20},
				Field{No: VisitState, Name: "state", Type: TypeEnum, Options: []string{"open", "done", "withdrawn"}, Policy: PolicyState, Note: "withdrawn: the work was given up or taken away, and no end was said"},
				Field{No: VisitBegan, Name: "began", Type: TypeInstant, Note: "first travel or work"},
				Field{No: VisitEnded, Name: "ended", Type: TypeInstant, Note: "what the worker said, whether it completed the job or not"},
			),
			group(Field{Class: ClassWork, Policy: PolicyOnce, Writers: WriterAssignee, Nature: Fact, Source: "(c) job.completion info"},
				Field{No: 7, Name: "completion", Type: TypeLong, Max: 8 << 10, Note: "once a visit; a second completion is a new revision"},
				Field{No: 8, Name: "result", Type: TypeEnum, Options: []string{"complete", "partly", "not_possible"}},
			),
		),
	}
}

func visitEvents() Spec {
	return Spec{
		No: VisitEvents, Name: "visit_events", Parent: Jobs, Scope: ScopeJob, Creates: WriterAssignee, Append: true,
		Nature: Fact, Source: "(d) T2 to T8; W12, W26",
		Note: "accept and decline are claims, the rest are facts; sync/workflow judges each",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterAssignee)},
			said(ClassWork, WriterAssignee, "(d)",
				Field{No: VisitEventKind, Name: "kind", Type: TypeEnum, Options: []string{"accept", "decline", "travel", "start", "pause", "resume", "done"}, Required: true},
				Field{No: VisitEventVisit, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20, Note: "the visit it was captured under: a fence"},
				Field{No: VisitEventReason, Name: "reason", Type: TypeText, Max: 500, Source: "(d) T3, T7"},
				Field{No: 7, Name: "location", Type: TypeGeo, Source: "E28", Note: "during the shift, where the company allows it"},
			),
			server(ClassWork, "(d); E2",
				Field{No: VisitEventAt, Name: "at", Type: TypeInstant, Note: "the estimated instant"},
				Field{No: VisitEventAuthor, Name: "author", Type: TypeUser},
				Field{No: VisitEventIdle, Name: "idle", Type: TypeBool, Class: ClassInternal, Note: "a claim that was recorded: history, without effect"},
			),
		),
	}
}

func officeEvents() Spec {
	return Spec{
		No: OfficeEvents, Name: "office_events", Parent: Jobs, Scope: ScopeOffice, Creates: WriterOffice, Append: true,
		Nature: Claim, Source: "(d) T7, T9 to T13",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterOffice)},
			said(ClassWork, WriterOffice, "(d)",
				Field{No: OfficeEventKind, Name: "kind", Type: TypeEnum, Options: []string{"cancel", "reinstate", "withdraw", "pause", "resume", "close", "reopen"}, Required: true, Nature: Claim},
				Field{No: OfficeEventReason, Name: "reason", Type: TypeText, Max: 500, Nature: Claim},
				Field{No: OfficeEventOf, Name: "assignment", Type: TypeRef, Ref: Assignments, Nature: Claim, Note: "the one a withdrawal is of"},
				Field{No: OfficeEventAnyway, Name: "anyway", Type: TypeBool, Nature: Claim, Source: "T12", Note: "close the job though work on it waits for the office"},
			),
			server(ClassWork, "(d); E2",
				Field{No: OfficeEventAt, Name: "at", Type: TypeInstant},
				Field{No: OfficeEventAuthor, Name: "author", Type: TypeUser},
				Field{No: OfficeEventIdle, Name: "idle", Type: TypeBool, Class: ClassInternal, Note: "not a legal transition when it came: history, without effect"},
			),
		),
	}
}

func tasks() Spec {
	creates := WriterOffice | WriterAssignee | WriterCreator
	return Spec{
		No: Tasks, Name: "tasks", Parent: Jobs, Scope: ScopeJob, Sought: true, Creates: creates,
		Nature: Claim, Source: "(c) job.steps/tasks; WP8",
		Note: "struck through by no_longer_required, never deleted; done is said by task_events",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, creates)},
			group(Field{Class: ClassWork, Policy: PolicyThreeWay, Writers: WriterOffice | WriterAuthor, Nature: Claim, Source: "(c) job.tasks list"},
				Field{No: 2, Name: "title", Type: TypeText, Max: 500},
				Field{No: 3, Name: "position", Type: TypeInt, Max: 10_000, Policy: PolicyOffice},
				Field{No: 4, Name: "required", Type: TypeBool, Policy: PolicyOffice, Writers: WriterOffice, Source: "(c) task.required; (d) row k", Note: "new while a device was offline: does not undo its completion"},
				Field{No: 5, Name: "no_longer_required", Type: TypeBool, Policy: PolicyLatest, Writers: WriterOffice | WriterAssignee, Note: "the office breaks ties"},
			),
			server(ClassWork, "(c) job.steps/tasks done",
				Field{No: 6, Name: "done", Type: TypeBool, Policy: PolicyState, Note: "the first completion counts; all are kept"},
				Field{No: 7, Name: "done_at", Type: TypeInstant},
				Field{No: 8, Name: "done_by", Type: TypeUser},
			),
		),
	}
}

func taskEvents() Spec {
	return Spec{
		No: TaskEvents, Name: "task_events", Parent: Tasks, Scope: ScopeJob, Creates: WriterOffice | WriterAssignee, Append: true,
		Nature: Fact, Source: "(c) job.steps/tasks done; (d) T14",
		Fields: slices.Concat(
			[]Field{hangs(Tasks, WriterOffice|WriterAssignee)},
			said(ClassWork, WriterOffice|WriterAssignee, "(c) job.steps/tasks done",
				Field{No: TaskEventKind, Name: "kind", Type: TypeEnum, Options: []string{"done", "undone"}, Required: true, Note: "undone is a new event (T14)"},
				Field{No: TaskEventVisit, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20},
			),
			server(ClassWork, "E2",
				Field{No: TaskEventAt, Name: "at", Type: TypeInstant},
				Field{No: TaskEventAuthor, Name: "author", Type: TypeUser},
				Field{No: TaskEventIdle, Name: "idle", Type: TypeBool, Class: ClassInternal, Source: "(d) T14", Note: "taken back after its author's visit was done: history, without effect"},
			),
		),
	}
}
