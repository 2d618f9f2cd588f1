package mobile

import (
	"context"
	"strings"
	"time"

	"github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/sync/model"
)

// patience is how long the server may take to search: nobody looks at an empty list for longer.
const patience = 15 * time.Second

type findingsText struct {
	Records []recordText `json:"records"`
	More    bool         `json:"more"`
	Partial bool         `json:"partial,omitempty"`
}

// Search finds records by words in what is on this phone, the best first, whether there is a connection or not. collections are
// names with commas between, empty: all; limit is how many records at most. It returns {"records":[…],"more":false}.
func (u *User) Search(words, collections string, limit int) (string, error) {
	q, err := u.asked(words, collections, limit)
	if err != nil {
		return "", err
	}
	found, err := u.c.Search(q)
	if err != nil {
		return "", err
	}
	return u.findings(found)
}

// SearchServer is Search in all that the user may see, for what is too much to be on the phone. It needs a connection and
// takes a moment. What it finds is to be shown and forgotten, and not to be edited: it is no part of this phone's copy.
func (u *User) SearchServer(words, collections string, limit int) (string, error) {
	q, err := u.asked(words, collections, limit)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	found, err := u.c.SearchServer(ctx, q)
	if err != nil {
		return "", err
	}
	return u.findings(found)
}

func (u *User) asked(words, collections string, limit int) (model.Search, error) {
	q := model.Search{Words: words, Limit: limit}
	if collections == "" {
		return q, nil
	}
	for name := range strings.SplitSeq(collections, ",") {
		c, _, err := u.collection(strings.TrimSpace(name))
		if err != nil {
			return q, err
		}
		q.Of = append(q.Of, c)
	}
	return q, nil
}

func (u *User) findings(f client.Findings) (string, error) {
	out := findingsText{Records: make([]recordText, 0, len(f.Records)), More: f.More, Partial: f.Partial}
	for _, rec := range f.Records {
		out.Records = append(out.Records, u.recordJSON(rec))
	}
	return text(out)
}
