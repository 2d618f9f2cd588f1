//go:build !linux && !darwin && !freebsd

package badgerstore

import "io/fs"

// onDisk is a file's size.
func onDisk(info fs.FileInfo) int64 { return info.Size() }
