package badgerstore

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// errDamaged says that a stored value is not what was stored under its key.
var errDamaged = errors.New("a stored value is damaged")

// An envelope is
//
//	version   1  formatVersion
//	length    uvarint, of the content
//	checksum  4  little-endian, CRC-32C of the key and of the envelope without the checksum
//	content
//
// The key is in the sum because Badger has been seen to answer with another key's value; the length because a block
// cut at a good place would pass.
const sumSize = 4

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// seal appends the envelope of content under key.
func seal(b, key, content []byte) []byte {
	start := len(b)
	b = append(b, formatVersion)
	b = binary.AppendUvarint(b, uint64(len(content)))
	sum := checksum(key, b[start:], content)
	b = binary.LittleEndian.AppendUint32(b, sum)
	return append(b, content...)
}

// open is the content of an envelope, in the same memory.
func open(key, value []byte) ([]byte, error) {
	if len(value) == 0 || value[0] != formatVersion {
		return nil, errDamaged
	}
	length, n := binary.Uvarint(value[1:])
	if n <= 0 || uint64(len(value)-1-n) < sumSize {
		return nil, errDamaged
	}
	header, rest := value[:1+n], value[1+n:]
	sum, content := binary.LittleEndian.Uint32(rest), rest[sumSize:]
	if uint64(len(content)) != length || checksum(key, header, content) != sum {
		return nil, errDamaged
	}
	return content, nil
}

func checksum(parts ...[]byte) (sum uint32) {
	for _, p := range parts {
		sum = crc32.Update(sum, castagnoli, p)
	}
	return sum
}
