package mobile

import (
	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

type savedText struct {
	Draft  int    `json:"draft"`
	Change string `json:"change"`
	Record string `json:"record"`
}

func savedJSON(saved []client.Saved) []savedText {
	out := make([]savedText, 0, len(saved))
	for _, s := range saved {
		out = append(out, savedText{s.Draft, s.Change.String(), s.Record.String()})
	}
	return out
}

type statusText struct {
	State       string `json:"state"`
	Downloading bool   `json:"downloading"`
	Rows        int    `json:"rows"`
	Draining    bool   `json:"draining"`
	Retry       int64  `json:"retry,omitempty"`
	Code        int    `json:"code,omitempty"`
	Trouble     string `json:"trouble,omitempty"`
	Unsent      int    `json:"unsent"`
	Oldest      int64  `json:"oldest,omitempty"`
	Problems    int    `json:"problems"`
	Notices     int    `json:"notices"`
	Locked      bool   `json:"locked"`
	Ended       bool   `json:"ended"`
	EndReason   int    `json:"end_reason,omitempty"`
	EndBy       string `json:"end_by,omitempty"`
	EndAt       int64  `json:"end_at,omitempty"`
	EndText     string `json:"end_text,omitempty"`
	EndCode     int    `json:"end_code,omitempty"`
	EndFate     string `json:"end_fate,omitempty"` // of what is unsent: handed in, held, refused
	EndNote     string `json:"end_note,omitempty"` // what whoever ended it typed
}

func statusJSON(s client.Status) statusText {
	out := statusText{
		State: string(s.State), Downloading: s.Downloading, Rows: s.Rows, Draining: s.Draining, Code: int(s.Code),
		Trouble: s.Trouble, Unsent: s.Unsent, Oldest: int64(s.Oldest), Problems: s.Problems, Notices: s.Notices, Ended: s.Ended, Locked: s.Locked,
		EndReason: int(s.End.Reason), EndBy: s.End.By, EndAt: int64(s.End.At), EndText: s.End.Text,
		EndCode: int(s.End.Code), EndFate: s.End.Fate.String(), EndNote: s.End.Note,
	}
	if !s.Retry.IsZero() {
		out.Retry = s.Retry.UnixMilli()
	}
	return out
}

type problemText struct {
	Change string     `json:"change"`
	Kind   string     `json:"kind"`
	Why    string     `json:"why"`
	Next   string     `json:"next"`
	Saved  int64      `json:"saved"`
	Record recordText `json:"record"` // the user's copy
}

var problemKinds = map[client.ProblemKind]string{
	client.ProblemHeld: "held", client.ProblemRefused: "refused", client.ProblemDismissed: "dismissed", client.ProblemGone: "gone",
}

func (u *User) problemJSON(p client.Problem) problemText {
	rec := client.Record{Row: model.Row{ID: p.Record, Collection: p.Collection}}
	for _, a := range p.Fields {
		rec.Fields = append(rec.Fields, model.FieldValue{Field: a.Field, Value: a.Value})
	}
	return problemText{
		Change: p.Change.String(), Kind: problemKinds[p.Kind], Why: p.Why, Next: p.Next, Saved: int64(p.Saved), Record: u.recordJSON(rec),
	}
}

type noticeText struct {
	Number int64  `json:"number"`
	Kind   string `json:"kind"`
	At     int64  `json:"at"`
	Reason int    `json:"reason,omitempty"`
	By     string `json:"by,omitempty"`
	Text   string `json:"text,omitempty"`
	Code   int    `json:"code,omitempty"`
	Fate   string `json:"fate,omitempty"` // of what is unsent: handed in, held, refused
	Note   string `json:"note,omitempty"` // what whoever ended the session typed
}

var noticeKinds = map[client.NoticeKind]string{client.NoticeEnded: "ended", client.NoticeIdentity: "new_identity"}

func noticesJSON(list []client.Notice) []noticeText {
	out := make([]noticeText, 0, len(list))
	for _, n := range list {
		out = append(out, noticeText{int64(n.Number), noticeKinds[n.Kind], int64(n.At), int(n.Reason), n.By, n.Text, int(n.Code), n.Fate.String(), n.Note})
	}
	return out
}
