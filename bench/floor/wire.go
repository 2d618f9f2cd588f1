package floor

import (
	"bytes"
	"errors"
	"fmt"
	"sync"

	"github.com/vmihailenco/msgpack/v5"
)

// Fields is how many fields a record has.
const Fields = 8

// Record is one record, and the change that put it there.
type Record struct {
	ID, Change [16]byte
	Fields     [Fields]string
}

// The messages. A frame is one msgpack array: the number of the message, then its elements.
//
//	1 hello    device → server   [user, token, since, fetch, follow]
//	2 put      device → server   [ref, [record …]]
//	3 welcome  server → device   [head]
//	4 acks     server → device   [ref …]
//	5 records  server → device   [upto, final, record …]
//
// A record is [id, change, field …].
const (
	kindHello = iota + 1
	kindPut
	kindWelcome
	kindAcks
	kindRecords
)

// hello opens a connection.
type hello struct {
	user          uint64
	token         []byte // HMAC of the user
	since         uint64
	fetch, follow bool // send what is newer than since; send what comes
}

// put hands in changes.
type put struct {
	ref     uint64
	records []Record
}

// Event is what a server says in one frame.
type Event struct {
	Acks    []uint64 // refs of puts that are durable
	Records []Record
	Upto    uint64 // with Records: the commit that they lead to
	Final   bool   // with Records: the download is complete
}

var errFrame = errors.New("not a frame of the floor")

// codec is an encoder and a decoder that are used again.
type codec struct {
	out bytes.Buffer
	in  bytes.Reader
	enc *msgpack.Encoder
	dec *msgpack.Decoder
}

var codecs = sync.Pool{New: func() any {
	c := &codec{}
	c.enc, c.dec = msgpack.NewEncoder(&c.out), msgpack.NewDecoder(&c.in)
	return c
}}

// encode runs f over an encoder and returns what it wrote, which belongs to the caller. An encoder over memory never
// fails.
func encode(f func(e *msgpack.Encoder)) []byte {
	c := codecs.Get().(*codec)
	defer codecs.Put(c)
	c.out.Reset()
	f(c.enc)
	return bytes.Clone(c.out.Bytes())
}

// decode runs f over a decoder of a frame.
func decode(frame []byte, f func(d *msgpack.Decoder, kind, n int) error) error {
	c := codecs.Get().(*codec)
	defer codecs.Put(c)
	c.in.Reset(frame)
	n, err := c.dec.DecodeArrayLen()
	if err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	kind, err := c.dec.DecodeInt()
	if err == nil {
		err = f(c.dec, kind, n-1)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errFrame, err)
	}
	return nil
}

func (h *hello) encode() []byte {
	return encode(func(e *msgpack.Encoder) {
		_ = e.EncodeArrayLen(6)
		_ = e.EncodeInt(kindHello)
		_ = e.EncodeUint(h.user)
		_ = e.EncodeBytes(h.token)
		_ = e.EncodeUint(h.since)
		_ = e.EncodeBool(h.fetch)
		_ = e.EncodeBool(h.follow)
	})
}

func (h *hello) decode(d *msgpack.Decoder) (err error) {
	if h.user, err = d.DecodeUint64(); err != nil {
		return err
	}
	if h.token, err = d.DecodeBytes(); err != nil {
		return err
	}
	if h.since, err = d.DecodeUint64(); err != nil {
		return err
	}
	if h.fetch, err = d.DecodeBool(); err != nil {
		return err
	}
	h.follow, err = d.DecodeBool()
	return err
}

func encodePut(ref uint64, records []Record) []byte {
	return encode(func(e *msgpack.Encoder) {
		_ = e.EncodeArrayLen(3)
		_ = e.EncodeInt(kindPut)
		_ = e.EncodeUint(ref)
		_ = e.EncodeArrayLen(len(records))
		for i := range records {
			records[i].encode(e)
		}
	})
}

func (p *put) decode(d *msgpack.Decoder) (err error) {
	if p.ref, err = d.DecodeUint64(); err != nil {
		return err
	}
	n, err := d.DecodeArrayLen()
	if err != nil {
		return err
	}
	p.records = make([]Record, max(n, 0))
	for i := range p.records {
		if err := p.records[i].decode(d); err != nil {
			return err
		}
	}
	return nil
}

func encodeWelcome(head uint64) []byte {
	return encode(func(e *msgpack.Encoder) {
		_ = e.EncodeArrayLen(2)
		_ = e.EncodeInt(kindWelcome)
		_ = e.EncodeUint(head)
	})
}

func encodeAcks(refs []uint64) []byte {
	return encode(func(e *msgpack.Encoder) {
		_ = e.EncodeArrayLen(1 + len(refs))
		_ = e.EncodeInt(kindAcks)
		for _, r := range refs {
			_ = e.EncodeUint(r)
		}
	})
}

// encodeRecords takes records that are encoded already.
func encodeRecords(upto uint64, final bool, count int, records []byte) []byte {
	head := encode(func(e *msgpack.Encoder) {
		_ = e.EncodeArrayLen(3 + count)
		_ = e.EncodeInt(kindRecords)
		_ = e.EncodeUint(upto)
		_ = e.EncodeBool(final)
	})
	return append(head, records...)
}

// bytes is the record alone, encoded.
func (r *Record) bytes() []byte { return encode(r.encode) }

func (r *Record) encode(e *msgpack.Encoder) {
	_ = e.EncodeArrayLen(2 + Fields)
	_ = e.EncodeBytes(r.ID[:])
	_ = e.EncodeBytes(r.Change[:])
	for _, f := range r.Fields {
		_ = e.EncodeString(f)
	}
}

func (r *Record) decode(d *msgpack.Decoder) error {
	n, err := d.DecodeArrayLen()
	if err != nil || n != 2+Fields {
		return errors.Join(errFrame, err)
	}
	for _, to := range []*[16]byte{&r.ID, &r.Change} {
		b, err := d.DecodeBytes()
		if err != nil || len(b) != len(to) {
			return errors.Join(errFrame, err)
		}
		copy(to[:], b)
	}
	for i := range r.Fields {
		if r.Fields[i], err = d.DecodeString(); err != nil {
			return err
		}
	}
	return nil
}

// decodeEvent reads what a server says.
func decodeEvent(frame []byte) (e Event, err error) {
	err = decode(frame, func(d *msgpack.Decoder, kind, n int) (err error) {
		switch kind {
		case kindWelcome:
			e.Upto, err = d.DecodeUint64()
			return err
		case kindAcks:
			e.Acks = make([]uint64, n)
			for i := range e.Acks {
				if e.Acks[i], err = d.DecodeUint64(); err != nil {
					return err
				}
			}
			return nil
		case kindRecords:
			return e.records(d, n-2)
		default:
			return errFrame
		}
	})
	return e, err
}

func (e *Event) records(d *msgpack.Decoder, n int) (err error) {
	if e.Upto, err = d.DecodeUint64(); err != nil {
		return err
	}
	if e.Final, err = d.DecodeBool(); err != nil || n < 0 {
		return errors.Join(err, errFrame)
	}
	e.Records = make([]Record, n)
	for i := range e.Records {
		if err := e.Records[i].decode(d); err != nil {
			return err
		}
	}
	return nil
}
