package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/fieldsync/fieldsync/web/problem"
	"github.com/fieldsync/fieldsync/web/rest"
)

const (
	// maxBody is how large a request may be, in bytes: a record of the largest size as JSON, or 200 ordinary ones.
	maxBody = 1 << 20
	// bodyPatience is how long a request's body may take, so that nobody holds a connection for ever with half of one; a
	// slow line sends 1.5 MB in it.
	bodyPatience = time.Minute
)

// body reads the request's JSON, which must be one.
func (c *call) body(most int64) ([]byte, error) {
	body, err := readBody(c.w, c.r, most)
	if err == nil && len(body) == 0 {
		err = unreadable("is empty; want JSON")
	}
	return body, err
}

// readBody reads a request's body, which is JSON or empty. Go would read some of what it turns away, with other signs than
// were sent.
func readBody(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Now().Add(bodyPatience)) // a recorder in a test has none
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if big, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, problem.New("body_too_large", fmt.Sprintf("Send at most %d bytes at once.", big.Limit))
	}
	if err != nil {
		return nil, unreadable("ended too early, or did not come in time")
	}
	_ = control.SetReadDeadline(time.Time{}) // or the connection would end with it
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, nil
	}
	if kind := r.Header.Get("Content-Type"); kind != "" {
		media, _, err := mime.ParseMediaType(kind)
		if err != nil || media != "application/json" && !strings.HasSuffix(media, "+json") {
			return nil, problem.New("unsupported_media_type", "")
		}
	}
	switch {
	case !utf8.Valid(body):
		return nil, unreadable("is not UTF-8")
	case !json.Valid(body):
		var any json.RawMessage
		return nil, unreadable(rest.JSONFault(json.Unmarshal(body, &any)))
	}
	if at := loneSurrogate(body); at >= 0 {
		return nil, unreadable(fmt.Sprintf(`has half a pair of \u escapes at byte %d, which is no character`, at))
	}
	return body, nil
}

func unreadable(why string) error {
	return problem.New("bad_request", "", problem.Fault{Location: "body", Message: why})
}

// loneSurrogate finds a \u escape that is half a character, whose other half is missing; -1 when there is none. The text is
// valid JSON, so that a backslash is always in a string.
func loneSurrogate(text []byte) int {
	unit := func(at int) uint64 { // of the escape at this place; 0: there is none
		if at+6 > len(text) || text[at] != '\\' || text[at+1] != 'u' {
			return 0
		}
		n, _ := strconv.ParseUint(string(text[at+2:at+6]), 16, 16) // valid JSON has hexadecimal digits there
		return n
	}
	for at := 0; at < len(text); at++ {
		if text[at] != '\\' {
			continue
		}
		switch n := unit(at); {
		case n >= 0xD800 && n < 0xDC00 && unit(at+6) >= 0xDC00 && unit(at+6) < 0xE000:
			at += 11
		case n >= 0xD800 && n < 0xE000:
			return at
		default:
			at++ // what is escaped, which may be a backslash
		}
	}
	return -1
}
