package model

import "slices"

func messages() Spec {
	creates := WriterOffice | WriterAuthor
	return Spec{
		No: Messages, Name: "messages", Scope: ScopeMessages, Sought: true, Creates: creates, Append: true,
		Nature: Fact, Source: "(c) messages, alerts; W47",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			said(ClassWork, creates, "(c) messages, alerts",
				Field{No: MessageTo, Name: "to", Type: TypeUser, Note: "null: the office"},
				Field{No: MessageText, Name: "text", Type: TypeLong, Max: 8 << 10},
				Field{No: MessageJob, Name: "job", Type: TypeRef, Ref: Jobs},
				Field{No: 5, Name: "urgent", Type: TypeBool},
			),
			[]Field{{
				No: MessageRead, Name: "read_at", Type: TypeInstant, Class: ClassWork, Policy: PolicyMax, Writers: WriterAddressee, Nature: Fact,
				Source: "(c) messages, alerts: read-marks max", Note: "the latest read mark, and never later than it came in; null: nobody says that they read it",
			}},
			server(ClassWork, "E2",
				Field{No: MessageAuthor, Name: "author", Type: TypeUser},
				Field{No: MessageAt, Name: "at", Type: TypeInstant},
				Field{No: MessageItem, Name: "item", Type: TypeRef, Ref: ReviewItems, Class: ClassInternal, Source: "R7; S8", Note: "the item of review whose decision it tells: it quotes what the item is about, and is for whoever it is to alone"},
			),
		),
	}
}

func reviewItems() Spec {
	about := server(ClassWork, "R7; W51; (d)",
		Field{No: ReviewKind, Name: "kind", Type: TypeEnum, Options: itemKinds},
		Field{No: ReviewSubject, Name: "subject", Type: TypeRef, Note: "the record it is about, of any collection"},
		Field{No: ReviewField, Name: "field", Type: TypeInt, Min: 0, Max: 1<<32 - 1},
		Field{No: ReviewAuthor, Name: "author", Type: TypeUser},
		Field{No: ReviewAt, Name: "at", Type: TypeInstant},
		Field{No: ReviewChange, Name: "change", Type: TypeUser, Note: "16 bytes: a change id"},
		Field{No: ReviewBeatenBy, Name: "beaten_by", Type: TypeUser, Note: "16 bytes: the change that stands"},
		Field{No: ReviewReason, Name: "reason", Type: TypeInt, Max: 1<<16 - 1, Note: "of SPEC.md"},
		Field{No: ReviewOf, Name: "subject_collection", Type: TypeInt, Max: 1<<16 - 1, Note: "the number of the subject's collection"},
		Field{No: ReviewCount, Name: "count", Type: TypeInt, Max: 1 << 40, Note: "how many of the same are folded into it, the latest of which it tells; null: one"},
		Field{No: ReviewFirst, Name: "first_at", Type: TypeInstant, Note: "when the first of them came; null: at"},
		Field{No: ReviewGrade, Name: "grade", Type: TypeEnum, Options: Grades, Note: "of a conflict and of a claim: neither writer knew of the other; one did; the job was over; it came from a device whose session had ended"},
		Field{No: ReviewSaid, Name: "said_at", Type: TypeInstant, Note: "when what lost was said"},
		Field{No: ReviewWinner, Name: "winner", Type: TypeUser, Note: "who said what stood then"},
		Field{No: ReviewWon, Name: "won_at", Type: TypeInstant, Note: "when they said it"},
		Field{No: ReviewOther, Name: "other", Type: TypeRef, Note: "of a possible duplicate: the customer who was there before, or who is meant by what was typed of a job"},
		Field{No: ReviewProposal, Name: "proposal", Type: TypeBool, Note: "what the field says of the office's own: to be adopted or not"},
	)
	state := group(Field{Class: ClassWork, Policy: PolicyLatest, Writers: WriterOffice, Nature: Claim, Source: "W51"},
		Field{No: ReviewState, Name: "state", Type: TypeEnum, Options: []string{"open", "resolved"}},
		Field{No: ReviewResolution, Name: "resolution", Type: TypeText, Max: 500, Note: "why"},
		Field{No: ReviewDecision, Name: "decision", Type: TypeEnum, Options: []string{"restored", "adopted", "dismissed", "released"}},
	)
	var lost []Field
	for c := range classCount {
		f := Field{No: ReviewLost + FieldNo(c), Name: "lost_" + c.String(), Type: TypeAny, Max: DefaultData, Class: c, Note: "the losing value, in a field of the class it lost in"}
		lost = append(lost, server(c, "R7; S8", f)...)
	}
	return Spec{
		No: ReviewItems, Name: "review_items", Scope: ScopeInbox, Creates: WriterServer,
		Nature: System, Source: "R7; W51; S8", Note: "the office restores a losing value in one action",
		Fields: slices.Concat([]Field{hangs(0, 0)}, about, state, lost),
	}
}

