package export

import (
	"bufio"
	"encoding/json"
	"errors"
	"io"
	"iter"
	"os"
	"slices"

	"github.com/fieldsync/fieldsync/office"
)

// spool keeps a snapshot's documents in files of its own, for a record may be written with others that come later. Of the
// documents themselves nothing is held in memory, but where those are that are looked up.
type spool struct {
	dir   string
	files map[string]*spooled // by collection
	// external is what records are called elsewhere, by id.
	external map[string]string
	// children are the documents that hang on a job, by the job's id.
	children map[string][]place
}

// spooled is the file of one collection.
type spooled struct {
	f    *os.File
	w    *bufio.Writer
	size int64
}

// place is where a document is.
type place struct {
	collection string
	at         int64
	size       int
}

func newSpool() (*spool, error) {
	dir, err := os.MkdirTemp("", "fieldsync-export-")
	return &spool{dir: dir, files: map[string]*spooled{}, external: map[string]string{}, children: map[string][]place{}}, err
}

// add keeps a document.
func (s *spool) add(collection string, d office.Document) error {
	var x struct {
		ID       string `json:"id"`
		External string `json:"external_id"`
		Job      string `json:"job"`
	}
	if err := json.Unmarshal(d, &x); err != nil {
		return err
	}
	if x.External != "" {
		s.external[x.ID] = x.External
	}
	to := s.files[collection]
	if to == nil {
		f, err := os.CreateTemp(s.dir, "*")
		if err != nil {
			return err
		}
		to = &spooled{f: f, w: bufio.NewWriterSize(f, 64<<10)}
		s.files[collection] = to
	}
	if slices.Contains([]string{"job_cards", "job_contacts", "assignments"}, collection) {
		s.children[x.Job] = append(s.children[x.Job], place{collection, to.size, len(d)})
	}
	to.size += int64(len(d)) + 1
	_, _ = to.w.Write(d) // a buffer remembers its first error
	return to.w.WriteByte('\n')
}

// flush must be called between what is added and what is read.
func (s *spool) flush() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.w.Flush())
	}
	return errors.Join(errs...)
}

// all gives the documents of a collection; each is good until the next.
func (s *spool) all(collection string) iter.Seq2[office.Document, error] {
	return func(yield func(office.Document, error) bool) {
		from := s.files[collection]
		if from == nil {
			return
		}
		lines := bufio.NewScanner(io.NewSectionReader(from.f, 0, from.size))
		lines.Buffer(make([]byte, 0, 64<<10), 2<<20)
		for lines.Scan() {
			if !yield(lines.Bytes(), nil) {
				return
			}
		}
		if lines.Err() != nil {
			yield(nil, lines.Err())
		}
	}
}

// of gives the documents that hang on a job.
func (s *spool) of(job string) (out map[string][]office.Document, err error) {
	out = map[string][]office.Document{}
	for _, p := range s.children[job] {
		d := make([]byte, p.size)
		if _, err := s.files[p.collection].f.ReadAt(d, p.at); err != nil {
			return nil, err
		}
		out[p.collection] = append(out[p.collection], d)
	}
	return out, nil
}

// close removes everything.
func (s *spool) close() error {
	var errs []error
	for _, f := range s.files {
		errs = append(errs, f.f.Close())
	}
	return errors.Join(append(errs, os.RemoveAll(s.dir))...)
}
