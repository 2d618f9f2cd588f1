package api

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/web/problem"
)

// Board is who is signed in, where, and what is unsent there (domain F14).
type Board struct {
	Items []Session `json:"items"`
	Tag   string    `json:"tag" doc:"Changes with what is listed."`
}

type boardInput struct {
	Tag  string `query:"tag" maxLength:"64" doc:"Of the last answer."`
	Wait string `query:"wait" maxLength:"16" doc:"With a tag: how long to wait for the board to look different, at most 60s, as 30s."`
}

// gathering is how long after the first word of a change the board is looked at: many devices report at once, and a board is as
// long as the company has people.
const gathering = 250 * time.Millisecond

// board answers with the board; it waits for it to look different when it was asked to. Each look asks the caller's rights anew,
// and those of the session or the key that they act by.
func (s *service) board(ctx context.Context, c model.Caller, in *boardInput) (*struct{ Body Board }, error) {
	var wait time.Duration
	if in.Wait != "" {
		var err error
		if wait, err = time.ParseDuration(in.Wait); err != nil || wait < 0 || wait > MaxWait {
			return nil, problem.New("bad_request", "Nothing was asked.", problem.Fault{Location: "query.wait", Message: "want a duration of at most 60s, as 30s"})
		}
	}
	waiting, stop := context.WithTimeout(ctx, wait)
	defer stop()
	for {
		woken, unwatch := s.office.BoardWoken(c.Tenant) // before the look, or what comes in between is missed
		out, err := s.look(ctx, c)
		if err != nil || in.Tag == "" || out.Tag != in.Tag || wait == 0 || !s.sleep(waiting, woken) {
			unwatch()
			return &struct{ Body Board }{out}, err
		}
		unwatch()
		gathered, done := context.WithTimeout(waiting, gathering)
		s.sleep(gathered, nil)
		done()
	}
}

func (s *service) look(ctx context.Context, c model.Caller) (Board, error) {
	if err := s.office.Stands(ctx, c); err != nil {
		return Board{}, err
	}
	all, err := s.office.Sessions(ctx, c)
	if err != nil {
		return Board{}, err
	}
	out := Board{Items: each(all, sessionOf)}
	if out.Items == nil {
		out.Items = []Session{}
	}
	text, err := json.Marshal(out.Items)
	sum := sha256.Sum256(text)
	out.Tag = hex.EncodeToString(sum[:8])
	return out, err
}
