package engine

import "github.com/fieldsync/fieldsync/sync/model"

// CursorLength is the plaintext length of a checkpoint's cursor under a view.
func CursorLength(v model.View) int {
	c := checkpointCursor(1<<60, 1<<40, v, lastStep)
	return len(c.encode())
}
