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
				Field{No: TimeHelper, Name: "helper", Type: TypeText, Max: 200, Source: "(c) helpers on job; WP3", Note: "of what begins work, and of a manual entry: apprentices without a login, commas between, at most 10, whose time runs with it"},
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
				Field{No: CorrectionEvent, Name: "event", Type: TypeRef, Ref: TimesheetEvents, Note: "the event it corrects, or the correction that told of time; null: time that no event told of"},
				Field{No: CorrectionAt, Name: "at", Type: TypeInstant, Note: "when it was instead"},
				Field{No: CorrectionVoid, Name: "void", Type: TypeBool, Note: "it does not count"},
				Field{No: CorrectionMinutes, Name: "minutes", Type: TypeMinutes, Source: "E18", Note: "instead of a manual entry's, or of time that no event told of, with its sign"},
				Field{No: CorrectionReason, Name: "reason", Type: TypeText, Max: 500, Required: true, Source: "E17"},
				Field{No: CorrectionWorker, Name: "worker", Type: TypeUser, Source: "E22, E25", Note: "whose time it is"},
			),
			server(ClassWork, "E17",
				Field{No: CorrectionAuthor, Name: "author", Type: TypeUser},
				Field{No: CorrectionOffice, Name: "office", Type: TypeBool, Note: "said by the office"},
			),
		),
	}
}

func timesheetApprovals() Spec {
	return Spec{
		No: TimesheetApprovals, Name: "timesheet_approvals", Scope: ScopePay, Creates: WriterServer,
		Nature: System, Source: "(c) approvals/locks; E17 to E19",
		Note: "the state of one timesheet, a worker and some days; moved by the verbs of /v1/timesheets and by payroll alone",
		Fields: slices.Concat(
			[]Field{hangs(0, 0)},
			server(ClassWork, "(c) approvals/locks",
				Field{No: ApprovalWorker, Name: "worker", Type: TypeUser},
				Field{No: ApprovalFrom, Name: "from", Type: TypeInstant},
				Field{No: ApprovalTo, Name: "to", Type: TypeInstant},
				Field{No: ApprovalState, Name: "state", Type: TypeEnum, Options: []string{"open", "submitted", "approved", "exported"}, Source: "E17"},
				Field{No: 6, Name: "amount", Type: TypeMoney, Class: ClassPay},
				Field{No: ApprovalAt, Name: "approved_at", Type: TypeInstant, Source: "E17"},
				Field{No: ApprovalBy, Name: "approved_by", Type: TypeUser, Source: "E17"},
				Field{No: ApprovalNote, Name: "note", Type: TypeText, Max: 500, Source: "E17, E25"},
				Field{No: ApprovalFromDay, Name: "from_day", Type: TypeDate, Source: "E8", Note: "in the worker's pay zone"},
				Field{No: ApprovalUntilDay, Name: "until_day", Type: TypeDate, Source: "E8", Note: "not in it"},
			),
			server(ClassPay, "E19",
				Field{No: ApprovalBatch, Name: "batch", Type: TypeText, Max: 64},
				Field{No: ApprovalHash, Name: "content_hash", Type: TypeHash, Note: "of the batch: exporting again gives the same bytes"},
			),
		),
	}
}
