package model

// AuditQuery asks for a page of the audit. Zero conditions hold of every line.
type AuditQuery struct {
	Kind   AuditKind
	User   UserID  // who did it, or whom it was done to
	From   Instant // lines of this moment and later
	Until  Instant // lines before this moment
	Oldest bool    // the oldest first, else the newest
	Cursor string  // Next of the page before, of the same question; empty: the run begins, which is itself a line of the audit
	Limit  int     // lines at most, up to [MaxListing]
}

// AuditPage is a page of the audit.
type AuditPage struct {
	Lines []AuditEntry
	Names map[UserID]string // what those of them who have one are called now
	Next  string            // where the next page begins; empty: this is the last. A page may have no lines and a next
}

// Refusal is how often a sign-in was refused since the audit was told last.
type Refusal struct {
	User    UserID // who they said to be; zero: nobody has the name
	Address string // of the network; empty: more than are told apart
	Why     string // a word of the kind's own
	Times   int
}

var actorNames = [...]string{"", "user", "operator", "server"}

// String is the kind's name. It is told, and never changed.
func (k ActorKind) String() string {
	if int(k) >= len(actorNames) {
		return ""
	}
	return actorNames[k]
}

var subjectNames = [...]string{"", "company", "user", "device", "partner", "key", "webhook"}

// String is the kind's name. It is told, and never changed.
func (k SubjectKind) String() string {
	if int(k) >= len(subjectNames) {
		return ""
	}
	return subjectNames[k]
}
