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
const formatVersion = 5

// Every key of the store. Numbers are big-endian, so that byte order is number order. A tenant's keys begin with its
// id, so that a walk never leaves it. Every value is in an envelope (envelope.go).
//
//	key                                            value
//	0x00                                           the store: format, incarnations (life.go)
//	0x01 tenant(16) 'h'                            Head
//	0x01 tenant(16) 'r' record(16)                 Record
//	0x01 tenant(16) 't' table(1) key               a row
//	0x01 tenant(16) 'c' parent(16) coll(2) record  empty: a child of a collection, no tombstone
//	0x01 tenant(16) 'k' coll(2) record(16)         empty: a record of a collection, no tombstone
//	0x01 tenant(16) 'm' audience(4) record(16)     empty: a member now
//	0x01 tenant(16) 's' audience(4) seq(8) record  empty: stands in the audience's changes at seq
const (
	keyStore  = "\x00"
	keyTenant = "\x01"

	partHead    = "h"
	partRecord  = "r"
	partTable   = "t"
	partChild   = "c"
	partKind    = "k"
	partMember  = "m"
	partChanged = "s"
)

// prefix is what a tenant's keys begin with. The keys below are without it.
func prefix(t model.TenantID) string { return keyTenant + string(t[:]) }

func recordKey(id model.RecordID) string { return partRecord + string(id[:]) }

func rowKey(t storage.Table, key string) string { return partTable + string([]byte{byte(t)}) + key }

// childrenOf is what the keys of a record's children begin with: of one collection, or of every for 0.
func childrenOf(parent model.RecordID, c model.Collection) string {
	if c == 0 {
		return partChild + string(parent[:])
	}
	return partChild + string(binary.BigEndian.AppendUint16(parent[:len(parent):len(parent)], uint16(c)))
}

func recordsOf(c model.Collection) string {
	return string(binary.BigEndian.AppendUint16([]byte(partKind), uint16(c)))
}

func membersOf(a model.Audience) string {
	return string(binary.BigEndian.AppendUint32([]byte(partMember), uint32(a)))
}

func changesOf(a model.Audience) string {
	return string(binary.BigEndian.AppendUint32([]byte(partChanged), uint32(a)))
}

func seqKey(s model.Seq) string { return string(binary.BigEndian.AppendUint64(nil, uint64(s))) }

func childKey(x storage.Index, id model.RecordID) string {
	return childrenOf(x.Parent, x.Of) + string(id[:])
}

func memberKey(a model.Audience, id model.RecordID) string { return membersOf(a) + string(id[:]) }

func changeKey(row storage.AudienceRow, id model.RecordID) string {
	return changesOf(row.Audience) + seqKey(row.Seq) + string(id[:])
}

// lastID is the record that an index key ends with.
func lastID(key string) (id model.RecordID) {
	copy(id[:], key[len(key)-len(id):])
	return id
}

// Places in a whole key.
const (
	atPart     = len(keyTenant) + len(model.TenantID{})
	afterPart  = atPart + 1
	afterTable = afterPart + 1
	afterID    = afterPart + len(model.RecordID{}) // of a parent
	afterKind  = afterID + 2                       // of a parent and a collection
	afterAud   = afterPart + 4
	afterSeq   = afterAud + 8
)

func partOf(whole string) string { return whole[atPart:afterPart] }

// Walks that are remembered, by what their keys begin with: of a table, when it is empty; of a record's children, when
// they are few; and of an audience's changes, how far they go at most. A written key tells which of them it is in.
func wholeTable(key string) string   { return key[:afterTable] }
func allChildren(key string) string  { return key[:afterID] }
func someChildren(key string) string { return key[:afterKind] }
func audienceOf(key string) string   { return key[:afterAud] }
func seqOf(key string) string        { return key[afterAud:afterSeq] }
