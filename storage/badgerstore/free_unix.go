//go:build linux || darwin || freebsd

package badgerstore

import "syscall"

// FreeBytes is what the volume of dir has left for this process.
func FreeBytes(dir string) (uint64, error) {
	var s syscall.Statfs_t
	if err := syscall.Statfs(dir, &s); err != nil {
		return 0, err
	}
	return uint64(s.Bavail) * uint64(s.Bsize), nil //nolint:unconvert // the types differ between systems
}
