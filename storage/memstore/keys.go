package memstore

import (
	"encoding/binary"

	"github.com/fieldsync/fieldsync/storage"
	"github.com/fieldsync/fieldsync/sync/model"
)

// Keys of the sorted tables, numbers big-endian so that byte order is number order:
//
//	rows      table (1)     + key
//	records   collection (2) + parent (16) + record (16)
//	members   audience (4)  + record (16)
//	since     audience (4)  + seq (8) + record (16)

func rowKey(t storage.Table, key string) string { return string([]byte{byte(t)}) + key }

func recordsOf(c model.Collection) string {
	return string(binary.BigEndian.AppendUint16(nil, uint16(c)))
}

func childrenOf(parent model.RecordID, c model.Collection) string {
	return recordsOf(c) + string(parent[:])
}

func placeKey(x storage.Index, id model.RecordID) string {
	return childrenOf(x.Parent, x.Of) + string(id[:])
}

func memberKey(a model.Audience, id model.RecordID) string { return audiencePrefix(a) + string(id[:]) }

func sinceKey(a model.Audience, s model.Seq, id model.RecordID) string {
	return audiencePrefix(a) + seqBytes(s) + string(id[:])
}

func audiencePrefix(a model.Audience) string {
	return string(binary.BigEndian.AppendUint32(nil, uint32(a)))
}

func seqBytes(s model.Seq) string { return string(binary.BigEndian.AppendUint64(nil, uint64(s))) }

// lastID is the record that a key ends with.
func lastID(key string) (id model.RecordID) {
	copy(id[:], key[len(key)-len(id):])
	return id
}
