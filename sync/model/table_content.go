package model

import "slices"

// The labels that say who a note, a file or a form is for (domain b.2, S10, S11). Without one it is internal.
var labels = []string{"internal", "field", "client"}

const writersContent = WriterOffice | WriterAssignee

func notes() Spec {
	creates := writersContent | WriterPortal
	return Spec{
		No: Notes, Name: "notes", Parent: Jobs, Scope: ScopeJob, Sought: true, Creates: creates, Deletes: WriterOffice | WriterAuthor, Append: true,
		Nature: Fact, Source: "(c) notes; b.2 notes; W13, W27",
		Note: "never overwritten: another wording is another note that revises it; two revisions are both shown",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, creates)},
			said(ClassCoarse, creates, "(c) notes (create)",
				Field{No: NoteText, Name: "text", Type: TypeLong, Max: 16 << 10, Note: "who gets it is decided by its audience, so its class is the least"},
				Field{No: NoteRevises, Name: "revises", Type: TypeRef, Ref: Notes, Source: "(c) notes (edit)", Note: "a note of the author's own, on the same job"},
				Field{No: 7, Name: "kind", Type: TypeEnum, Options: []string{"note", "hazard", "access", "reading", "proposal"}, Class: ClassWork, Source: "(c) job.safety/access notes, assets"},
				Field{No: 8, Name: "asset", Type: TypeRef, Ref: Assets, Class: ClassCustomer, Source: "(c) assets", Note: "whose reading it is"},
				Field{No: 9, Name: "reading", Type: TypeQuantity, Class: ClassWork, Source: "W15"},
				Field{No: 10, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20, Class: ClassWork, Source: "(d)"},
			),
			group(Field{Class: ClassWork, Policy: PolicyOffice, Writers: WriterOffice | WriterAssignee, Nature: Claim, Source: "b.2 notes; S10"},
				Field{No: NoteAudience, Name: "audience", Type: TypeEnum, Options: labels},
			),
			server(ClassWork, "E2",
				Field{No: NoteAuthor, Name: "author", Type: TypeUser},
				Field{No: NoteAt, Name: "at", Type: TypeInstant, Class: ClassCoarse},
			),
		),
	}
}

func files() Spec {
	return Spec{
		No: Files, Name: "files", Parent: Jobs, Scope: ScopeJob, Sought: true, Creates: writersContent, Deletes: WriterOffice | WriterAuthor, Append: true,
		Nature: Fact, Source: "(c) photos/files, signatures; b.2; W13; S11",
		Note:   "metadata; the bytes travel on a lane of their own. Tenant, job, uploader and hash make the same photo one; a signature is voided, never deleted, and after the job is closed the office alone deletes",
		Fields: slices.Concat([]Field{hangs(Jobs, writersContent)}, fileSaid(), fileLabels(), fileSignature(), fileServer()),
	}
}

func fileSaid() []Field {
	return said(ClassCoarse, writersContent, "(c) photos/files",
		Field{No: FileKind, Name: "kind", Type: TypeEnum, Options: []string{"photo", "document", "signature"}, Required: true},
		Field{No: FileHash, Name: "hash", Type: TypeHash, Required: true},
		Field{No: 4, Name: "size", Type: TypeInt, Max: 1 << 32},
		Field{No: 5, Name: "mime", Type: TypeText, Max: 100},
		Field{No: 6, Name: "taken_location", Type: TypeGeo, Class: ClassWork, Source: "E28"},
		Field{No: 7, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20, Class: ClassWork, Source: "(d)"},
		Field{No: 8, Name: "original_name", Type: TypeText, Max: 255, Class: ClassInternal, Source: "S11", Note: "names of files tell names of customers"},
	)
}

func fileLabels() []Field {
	return group(Field{Class: ClassCoarse, Policy: PolicyLatest, Writers: WriterOffice | WriterAuthor, Nature: Claim, Source: "(c) photos/files: caption/tag lww"},
		Field{No: 9, Name: "caption", Type: TypeText, Max: 500},
		Field{No: 10, Name: "tag", Type: TypeText, Max: 100},
		Field{No: FileAudience, Name: "audience", Type: TypeEnum, Options: labels, Class: ClassWork, Policy: PolicyOffice, Source: "b.2 photos/documents; S11"},
		Field{No: FileBearing, Name: "customer_bearing", Type: TypeBool, Class: ClassWork, Policy: PolicyOffice, Writers: WriterOffice, Source: "S11", Note: "shows who the customer is: not for users with customers Hidden"},
	)
}