func people() Spec {
	return Spec{
		No: People, Name: "people", Scope: ScopePeople, Sought: true, Creates: WriterOffice,
		Nature: Claim, Source: "W1, W4, W29; b.2 users",
		Note: "the record's id is the user's; never renamed for another person (WP4). Rights are not in it",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(Field{Class: ClassWork, Policy: PolicyCompare, Writers: WriterOffice, Nature: Claim, Source: "(c) users"},
				Field{No: PersonName, Name: "name", Type: TypeText, Max: 200},
				Field{No: PersonKind, Name: "kind", Type: TypeEnum, Options: []string{"desktop", "mobile", "portal", "subcontractor"}},
				Field{No: PersonCompany, Name: "company", Type: TypeRef, Ref: Customers, Class: ClassCustomer, Policy: PolicyServer, Writers: WriterServer, Nature: System, Source: "W24, W31, S4", Note: "the client or subcontractor they are linked to, as their account says"},
				Field{No: PersonCategories, Name: "categories", Type: TypeText, Max: 500, Class: ClassInternal, Source: "W46, A10", Note: "labels, with commas between"},
				Field{No: 6, Name: "email", Type: TypeText, Max: 254, Class: ClassInternal, Source: "W29"},
				Field{No: PersonActive, Name: "active", Type: TypeBool, Policy: PolicyServer, Writers: WriterServer, Nature: System, Source: "W32", Note: "false once they have left, as their account says; who never left has none"},
				Field{No: PersonZone, Name: "zone", Type: TypeText, Max: 64, Source: "E8", Note: "of pay"},
				Field{No: 9, Name: "rate", Type: TypeMoney, Class: ClassPay, Source: "W22"},
			),
		),
	}
}

func fieldDefinitions() Spec {
	return Spec{
		No: FieldDefinitions, Name: "field_definitions", Scope: ScopeDefinition, Creates: WriterOffice,
		Nature: Claim, Source: "DESIGN 4, 12.8; VW11; S9",
		Note: "a company's own fields; who does not see the class does not learn that there are such fields",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(Field{Class: ClassWork, Policy: PolicyOnce, Writers: WriterOffice, Nature: Claim, Source: "DESIGN 12.8"},
				Field{No: DefinitionExtends, Name: "extends", Type: TypeInt, Min: 1, Max: 1<<16 - 1, Note: "the number of the collection that the field belongs to"},
				Field{No: DefinitionNumber, Name: "number", Type: TypeInt, Min: int64(FirstCustomField), Max: 1<<32 - 1, Note: "random: dense ones would betray hidden fields"},
				Field{No: DefinitionName, Name: "name", Type: TypeText, Max: 64},
				Field{No: DefinitionType, Name: "type", Type: TypeInt, Min: 1, Max: 255},
				Field{No: DefinitionClass, Name: "class", Type: TypeEnum, Options: []string{"coarse", "work", "customer", "price", "internal", "pay"}, Source: "S9"},
				Field{No: DefinitionRights, Name: "rights", Type: TypeEnum, Options: []string{"hidden", "read_only", "optional", "required"}, Policy: PolicyCompare, Source: "(c) job.custom field values, custom field rights; VW11", Note: "the office may change them; hidden wants a class that phones are not shown, internal or pay; a completion without one of a job that is required stands, and is flagged"},
				Field{No: DefinitionLabel, Name: "label", Type: TypeText, Max: 200, Policy: PolicyCompare},
				Field{No: DefinitionOptions, Name: "options", Type: TypeLong, Max: 4000, Policy: PolicyCompare, Note: "of an enum, one a line; one that was offered once is taken for ever"},
				Field{No: DefinitionLimit, Name: "limit", Type: TypeInt, Max: DefaultData},
				Field{No: DefinitionRetired, Name: "retired", Type: TypeBool, Policy: PolicyCompare, Note: "apps do not ask for it any more; what is said of it still counts"},
			),
		),
	}
}
