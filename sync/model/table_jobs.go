package model

import "slices"

var jobStatuses = []string{"draft", "unassigned", "offered", "scheduled", "travelling", "in_progress", "paused", "completed", "closed", "cancelled"}

var jobProgress = []string{"planned", "on_the_way", "in_progress", "completed", "cancelled"}

// Who gives the text of a job: the office, the mobile user who makes it, and those who may edit jobs.
const writersJobText = WriterOffice | WriterCreator | WriterEditor

func jobs() Spec {
	return Spec{
		No: Jobs, Name: "jobs", Scope: ScopeJob, Sought: true, Creates: WriterOffice | WriterCreator, Deletes: WriterOffice,
		Nature: Claim, Source: "b.2 jobs; (c) job.*; (d)",
		Note:   "what the customer is called elsewhere stands in other records: job_cards, job_contacts, job_commercials (DESIGN 12.1)",
		Fields: slices.Concat([]Field{hangs(0, 0)}, jobText(), jobPlan(), jobLinks(), jobDerived()),
	}
}

func jobText() []Field {
	return group(Field{Class: ClassWork, Policy: PolicyThreeWay, Writers: writersJobText, Nature: Claim, Source: "(c) job.title, description, instructions"},
		Field{No: JobTitle, Name: "title", Type: TypeText, Max: 200},
		Field{No: JobDescription, Name: "description", Type: TypeLong, Max: 16 << 10},
		Field{No: JobSafety, Name: "safety", Type: TypeLong, Max: 4000, Policy: PolicyOffice, Writers: WriterOffice, Source: "(c) job.safety/access notes", Note: "the office's; a hazard found in the field is a note, so that none is dropped"},
		Field{No: 17, Name: "instructions", Type: TypeLong, Max: 16 << 10},
		Field{No: 18, Name: "client_title", Type: TypeText, Max: 200, Class: ClassCoarse, Policy: PolicyOffice, Writers: WriterOffice, Source: "b.2 jobs, W19", Note: "the title that is safe for the client"},
		Field{No: 19, Name: "trade", Type: TypeText, Max: 100, Policy: PolicyOffice, Source: "W47"},
	)
}

// jobOrigins is a record of its own, since another assignee of the job may be one who must not know whose it is (H3).
func jobOrigins() Spec {
	return Spec{
		No: JobOrigins, Name: "job_origins", Parent: Jobs, Scope: ScopeOwn, Sought: true, Creates: WriterCreator,
		Nature: Claim, Source: "H4, H5; DESIGN 12.1",
		Note: "what whoever made a job in the field typed of its site and customer; only they and the office read it",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterCreator)},
			group(Field{Class: ClassWork, Policy: PolicyOnce, Writers: WriterCreator, Nature: Claim, Source: "H4, H5"},
				Field{No: OriginSite, Name: "site", Type: TypeLong, Max: 4000, Note: "never matched, linked or completed; linking changes nothing here"},
				Field{No: OriginCustomer, Name: "customer", Type: TypeText, Max: 300},
			),
		),
	}
}

func jobPlan() []Field {
	return group(Field{Class: ClassCoarse, Policy: PolicyOffice, Writers: WriterOffice | WriterCreator, Nature: Claim, Source: "(c) job.priority, scheduled window"},
		Field{No: JobPriority, Name: "priority", Type: TypeInt, Min: 1, Max: 5, Class: ClassWork, Note: "1 is the most urgent"},
		Field{No: JobWindowStart, Name: "window_start", Type: TypeInstant},
		Field{No: JobWindowEnd, Name: "window_end", Type: TypeInstant},
		Field{No: 20, Name: "planned_minutes", Type: TypeMinutes, Max: maxMinutes, Class: ClassWork, Source: "b.2 jobs"},
		Field{No: JobAnswerBy, Name: "answer_by", Type: TypeInstant, Class: ClassWork, Writers: WriterOffice, Source: "T4", Note: "an offer not answered by then declines itself; null: as offer_hours says of each offer"},
		Field{No: JobDraft, Name: "draft", Type: TypeBool, Class: ClassWork, Writers: WriterOffice, Source: "T1"},
		Field{No: 23, Name: "cancel_reason", Type: TypeText, Max: 500, Class: ClassWork, Writers: WriterOffice, Source: "(c) job.cancel reason"},
	)
}

func jobLinks() []Field {
	return group(Field{Class: ClassCustomer, Policy: PolicyOffice, Writers: WriterOffice | WriterCreator, Nature: Claim, Source: "(c) job.customer/site link; S4, S9"},
		Field{No: JobCustomer, Name: "customer", Type: TypeRef, Ref: Customers, Note: "changed while somebody works there: the work stays, needs_review"},
		Field{No: JobSite, Name: "site", Type: TypeRef, Ref: Sites},
		Field{No: JobAsset, Name: "asset", Type: TypeRef, Ref: Assets, Writers: WriterOffice, Source: "b.2 assets, S12"},
		Field{No: 25, Name: "order_number", Type: TypeText, Max: 100, Writers: WriterOffice, Source: "S9", Note: "the customer's PO"},
		Field{No: 26, Name: "auto_title", Type: TypeText, Max: 200, Writers: WriterOffice, Source: "S9", Note: "made from the customer's name"},
	)
}

