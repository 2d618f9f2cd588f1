package model

// The built-in collections. Numbers are fixed for ever: they stand on the wire and on disk.
const (
	Customers            Collection = 1
	Sites                Collection = 2
	Contacts             Collection = 3
	Assets               Collection = 4
	Jobs                 Collection = 5
	JobCards             Collection = 6
	JobContacts          Collection = 7
	JobCommercials       Collection = 8
	Assignments          Collection = 9
	Visits               Collection = 10
	VisitEvents          Collection = 11
	Tasks                Collection = 12
	Notes                Collection = 13
	Files                Collection = 14
	FormTemplates        Collection = 15
	FormDrafts           Collection = 16
	FormSubmissions      Collection = 17
	TimesheetEvents      Collection = 18
	TimesheetCorrections Collection = 19
	TimesheetApprovals   Collection = 20
	PartsMovements       Collection = 21
	Optimizations        Collection = 22
	Invoices             Collection = 23
	Quotes               Collection = 24
	Messages             Collection = 25
	ReviewItems          Collection = 26
	People               Collection = 27
	OfficeEvents         Collection = 28
	FieldDefinitions     Collection = 29
	TaskEvents           Collection = 30
	JobOrigins           Collection = 31
	Stock                Collection = 32
)

// Fields that the workflow, the timesheets and the audiences know by name. Everything else is data.
const (
	CustomerName    FieldNo = 2
	CustomerPhone   FieldNo = 4
	CustomerAddress FieldNo = 6
	CustomerGroup   FieldNo = 3 // the client this one belongs to
	CustomerMerged  FieldNo = 11

	JobNumber       FieldNo = 2 // server, from a sparse random range
	JobTitle        FieldNo = 3
	JobDescription  FieldNo = 4
	JobInstructions FieldNo = 17
	JobStatus       FieldNo = 5 // derived from events
	JobPriority     FieldNo = 6
	JobWindowStart  FieldNo = 7
	JobWindowEnd    FieldNo = 8
	JobCustomer     FieldNo = 9  // class customer
	JobSite         FieldNo = 10 // class customer
	JobAsset        FieldNo = 24 // class customer
	JobVisit        FieldNo = 11 // server: the present visit number, from 1
	JobFlags        FieldNo = 12 // server: needs_review …, with spaces between
	JobStarted      FieldNo = 13 // derived
	JobCompleted    FieldNo = 14 // derived
	JobSafety       FieldNo = 15
	JobAnswerBy     FieldNo = 21
	JobDraft        FieldNo = 22
	JobProgress     FieldNo = 27 // derived: what a client is told of the status
	JobEngineers    FieldNo = 28 // derived: the names of those assigned

	OriginSite     FieldNo = 2 // the site as the creator typed it
	OriginCustomer FieldNo = 3 // the customer as the creator typed it

	CardAddress FieldNo = 2
	CardAccess  FieldNo = 3
	CardSafety  FieldNo = 4
	CardGeo     FieldNo = 5

	JobContactName  FieldNo = 2
	JobContactPhone FieldNo = 3

	AssignmentUser      FieldNo = 2
	AssignmentRole      FieldNo = 3 // lead, helper
	AssignmentState     FieldNo = 4 // server: derived from events
	AssignmentVisit     FieldNo = 5
	AssignmentSince     FieldNo = 6 // server
	AssignmentWithdrawn FieldNo = 8 // server: when the office took it away
	AssignmentCompany   FieldNo = 7
	AssignmentAnswerBy  FieldNo = 9  // server: when an offer that nobody answers declines itself
	AssignmentLapsed    FieldNo = 10 // server: when it did, which is by when it should have been answered

	VisitUser   FieldNo = 2 // server
	VisitNumber FieldNo = 3 // server
	VisitState  FieldNo = 4 // server: open, done, withdrawn
	VisitBegan  FieldNo = 5 // server
	VisitEnded  FieldNo = 6 // server

	VisitEventKind   FieldNo = 2 // accept, decline, travel, start, pause, resume, done
	VisitEventVisit  FieldNo = 3 // the visit number it was captured under
	VisitEventReason FieldNo = 4
	VisitEventAt     FieldNo = 5 // server: the estimated instant
	VisitEventAuthor FieldNo = 6 // server
	VisitEventIdle   FieldNo = 8 // server: a claim that was recorded, history without effect

	OfficeEventKind   FieldNo = 2 // cancel, reinstate, withdraw, pause, close, reopen
	OfficeEventReason FieldNo = 3
	OfficeEventAt     FieldNo = 4 // server
	OfficeEventAuthor FieldNo = 5 // server
	OfficeEventOf     FieldNo = 6 // the assignment a withdrawal is of
	OfficeEventAnyway FieldNo = 10
	OfficeEventIdle   FieldNo = 7 // server: not a legal transition when it came

	TaskTitle       FieldNo = 2
	TaskRequired    FieldNo = 4
	TaskNotRequired FieldNo = 5 // struck through
	TaskDone        FieldNo = 6 // server: derived from events
	TaskDoneAt      FieldNo = 7 // server
	TaskDoneBy      FieldNo = 8 // server

	TaskEventKind   FieldNo = 2 // done, undone
	TaskEventVisit  FieldNo = 3
	TaskEventAt     FieldNo = 4 // server
	TaskEventAuthor FieldNo = 5 // server
	TaskEventIdle   FieldNo = 6 // server: history without effect

	NoteText     FieldNo = 2
	NoteAudience FieldNo = 3 // internal, field, client
	NoteAuthor   FieldNo = 4 // server
	NoteAt       FieldNo = 5 // server: the estimated instant
	NoteRevises  FieldNo = 6 // the author's own note that it stands in place of

	FileKind     FieldNo = 2 // photo, document, signature
	FileHash     FieldNo = 3
	FileAudience FieldNo = 11 // as of notes
	FileBearing  FieldNo = 12 // shows who the customer is

	FormDraftAuthor        FieldNo = 5 // server
	FormAmends             FieldNo = 5 // the submission that it stands in place of
	FormReason             FieldNo = 6
	FormSubmissionAudience FieldNo = 7 // as of notes

	CorrectionWorker FieldNo = 7 // whose time it is
	ApprovalWorker   FieldNo = 2 // whose time it is

	CorrectionEvent   FieldNo = 2
	CorrectionAt      FieldNo = 3
	CorrectionVoid    FieldNo = 4
	CorrectionMinutes FieldNo = 5
	CorrectionReason  FieldNo = 6
	CorrectionAuthor  FieldNo = 8
	CorrectionOffice  FieldNo = 9

	ApprovalFrom     FieldNo = 3
	ApprovalTo       FieldNo = 4
	ApprovalState    FieldNo = 5 // open, submitted, approved, exported
	ApprovalBatch    FieldNo = 7
	ApprovalHash     FieldNo = 8
	ApprovalAt       FieldNo = 9  // when it was approved; its stamp is what the approval saw
	ApprovalBy       FieldNo = 10 // who approved it
	ApprovalNote     FieldNo = 11 // why its state was changed last
	ApprovalFromDay  FieldNo = 12
	ApprovalUntilDay FieldNo = 13

	MovementSKU      FieldNo = 2
	MovementQuantity FieldNo = 3
	MovementPlace    FieldNo = 4
	MovementCounted  FieldNo = 7 // what was there: a stock take
	MovementAt       FieldNo = 8 // server: the estimated instant

	StockSKU     FieldNo = 2
	StockPlace   FieldNo = 3
	StockOnHand  FieldNo = 4
	StockCount   FieldNo = 5 // the stock take it goes by
	StockCounted FieldNo = 6 // its cut-off

	MessageTo     FieldNo = 2 // null: the office
	MessageText   FieldNo = 3
	MessageJob    FieldNo = 4
	MessageAuthor FieldNo = 6 // server
	MessageAt     FieldNo = 7 // server
	MessageRead   FieldNo = 8 // its addressee's
	MessageItem   FieldNo = 9 // server; decides who sees the message

	DefinitionExtends FieldNo = 2
	DefinitionNumber  FieldNo = 3
	DefinitionName    FieldNo = 4
	DefinitionType    FieldNo = 5
	DefinitionClass   FieldNo = 6 // of the field it describes; decides who sees the definition
	DefinitionRights  FieldNo = 7
	DefinitionLabel   FieldNo = 8
	DefinitionOptions FieldNo = 9
	DefinitionLimit   FieldNo = 10
	DefinitionRetired FieldNo = 11

	TimeKind   FieldNo = 2 // shift_start … manual_entry
	TimeJob    FieldNo = 3
	TimeAt     FieldNo = 4 // server: the estimated instant
	TimeFuzz   FieldNo = 5 // server: uncertainty in milliseconds
	TimeWorker FieldNo = 6 // server: the author
	TimeAmount FieldNo = 7 // minutes, of a manual entry
	TimeFlags  FieldNo = 8 // server
	TimeHelper FieldNo = 15
	TimeWall   FieldNo = 9 // server: raw wall clock of the phone
	TimeZone   FieldNo = 10
	TimeOffset FieldNo = 16 // server: minutes east of UTC
	TimeDevice FieldNo = 11 // server

	ReviewKind       FieldNo = 2 // conflict, held, duplicate_visit, needs_review, late_work, alarm
	ReviewSubject    FieldNo = 3
	ReviewField      FieldNo = 4
	ReviewAuthor     FieldNo = 5
	ReviewAt         FieldNo = 6
	ReviewChange     FieldNo = 7 // the change it is about
	ReviewBeatenBy   FieldNo = 8 // the change that stands
	ReviewState      FieldNo = 9 // open, resolved
	ReviewReason     FieldNo = 10
	ReviewResolution FieldNo = 11 // why it was decided so
	ReviewOf         FieldNo = 12 // the collection of the subject
	ReviewCount      FieldNo = 13 // how many of the same were folded into it; null: one
	ReviewGrade      FieldNo = 14 // of a conflict: parallel, conflict, late, replaced_device
	ReviewFirst      FieldNo = 15 // when the first of them came; null: at
	ReviewLost       FieldNo = 16 // the losing value, in the field of its own class: ReviewLost + class

	ReviewSaid     FieldNo = 40 // when the losing value was said, estimated
	ReviewWinner   FieldNo = 41 // who said what stands
	ReviewWon      FieldNo = 42 // when they said it, estimated
	ReviewProposal FieldNo = 43 // the field's value against the office's, which is its own to say: to be adopted
	ReviewOther    FieldNo = 45 // of a possible duplicate: the record that was there before
	ReviewDecision FieldNo = 44 // restored, adopted, dismissed, released

	PersonName       FieldNo = 2
	PersonKind       FieldNo = 3
	PersonCompany    FieldNo = 4
	PersonCategories FieldNo = 5 // see [Labels]
	PersonActive     FieldNo = 7 // false: they have left
	PersonZone       FieldNo = 8 // of pay
)