func fileSignature() []Field {
	return said(ClassCoarse, writersContent, "(c) signatures",
		Field{No: 13, Name: "signer", Type: TypeText, Max: 200},
		Field{No: 14, Name: "signer_role", Type: TypeText, Max: 100},
		Field{No: 15, Name: "shown_hash", Type: TypeHash, Note: "of the job sheet that was shown when it was signed"},
		Field{No: 16, Name: "void_reason", Type: TypeText, Max: 500, Class: ClassWork, Policy: PolicyOffice, Writers: WriterOffice, Nature: Claim, Note: "the office may void, nobody edits"},
	)
}

func fileServer() []Field {
	return server(ClassCoarse, "(c) photos/files; S11",
		Field{No: 17, Name: "name", Type: TypeText, Max: 100, Note: "neutral"},
		Field{No: 18, Name: "stored", Type: TypeBool, Class: ClassWork, Note: "the bytes have arrived"},
		Field{No: 19, Name: "author", Type: TypeUser, Class: ClassWork},
		Field{No: 20, Name: "at", Type: TypeInstant, Source: "E2"},
	)
}

func formTemplates() Spec {
	return Spec{
		No: FormTemplates, Name: "form_templates", Scope: ScopeReference, Sought: true, Creates: WriterOffice,
		Nature: Claim, Source: "(c) form template; W8; b.2",
		Note: "immutable once published: a new version is a new record",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(Field{Class: ClassWork, Policy: PolicyOnce, Writers: WriterOffice, Nature: Claim, Source: "(c) form template"},
				Field{No: 2, Name: "name", Type: TypeText, Max: 200},
				Field{No: 3, Name: "version", Type: TypeInt, Min: 1, Max: 1 << 20},
				Field{No: 4, Name: "replaces", Type: TypeRef, Ref: FormTemplates},
				Field{No: 5, Name: "content", Type: TypeData, Max: 48 << 10},
				Field{No: 6, Name: "state", Type: TypeEnum, Options: []string{"draft", "published", "retired"}, Policy: PolicyCompare},
			),
		),
	}
}

func formDrafts() Spec {
	return Spec{
		No: FormDrafts, Name: "form_drafts", Parent: Jobs, Scope: ScopeOwn, Creates: WriterAuthor, Deletes: WriterAuthor,
		Nature: Fact, Source: "(c) form draft; b.2 form submissions",
		Note: "one a job, visit, template and author; two people's safety form is never merged",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, WriterAuthor)},
			group(Field{Class: ClassWork, Policy: PolicyField, Writers: WriterAuthor, Nature: Fact, Source: "(c) form draft"},
				Field{No: 2, Name: "template", Type: TypeRef, Ref: FormTemplates, Policy: PolicyOnce},
				Field{No: 3, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20, Policy: PolicyOnce},
				Field{No: 4, Name: "answers", Type: TypeData, Max: 32 << 10},
			),
			server(ClassWork, "(c) form draft", Field{No: FormDraftAuthor, Name: "author", Type: TypeUser}),
		),
	}
}

func formSubmissions() Spec {
	return Spec{
		No: FormSubmissions, Name: "form_submissions", Parent: Jobs, Scope: ScopeJob, Creates: writersContent, Append: true,
		Nature: Fact, Source: "(c) form submission, form amendment; W14; b.2",
		Note: "pinned to the version it was filled in on; old versions are always accepted (C51)",
		Fields: slices.Concat(
			[]Field{hangs(Jobs, writersContent)},
			said(ClassWork, writersContent, "(c) form submission",
				Field{No: 2, Name: "template", Type: TypeRef, Ref: FormTemplates, Required: true},
				Field{No: 3, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20},
				Field{No: 4, Name: "answers", Type: TypeData, Max: 32 << 10},
				Field{No: FormAmends, Name: "amends", Type: TypeRef, Ref: FormSubmissions, Source: "(c) form amendment", Note: "by its author or the office, with a reason"},
				Field{No: FormReason, Name: "reason", Type: TypeText, Max: 500, Source: "(c) form amendment"},
			),
			group(Field{Class: ClassWork, Policy: PolicyOffice, Writers: writersContent, Nature: Claim, Source: "b.2 form submissions"},
				Field{No: FormSubmissionAudience, Name: "audience", Type: TypeEnum, Options: labels},
			),
			server(ClassWork, "E2",
				Field{No: 8, Name: "author", Type: TypeUser},
				Field{No: 9, Name: "at", Type: TypeInstant},
			),
		),
	}
}
