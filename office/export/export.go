package export

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/fieldsync/fieldsync/office"
	"github.com/fieldsync/fieldsync/office/shape"
	"github.com/fieldsync/fieldsync/office/sheet"
	"github.com/fieldsync/fieldsync/sync/model"
)

// NDJSON is the format of the API's documents, beside those of package sheet.
const NDJSON sheet.Format = 99

// Config says what is exported, and how.
type Config struct {
	Client      *office.Client
	Collections []string // by name, and users; none: all
	Dir         string   // where the files go; it is made
	Format      sheet.Format
	Comma       byte           // of a CSV; 0: a comma
	BOM         bool           // a CSV begins with a byte order mark, so that Excel takes it for UTF-8
	Plain       bool           // a CSV is for a program: texts that look like formulas are not guarded
	Replace     bool           // files that are there are written anew
	Zone        *time.Location // of instants, which have their offset; nil: UTC
	Progress    func(done int) // told how many records are done; nil: nobody is
}

// Written is a file that was written.
type Written struct {
	Collection string `json:"collection"`
	File       string `json:"file"`
	Rows       int    `json:"rows"`
}

// exporter exports once.
type exporter struct {
	Config
	table *model.Table
	names []string
	spool *spool
	users []office.User
	done  int
}

// Run exports. Files that are there already are an error before anything is read, unless they are to be replaced.
func Run(ctx context.Context, cfg Config) (written []Written, err error) {
	if cfg.Zone == nil {
		cfg.Zone = time.UTC
	}
	e := &exporter{Config: cfg}
	if e.table, err = cfg.Client.Table(ctx); err != nil {
		return nil, err
	}
	if err := e.choose(); err != nil {
		return nil, err
	}
	if err := e.room(); err != nil {
		return nil, err
	}
	if e.spool, err = newSpool(); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.spool.close()) }()
	if err := e.read(ctx); err != nil {
		return nil, err
	}
	for _, name := range e.names {
		rows, err := e.file(ctx, name)
		if err != nil {
			return written, fmt.Errorf("write %s: %w", e.path(name), err)
		}
		written = append(written, Written{name, e.path(name), rows})
	}
	return written, nil
}

// ErrCollection says that there is no collection of a name.
var ErrCollection = errors.New("there is no such collection")

// choose finds out which files are to be written.
func (e *exporter) choose() error {
	e.names = e.Collections
	if len(e.names) == 0 {
		for _, spec := range e.table.Specs() {
			e.names = append(e.names, spec.Name)
		}
		e.names = append(e.names, shape.Users)
	}
	for _, name := range e.names {
		if _, ok := e.table.Named(name); !ok && name != shape.Users {
			return fmt.Errorf("%w: %s", ErrCollection, name)
		}
	}
	return nil
}

func (e *exporter) path(name string) string {
	ending := e.Format.String()
	if e.Format == NDJSON {
		ending = "ndjson"
	}
	return filepath.Join(e.Dir, name+"."+ending)
}

// ErrThere says that a file is there already.
var ErrThere = errors.New("is there already")

// room makes the directory, and finds files that are in the way.
func (e *exporter) room() error {
	if err := os.MkdirAll(e.Dir, 0o755); err != nil {
		return err
	}
	for _, name := range e.names {
		if _, err := os.Lstat(e.path(name)); err == nil && !e.Replace {
			return fmt.Errorf("%s %w", e.path(name), ErrThere)
		}
	}
	return nil
}

// read reads everything that the files are made of, as of one moment.
func (e *exporter) read(ctx context.Context) error {
	var of []string
	want := func(names ...string) {
		for _, name := range names {
			if !slices.Contains(of, name) {
				of = append(of, name)
			}
		}
	}
	users := false
	for _, name := range e.names {
		switch {
		case e.Format == NDJSON && name == shape.Users:
			users = true
		case name == shape.Users:
			users = true
			want(e.needs(name)...)
		case e.Format == NDJSON:
			want(name)
		default:
			want(name)
			want(e.needs(name)...)
			users = users || name == shape.Jobs
		}
	}
	if users {
		var err error
		if e.users, err = e.Client.Users(ctx); err != nil && slices.Contains(e.names, shape.Users) {
			return fmt.Errorf("read the company's users: %w", err)
		}
	}
	_, err := e.Client.Snapshot(ctx, of, func(collection string, d office.Document) error {
		e.tick()
		return e.spool.add(collection, d)
	})
	if err != nil {
		return err
	}
	return e.spool.flush()
}

func (e *exporter) tick() {
	if e.done++; e.Progress != nil {
		e.Progress(e.done)
	}
}

// needs are the other collections that a file is made of: what it refers to by an external id, and what is in a job's row.
func (e *exporter) needs(name string) (out []string) {
	k, ok := e.kind(name)
	if !ok {
		return nil
	}
	for _, c := range k.Columns {
		if c.Role == shape.Outside {
			if spec, ok := e.table.Spec(c.Field.Ref); ok {
				out = append(out, spec.Name)
			}
		}
	}
	switch name {
	case shape.Jobs:
		out = append(out, "job_cards", "job_contacts", "assignments")
	case shape.Users:
		out = append(out, "people", "customers")
	}
	return out
}

func (e *exporter) kind(name string) (shape.Kind, bool) {
	kinds := shape.Kinds(e.table)
	i := slices.IndexFunc(kinds, func(k shape.Kind) bool { return k.Name == name })
	if i < 0 {
		return shape.Kind{}, false
	}
	return kinds[i], true
}

// file writes one file, under another name until it is whole.
func (e *exporter) file(ctx context.Context, name string) (rows int, err error) {
	to := e.path(name)
	f, err := os.CreateTemp(e.Dir, "."+filepath.Base(to)+".*")
	if err != nil {
		return 0, err
	}
	defer func() {
		err = errors.Join(err, f.Close())
		if err == nil {
			err = os.Rename(f.Name(), to)
		}
		if err != nil {
			_ = os.Remove(f.Name()) // it is not whole, and the error says so
		}
	}()
	if err := f.Chmod(0o644); err != nil {
		return 0, err
	}
	b := bufio.NewWriterSize(f, 64<<10)
	if e.Format == NDJSON {
		rows, err = e.documents(ctx, name, b)
	} else {
		rows, err = e.rows(ctx, name, b)
	}
	return rows, errors.Join(err, b.Flush())
}

// documents writes a collection as it is.
func (e *exporter) documents(ctx context.Context, name string, w *bufio.Writer) (rows int, err error) {
	if name == shape.Users {
		return e.userDocuments(w)
	}
	for d, err := range e.spool.all(name) {
		if err != nil {
			return rows, err
		}
		if rows++; rows%1000 == 0 && ctx.Err() != nil {
			return rows, ctx.Err()
		}
		_, _ = w.Write(d) // a buffer remembers its first error
		if err := w.WriteByte('\n'); err != nil {
			return rows, err
		}
	}
	return rows, nil
}
