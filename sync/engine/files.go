package engine

import (
	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// The same bytes of one person on one job are one photo, however often a phone that heard no answer sends them under another id;
// of two people, or on two jobs, they are two; nobody goes by names of files (domain (c), photos/files). A signature is
// never the same: a second one adds.

const signature = "signature"

// fileKey is where it stands which file somebody's bytes on a job are; empty: it is no such file.
func fileKey(kind, hash model.Value, job model.RecordID, author model.UserID) string {
	if kind.Text() == signature || hash.IsNull() || planted("photos-twice") {
		return ""
	}
	return string(job[:]) + string(author[:]) + hash.Raw()
}

// sameFile says whether a file that is to be made is one that is there.
func (f *frame) sameFile(c *model.Change, spec *model.Spec, job *model.Record) bool {
	if spec.No != model.Files || job == nil {
		return false
	}
	var kind, hash model.Value
	for _, x := range c.Fields {
		switch x.Field {
		case model.FileKind:
			kind = x.Value
		case model.FileHash:
			hash = x.Value
		}
	}
	key := fileKey(kind, hash, job.ID, c.Author)
	_, there := f.row(storage.TableFiles, key)
	return key != "" && there
}

// indexFile keeps that a file is there, or that it is not any more.
func (t *tx) indexFile(r *model.Record) {
	key := fileKey(r.Value(model.FileKind), r.Value(model.FileHash), r.Parent(), t.author(r))
	switch {
	case key == "":
	case r.Deleted:
		t.remove(storage.TableFiles, key)
	default:
		t.put(storage.TableFiles, key, nil)
	}
}

// keepsFile says why a file is not deleted: what somebody signed is voided by the office, with a reason, and stays; and what
// the field sent of a job that is closed is the office's to delete.
func (f *frame) keepsFile(r *model.Record, a ask) verdict {
	if r.Collection != model.Files || planted("files-unkept") {
		return verdict{}
	}
	job := f.jobOf(r)
	closed := job != nil && job.Value(model.JobStatus).Text() == workflow.StatusClosed
	switch signed := r.Value(model.FileKind).Text() == signature; {
	case signed && a.released:
		return refused(model.ReasonRight)
	case signed:
		return held(model.ReasonRight)
	case closed && !a.released && f.conn.Kind != model.Desktop:
		return recorded(model.ReasonClosed)
	default:
		return verdict{}
	}
}
