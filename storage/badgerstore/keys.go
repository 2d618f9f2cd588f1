package badgerstore

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// formatVersion is the version of the keys and of the envelope. History:
//
//	1  the first
//	2  records by collection (k)
//	3  history and numbers that several changes share a row of (tables 5, 10 and 17)
//	4  what tells whether a record is shown stands before its writes and cells; how sessions end, wipes,
//	   hand-ins and rules of sessions have rows, and the audit says from where (tables 1, 2, 5, 12, 15 and 27)
//	5  hours by worker and instant, payroll (tables 28 and 29), settings of pay
//	6  one key for a record's collection and its parent (c)
//	7  offers by when they want an answer (table 30), and how long one stands; customers who look alike (table 31)
//	8  what is typed of customers beside them (table 31); stock, photos by content, open items of review (tables 32 to 34);
//	   a record's lines of history are a chain (tables 1 and 17)
//	9  what fields of a company's own are wanted (table 1); customers who are another one (table 35); helpers in lines of
//	   payroll (table 29); settings of locations and of how long hours are kept; open work of
//	   leavers that is still to be handed over (table 36)
const formatVersion = 9

// Every key of the store. Numbers are big-endian, so that byte order is number order. A tenant's keys begin with its
// id, so that a walk never leaves it. Every value is in an envelope (envelope.go).
//
//	key                                            value
//	0x00                                           the store: format, incarnations (life.go)
//	0x01 tenant(16) 'h'                            Head
//	0x01 tenant(16) 'r' record(16)                 Record
//	0x01 tenant(16) 't' table(1) key               a row
//	0x01 tenant(16) 'c' coll(2) parent(16) record  empty: a record of a collection, no tombstone
//	0x01 tenant(16) 'm' audience(4) record(16)     empty: a member now
//	0x01 tenant(16) 's' audience(4) seq(8) record  empty: stands in the audience's changes at seq
const (
	keyStore  = "\x00"
	keyTenant = "\x01"

	partHead    = "h"
	partRecord  = "r"
	partTable   = "t"
	partPlace   = "c"
	partMember  = "m"
	partChanged = "s"
)

// prefix is what a tenant's keys begin with. The keys below are without it.
func prefix(t model.TenantID) string { return keyTenant + string(t[:]) }

func appendRecord(b []byte, id model.RecordID) []byte {
	return append(append(b, partRecord...), id[:]...)
}

func appendRow(b []byte, t storage.Table, key string) []byte {
	return append(append(append(b, partTable...), byte(t)), key...)
}

func appendRecords(b []byte, c model.Collection) []byte {
	return binary.BigEndian.AppendUint16(append(b, partPlace...), uint16(c))
}

func appendChildren(b []byte, parent model.RecordID, c model.Collection) []byte {
	return append(appendRecords(b, c), parent[:]...)
}

func appendMembers(b []byte, a model.Audience) []byte {
	return binary.BigEndian.AppendUint32(append(b, partMember...), uint32(a))
}

func appendChanges(b []byte, a model.Audience) []byte {
	return binary.BigEndian.AppendUint32(append(b, partChanged...), uint32(a))
}

func appendSeq(b []byte, s model.Seq) []byte { return binary.BigEndian.AppendUint64(b, uint64(s)) }

func appendPlace(b []byte, x storage.Index, id model.RecordID) []byte {
	return append(appendChildren(b, x.Parent, x.Of), id[:]...)
}

func appendMember(b []byte, a model.Audience, id model.RecordID) []byte {
	return append(appendMembers(b, a), id[:]...)
}

func appendChange(b []byte, row storage.AudienceRow, id model.RecordID) []byte {
	return append(appendSeq(appendChanges(b, row.Audience), row.Seq), id[:]...)
}

// lastID is the record that an index key ends with.
func lastID(key string) (id model.RecordID) {
	copy(id[:], key[len(key)-len(id):])
	return id
}

// Places in a whole key.
const (
	atPart      = len(keyTenant) + len(model.TenantID{})
	afterPart   = atPart + 1
	afterTable  = afterPart + 1
	afterFamily = afterPart + 2 + len(model.RecordID{}) // of a collection and a parent
	afterAud    = afterPart + 4
	afterSeq    = afterAud + 8
)

func partOf(whole string) string { return whole[atPart:afterPart] }

// Walks that are remembered, by what their keys begin with: of a table, when it is empty; of a record's children, when
// they are few; and of an audience's changes, how far they go at most. A written key tells which of them it is in.
func wholeTable(key string) string { return key[:afterTable] }
func familyOf(key string) string   { return key[:afterFamily] }
func audienceOf(key string) string { return key[:afterAud] }
func seqOf(key string) string      { return key[afterAud:afterSeq] }