func jobDerived() []Field {
	return server(ClassWork, "(c) job.status; (d)",
		Field{No: JobNumber, Name: "number", Type: TypeText, Max: 32, Class: ClassCoarse, Source: "(c) job.number; DESIGN 12.15", Note: "random from a sparse range, never counted"},
		Field{No: JobStatus, Name: "status", Type: TypeEnum, Options: jobStatuses, Policy: PolicyState, Note: "derived from events in the order they occurred"},
		Field{No: JobVisit, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20, Source: "(d), T11, T13", Note: "each reopening starts a new one"},
		Field{No: JobFlags, Name: "flags", Type: TypeText, Max: 500, Class: ClassInternal, Note: "needs_review, incomplete_requirements, late_work, duplicate_visit; with spaces between"},
		Field{No: JobStarted, Name: "started", Type: TypeInstant, Class: ClassCoarse, Source: "(c) job.actual start/end", Note: "cancelling never clears it (R10)"},
		Field{No: JobCompleted, Name: "completed", Type: TypeInstant, Class: ClassCoarse, Source: "(c) job.actual start/end"},
		Field{No: JobProgress, Name: "progress", Type: TypeEnum, Options: jobProgress, Class: ClassCoarse, Policy: PolicyState, Source: "b.2 job status, W19", Note: "what a client is told of the status: not who was asked, and not who declined"},
		Field{No: JobEngineers, Name: "engineers", Type: TypeText, Max: 2000, Class: ClassClient, Source: "W22", Note: "display names of those assigned, when they were; a portal shows them by the setting portal_engineers"},
	)
}

func jobCards() Spec {
	return Spec{
		No: JobCards, Name: "job_cards", Parent: Jobs, Scope: ScopeCards, Sought: true, Creates: WriterOffice, Deletes: WriterOffice,
		Nature: Claim, Source: "H3; DESIGN 12.1",
		Note: "what a worker needs of the site of one job; two jobs of one customer are not linkable by it (S4)",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterOffice)},
			group(Field{Class: ClassWork, Policy: PolicyOffice, Writers: WriterOffice, Nature: Claim, Source: "H3"},
				Field{No: CardAddress, Name: "address", Type: TypeLong, Max: 1000},
				Field{No: CardAccess, Name: "access", Type: TypeLong, Max: 4000, Note: "as marked for the field"},
				Field{No: CardSafety, Name: "safety", Type: TypeLong, Max: 4000},
				Field{No: CardGeo, Name: "geo", Type: TypeGeo},
				Field{No: 6, Name: "equipment", Type: TypeLong, Max: 4000, Source: "W15, S12", Note: "what stands there, in words: assets themselves would tie jobs together"},
				Field{No: 7, Name: "customer_name", Type: TypeText, Max: 200, Class: ClassCustomer, Note: "shown under Hidden by the setting full_card alone (A1)"},
				Field{No: 8, Name: "billing_address", Type: TypeLong, Max: 1000, Class: ClassCustomer},
			),
		),
	}
}

func jobContacts() Spec {
	return Spec{
		No: JobContacts, Name: "job_contacts", Parent: Jobs, Scope: ScopeContacts, Sought: true, Creates: WriterOffice, Deletes: WriterOffice,
		Nature: Claim, Source: "H3; b.2 contacts; DESIGN 12.1",
		Note: "hidden by audience, by the setting hidden_job_card",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterOffice)},
			group(Field{Class: ClassWork, Policy: PolicyOffice, Writers: WriterOffice, Nature: Claim, Source: "H3"},
				Field{No: JobContactName, Name: "name", Type: TypeText, Max: 200},
				Field{No: JobContactPhone, Name: "phone", Type: TypeText, Max: 64},
			),
		),
	}
}

func jobCommercials() Spec {
	return Spec{
		No: JobCommercials, Name: "job_commercials", Parent: Jobs, Scope: ScopeBills, Creates: WriterOffice, Deletes: WriterOffice,
		Nature: Claim, Source: "b.2 job internals; DESIGN 4",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterOffice)},
			group(Field{Class: ClassPrice, Policy: PolicyOffice, Writers: WriterOffice, Nature: Claim, Source: "b.2 job internals"},
				Field{No: 2, Name: "price", Type: TypeMoney},
				Field{No: 3, Name: "cost", Type: TypeMoney, Class: ClassInternal},
				Field{No: 4, Name: "margin", Type: TypeMoney, Class: ClassInternal},
				Field{No: 5, Name: "billing", Type: TypeEnum, Options: []string{"none", "to_bill", "billed", "written_off"}, Source: "(c) invoice flag"},
				Field{No: 6, Name: "remarks", Type: TypeLong, Max: 4000, Class: ClassInternal},
			),
		),
	}
}
