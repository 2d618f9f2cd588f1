package engine

import (
	"slices"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
	"github.com/fieldsync/fieldsync/sync/workflow"
)

// The same bytes of one person on one job are one photo, however often a phone that heard no answer sends them under another id;
// of two people, or on two jobs, they are two; nobody goes by names of files (domain (c), photos/files). What is said of the one that
// was dropped is said of the one that stayed; to delete it deletes nothing: whoever did saw two, and one is left. A signature
// is never the same: a second one adds.

const signature = "signature"

// fileKey is where it stands which file somebody's bytes on a job are; empty: it is no such file.
func fileKey(kind, hash model.Value, job model.RecordID, author model.UserID) string {
	if kind.Text() == signature || hash.IsNull() || planted("photos-twice") {
		return ""
	}
	return string(job[:]) + string(author[:]) + hash.Raw()
}

// sameFile says whether a file that is to be made is one that is there. What its phone says of it under its own id is of the one that
// is there then.
func (f *frame) sameFile(c *model.Change, spec *model.Spec, job *model.Record) bool {
	if spec.No != model.Files || job == nil {
		return false
	}
	key := fileKey(valueIn(c, model.FileKind), valueIn(c, model.FileHash), job.ID, c.Author)
	stays, there := f.row(storage.TableFiles, key)
	if key == "" || !there {
		return false
	}
	if !planted("captions-of-nothing") {
		f.put(storage.TableFiles, string(c.Record[:]), stays)
	}
	f.cameAgain(model.RecordID(stays), c)
	return true
}

// cameAgain notes on the file that stays that it came once more: whoever deletes it without knowing that may mean to keep the other one, and
// loses to it like to any later write.
func (f *frame) cameAgain(id model.RecordID, c *model.Change) {
	if planted("twin-deleted") {
		return
	}
	r := f.edit(id)
	r.Set(model.FileKind, r.Value(model.FileKind), f.write(c))
}

// stays is the file that stayed of one that was dropped as the same.
func (t *tx) stays(id model.RecordID) (out model.RecordID, dropped bool) {
	raw, dropped := t.row(storage.TableFiles, string(id[:]))
	copy(out[:], raw)
	return out, dropped
}

// ofStayed is an edit of a file that was dropped as the same as another, as one of the file that stayed: whoever made the one knew of
// the other, since they are one photo.
func (t *tx) ofStayed(c *model.Change) *model.Change {
	if c.Collection != model.Files || c.Op != model.OpEdit {
		return c
	}
	id, dropped := t.stays(c.Record)
	if !dropped {
		return c
	}
	out := *c
	out.Record, out.Over = id, append(slices.Clone(c.Over), model.ChangeID(id))
	return &out
}

// indexFile keeps that a file is there, or that it is not any more.
func (t *tx) indexFile(r *model.Record) {
	key := fileKey(r.Value(model.FileKind), r.Value(model.FileHash), r.Parent(), t.author(r))
	switch {
	case key == "":
	case r.Deleted:
		t.remove(storage.TableFiles, key)
	default:
		t.put(storage.TableFiles, key, r.ID[:])
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
