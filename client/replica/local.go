package replica

import "errors"

// Bucket names a group of keys of a [Local]. Numbers are on disk and never change.
type Bucket uint8

// What a replica keeps. Schema 1.
//
//	bucket    key                     value
//	meta      zero                    identity, cursor, tokens, marks: meta.go
//	base      record id               row: row.go
//	staging   record id               row, not shown before the checkpoint
//	outbox    change id               item: item.go
//	notice    number, big endian      notice: notice.go
const (
	BucketMeta    Bucket = 1
	BucketBase    Bucket = 2
	BucketStaging Bucket = 3
	BucketOutbox  Bucket = 4
	BucketNotice  Bucket = 5
)

// Buckets is every bucket.
var Buckets = []Bucket{BucketMeta, BucketBase, BucketStaging, BucketOutbox, BucketNotice}

// Key is a key inside a bucket.
type Key [16]byte

// ErrClosed is the error of a closed Local.
var ErrClosed = errors.New("the local database is closed")

// Local is where one user's replica lives: one partition, which nobody but that user reads (domain S17). One goroutine
// uses it at a time. The suite of the contract is TestLocal of package client.
type Local interface {
	// View runs f on what the last Update left.
	View(f func(Reader) error) error

	// Update runs f in one transaction. When f returns nil, all that it wrote must be durable before Update returns
	// nil, and otherwise nothing of it may ever be seen. When f returns an error, Update returns that error and
	// nothing has changed. Any other error leaves open which of the two happened: the caller opens again and looks.
	Update(f func(Tx) error) error

	// Close releases what Open took; it may be called more than once.
	Close() error
}

// Reader reads inside a transaction, its own writes included. It is good until View or Update returns.
type Reader interface {
	// Get returns the value of a key, or nil when there is none. The caller must not change it and may keep it.
	Get(b Bucket, k Key) ([]byte, error)

	// Scan calls f with every key of a bucket, in an order that says nothing, and ends with f's error when it returns
	// one. f may read and must not write.
	Scan(b Bucket, f func(k Key, v []byte) error) error
}

// Tx writes.
type Tx interface {
	Reader

	// Put sets a key; the Tx keeps v, the caller must not change it any more. v is not empty.
	Put(b Bucket, k Key, v []byte) error

	// Delete removes a key; removing what is not there is nothing.
	Delete(b Bucket, k Key) error
}
