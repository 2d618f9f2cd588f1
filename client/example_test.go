package client_test

import (
	"crypto/rand"
	"fmt"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// A day without signal: what was downloaded is there, and what is done is shown at once and kept until it is answered.
func Example_offline() {
	r, err := replica.Open(replica.NewMemory(), replica.Config{Random: rand.Reader})
	if err != nil {
		fmt.Println(err)
		return
	}
	_ = r.SignedIn(bob)
	_, _ = r.ApplyPage(protocol.PageHeader{
		Continues: protocol.CursorTag(nil), Cursor: []byte("sealed"), Final: true, Base: []byte("sealed base token"),
	}, protocol.PageBody{Rows: []model.Row{job(1, "Boiler")}})

	_, err = r.Save(replica.Moment{Wall: 1_764_130_000_000}, replica.Draft{
		Op: model.OpEdit, Record: model.RecordID{1},
		Fields: []model.FieldValue{{Field: model.JobTitle, Value: model.Text("Boiler, leaking")}},
	})
	rec, _, _ := r.Show(model.RecordID{1})
	unsent, _ := r.Unsent()
	fmt.Println(rec.Value(model.JobTitle), rec.Pending, unsent, err)
	// Output: Boiler, leaking [3] 1 <nil>
}
