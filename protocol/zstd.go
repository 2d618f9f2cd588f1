package protocol

import (
	"errors"

	"github.com/klauspost/compress/zstd"
)

// ErrCompressed says that a compressed body is not one zstd frame that declares its size within the limit.
var ErrCompressed = errors.New("not one zstd frame of declared and permitted size")

// The packer and the unpacker are made with the program, and used once: what they make at first use, inside a test's
// bubble of fake time, would be of no use outside it.
var (
	compressor = warm(must(zstd.NewWriter(nil, zstd.WithEncoderConcurrency(2), zstd.WithEncoderLevel(zstd.SpeedDefault),
		zstd.WithWindowSize(256<<10), zstd.WithSingleSegment(true))))
	expander = must(zstd.NewReader(nil, zstd.WithDecoderConcurrency(2), zstd.WithDecoderMaxMemory(MaxPageBody),
		zstd.WithDecoderMaxWindow(MaxPageBody)))
)

func warm(z *zstd.Encoder) *zstd.Encoder {
	_ = z.EncodeAll(nil, nil)
	return z
}

// must panics on options that contradict themselves, which is a programmer's mistake.
func must[T any](z T, err error) T {
	if err != nil {
		panic(err)
	}
	return z
}

// worthCompressing is the body size below which zstd's own header eats what it saves.
const worthCompressing = 512

// Compress packs an encoded page body with zstd. ok is false when that makes it no smaller: then send it as it is.
func Compress(body []byte) (packed []byte, ok bool) {
	if len(body) < worthCompressing {
		return nil, false
	}
	packed = compressor.EncodeAll(body, make([]byte, 0, len(body)/2))
	return packed, len(packed) < len(body)
}

// expand unpacks a body. The declared size is looked at first, so that a bomb costs nothing.
func expand(packed []byte) ([]byte, error) {
	var head zstd.Header
	if err := head.Decode(packed); err != nil || head.Skippable || !head.HasFCS || head.FrameContentSize > MaxPageBody {
		return nil, ErrCompressed
	}
	body, err := expander.DecodeAll(packed, make([]byte, 0, head.FrameContentSize))
	if err != nil || uint64(len(body)) != head.FrameContentSize {
		return nil, ErrCompressed
	}
	return body, nil
}
