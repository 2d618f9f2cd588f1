package lab

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/fieldsync/fieldsync/client"
)

// Folder is where a device lives on a computer: its database and two keys. A phone has its keys in a store from which
// they cannot be copied; here they are files that only their owner reads.
type Folder string

func (f Folder) file(name string) string { return filepath.Join(string(f), name) }

// Database is where the replica is.
func (f Folder) Database() string { return f.file("replica.db") }

// Open makes the folder when it is not there, and reads the keys or makes them: one that seals the database, and one that
// proves the device at every hello.
func (f Folder) Open() (seal []byte, key *client.SoftKey, err error) {
	if err := os.MkdirAll(string(f), 0o700); err != nil {
		return nil, nil, fmt.Errorf("make the folder of a device: %w", err)
	}
	seal, err = f.secret("seal.key", func() ([]byte, error) {
		b := make([]byte, 32)
		_, err := rand.Read(b)
		return b, err
	})
	if err != nil {
		return nil, nil, err
	}
	raw, err := f.secret("device.key", func() ([]byte, error) {
		key, err := client.NewSoftKey()
		if err != nil {
			return nil, err
		}
		return key.Marshal()
	})
	if err != nil {
		return nil, nil, err
	}
	if key, err = client.ParseSoftKey(raw); err != nil {
		return nil, nil, fmt.Errorf("%s: %w; what is unsent in this folder stays there", f.file("device.key"), err)
	}
	return seal, key, nil
}

// secret reads a file, or makes it.
func (f Folder) secret(name string, fresh func() ([]byte, error)) ([]byte, error) {
	b, err := os.ReadFile(f.file(name))
	if !errors.Is(err, os.ErrNotExist) {
		if err != nil {
			return nil, fmt.Errorf("read a key of a device: %w", err)
		}
		return b, nil
	}
	if b, err = fresh(); err != nil {
		return nil, fmt.Errorf("make a key of a device: %w", err)
	}
	if err := os.WriteFile(f.file(name), b, 0o600); err != nil {
		return nil, fmt.Errorf("keep a key of a device: %w", err)
	}
	return b, nil
}

// logSuffix is what SQLite puts behind the name of a database for its write-ahead log.
const logSuffix = "-wal"

// crash leaves the database as a killed process leaves it. It takes the files as they lie on the disk while the database
// is open, closes it, which would tidy them up, and puts back what it took. Nobody may use the database meanwhile.
func (f Folder) crash(open io.Closer) (err error) {
	taken := f.file("killed")
	if err := os.RemoveAll(taken); err != nil {
		return fmt.Errorf("kill the app: %w", err)
	}
	if err := os.Mkdir(taken, 0o700); err != nil {
		return fmt.Errorf("kill the app: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(taken)) }()
	// The log goes back first: should this process die between the two, it is replayed over a database that has it
	// already, which changes nothing. The other way round it would be missing.
	names := []string{f.Database() + logSuffix, f.Database()}
	for _, name := range names {
		if err := copyFile(filepath.Join(taken, filepath.Base(name)), name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return errors.Join(fmt.Errorf("kill the app: %w", err), open.Close())
		}
	}
	if err := open.Close(); err != nil {
		return fmt.Errorf("kill the app: %w", err)
	}
	for _, name := range names {
		if err := os.Rename(filepath.Join(taken, filepath.Base(name)), name); err != nil && !errors.Is(err, os.ErrNotExist) {
			return fmt.Errorf("kill the app: %w", err)
		}
	}
	return nil
}

func copyFile(to, from string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Close())
}
