//go:build linux || darwin || freebsd

package badgerstore

import (
	"io/fs"
	"syscall"
)

// onDisk is what a file takes of the disk, which is less than its size where it has holes.
func onDisk(info fs.FileInfo) int64 {
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		return s.Blocks * 512
	}
	return info.Size()
}
