package engine_test

import (
	"fmt"
	"testing"

	"github.com/fieldsync/fieldsync/storage"
)

// TestCE14_NumbersOutliveTheirTurn: what is known of a device does not depend on how many others were busy since.
func TestCE14_NumbersOutliveTheirTurn(t *testing.T) { found(t, numbersKept(t)) }

// numbersKept says what is wrong, or nothing; a planted bug must make it say something.
func numbersKept(t *testing.T) string {
	t.Helper()
	c := newCompany(t)
	if wrong := c.e.NumbersKept(c.id, 2*storage.LatestMax+1); len(wrong) > 0 {
		return fmt.Sprint("forgotten are the numbers ", wrong)
	}
	return ""
}
