package model

import "slices"

var timeKinds = []string{
	"shift_start", "shift_end", "travel_start", "travel_end", "work_start", "work_pause", "work_resume", "work_end",
	"break_start", "break_end", "manual_entry",
}

func timesheetEvents() Spec {
	creates := WriterAuthor | WriterOffice
	return Spec{
		No: TimesheetEvents, Name: "timesheet_events", Scope: ScopePay, Creates: creates, Append: true,
		Nature: Fact, Source: "(e) model, E1; R10",
		Note: "never refused, never deleted, never another person's; hangs on no job, so that no job takes it along (E21)",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			said(ClassWork, creates, "(e)",
				Field{No: TimeKind, Name: "kind", Type: TypeEnum, Options: timeKinds, Required: true},
				Field{No: TimeJob, Name: "job", Type: TypeRef, Ref: Jobs},
				Field{No: TimeAmount, Name: "minutes", Type: TypeMinutes, Max: 31 * 24 * 60, Source: "E30"},
				Field{No: TimeZone, Name: "zone", Type: TypeText, Max: 64, Source: "E6, E7"},
				Field{No: 12, Name: "visit", Type: TypeInt, Min: 1, Max: 1 << 20},
				Field{No: 13, Name: "location", Type: TypeGeo, Source: "E28"},
				Field{No: 14, Name: "remark", Type: TypeText, Max: 500, Source: "E30"},
				Field{No: 15, Name: "helper", Type: TypeText, Max: 200, Source: "(c) helpers on job", Note: "an apprentice without a login whose time runs with it"},
			),
			server(ClassWork, "E2, E3",
				Field{No: TimeAt, Name: "at", Type: TypeInstant, Note: "the estimated instant"},
				Field{No: TimeFuzz, Name: "uncertainty", Type: TypeInt, Max: 1<<53 - 1, Note: "milliseconds"},
				Field{No: TimeWorker, Name: "worker", Type: TypeUser, Source: "E22"},
				Field{No: TimeFlags, Name: "flags", Type: TypeText, Max: 500, Source: "E3, E29"},
				Field{No: TimeWall, Name: "wall", Type: TypeInt, Min: -1 << 53, Max: 1<<53 - 1, Note: "the phone's clock, as it stood"},
				Field{No: TimeDevice, Name: "device", Type: TypeUser, Source: "E23, E24", Note: "16 bytes: a device id"},
				Field{No: 16, Name: "offset", Type: TypeInt, Min: -24 * 60, Max: 24 * 60, Source: "E6", Note: "minutes east of UTC"},
			),
		),
	}
}

func timesheetCorrections() Spec {
	creates := WriterAuthor | WriterOffice
	return Spec{
		No: TimesheetCorrections, Name: "timesheet_corrections", Scope: ScopePay, Creates: creates, Append: true,
		Nature: Claim, Source: "(c) timesheet corrections; E17, E20",
		Note: "a layer over the events: the office's is current for pay, the worker's is shown as a dispute",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(Field{Class: ClassWork, Policy: PolicyAppend, Writers: creates, Nature: Claim, Source: "(c) timesheet corrections"},
				Field{No: 2, Name: "event", Type: TypeRef, Ref: TimesheetEvents, Note: "the event it corrects; null: time that no event told of"},
				Field{No: 3, Name: "at", Type: TypeInstant, Note: "when it was instead"},
				Field{No: 4, Name: "void", Type: TypeBool, Note: "it does not count"},
				Field{No: 5, Name: "minutes", Type: TypeMinutes, Source: "E18", Note: "of an adjustment, with its sign"},
				Field{No: 6, Name: "reason", Type: TypeText, Max: 500, Required: true, Source: "E17"},
				Field{No: CorrectionWorker, Name: "worker", Type: TypeUser, Source: "E22, E25", Note: "whose time it is"},
			),
			server(ClassWork, "E17",
				Field{No: 8, Name: "author", Type: TypeUser},
				Field{No: 9, Name: "office", Type: TypeBool, Note: "said by the office"},
			),
		),
	}
}

func timesheetApprovals() Spec {
	return Spec{
		No: TimesheetApprovals, Name: "timesheet_approvals", Scope: ScopePay, Creates: WriterOffice,
		Nature: Claim, Source: "(c) approvals/locks; E17 to E19",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			group(Field{Class: ClassWork, Policy: PolicyOnce, Writers: WriterOffice, Nature: Claim, Source: "(c) approvals/locks"},
				Field{No: ApprovalWorker, Name: "worker", Type: TypeUser, Required: true},
				Field{No: 3, Name: "from", Type: TypeInstant},
				Field{No: 4, Name: "to", Type: TypeInstant},
				Field{No: 5, Name: "state", Type: TypeEnum, Options: []string{"open", "submitted", "approved", "exported"}, Policy: PolicyCompare, Source: "E17"},
				Field{No: 6, Name: "amount", Type: TypeMoney, Class: ClassPay},
			),
			server(ClassPay, "E19",
				Field{No: 7, Name: "batch", Type: TypeText, Max: 64},
				Field{No: 8, Name: "content_hash", Type: TypeHash, Note: "exporting again gives the same bytes"},
			),
		),
	}
}
