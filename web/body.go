package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"

	"github.com/fieldsync/fieldsync/web/problem"
)

// EpochText is an epoch as text: its high bits do not survive a JavaScript number.
type EpochText = problem.EpochText

// reply answers with JSON.
func reply(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // nobody is told when nobody listens any more
}

// read decodes a JSON body of at most most bytes, strictly.
func read(w http.ResponseWriter, r *http.Request, most int64, into any) error {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, most))
	decoder.DisallowUnknownFields()
	err := decoder.Decode(into)
	if err == nil && decoder.More() {
		err = errors.New("more than one value")
	}
	var big *http.MaxBytesError
	switch {
	case errors.As(err, &big):
		return problem.New("body_too_large", "Send at most "+strconv.FormatInt(most, 10)+" bytes.")
	case err != nil:
		return problem.New("bad_request", "Send one JSON object with the documented fields: "+err.Error()+".")
	}
	return nil
}
