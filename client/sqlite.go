package client

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	_ "modernc.org/sqlite" // the driver

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrKey says that a database is sealed with another key: it is another user's, or the app lost the key.
var ErrKey = errors.New("the local database is sealed with another key")

// SQLite is a Local in one file. Values are sealed with AES-256-GCM under the user's key, bound to their place; keys
// are one AES block each, so that the file shows neither an id nor what kind of thing there is how often.
type SQLite struct {
	db     *sql.DB
	conn   *sql.Conn
	block  cipher.Block // permutes keys
	aead   cipher.AEAD  // seals values
	get    *sql.Stmt
	put    *sql.Stmt
	del    *sql.Stmt
	scan   *sql.Stmt
	closed bool
}

// PartitionFile is the file of one user's partition under dir. The name says neither who nor which company.
func PartitionFile(dir string, tenant model.TenantID, user model.UserID) string {
	sum := sha256.Sum256(append(tenant[:], user[:]...))
	return filepath.Join(dir, hex.EncodeToString(sum[:16])+".fieldsync")
}

// schema 1: the layout of replica/local.go. A write-ahead log that is synced at each commit: what Update returned is
// on the disk. Erased values are overwritten, since what was taken back must not stay in free pages. The file belongs
// to one process.
const schema = `CREATE TABLE IF NOT EXISTS kv (b INTEGER NOT NULL, k BLOB NOT NULL, v BLOB NOT NULL, PRIMARY KEY (b, k)) WITHOUT ROWID`

var pragmas = []string{"locking_mode(EXCLUSIVE)", "journal_mode(WAL)", "synchronous(FULL)", "secure_delete(ON)", "busy_timeout(2000)"}

// checkBucket holds one value that tells whether the key is right.
const checkBucket replica.Bucket = 0

// OpenSQLite opens the database of one user, or makes it. The key is 32 random bytes that the app keeps in the
// phone's key store; ErrKey when the file is sealed with another.
func OpenSQLite(file string, key []byte) (*SQLite, error) {
	s := &SQLite{}
	if err := s.derive(key); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return nil, fmt.Errorf("open the local database: %w", err)
	}
	dsn := url.URL{Scheme: "file", Opaque: url.PathEscape(file), RawQuery: url.Values{"_pragma": pragmas}.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, fmt.Errorf("open the local database: %w", err)
	}
	s.db = db
	if err := s.start(); err != nil {
		_ = s.Close() // the first error is the one to know
		return nil, fmt.Errorf("open the local database: %w", err)
	}
	return s, nil
}

func (s *SQLite) derive(key []byte) error {
	if len(key) != 32 {
		return fmt.Errorf("the key of a local database is 32 bytes, not %d", len(key))
	}
	sub := func(purpose string) (cipher.Block, error) {
		k, err := hkdf.Key(sha256.New, key, nil, "fieldsync local database 1 "+purpose, 32)
		if err != nil {
			return nil, err
		}
		return aes.NewCipher(k)
	}
	var err error
	if s.block, err = sub("keys"); err != nil {
		return err
	}
	seal, err := sub("values")
	if err != nil {
		return err
	}
	s.aead, err = cipher.NewGCMWithRandomNonce(seal)
	return err
}

func (s *SQLite) start() (err error) {
	ctx := context.Background()
	s.db.SetMaxOpenConns(1)
	if s.conn, err = s.db.Conn(ctx); err != nil {
		return err
	}
	if _, err = s.conn.ExecContext(ctx, schema); err != nil {
		return err
	}
	for _, p := range []struct {
		to    **sql.Stmt
		query string
	}{
		{&s.get, "SELECT v FROM kv WHERE b = ? AND k = ?"},
		{&s.put, "INSERT OR REPLACE INTO kv (b, k, v) VALUES (?, ?, ?)"},
		{&s.del, "DELETE FROM kv WHERE b = ? AND k = ?"},
		{&s.scan, "SELECT k, v FROM kv WHERE b = ?"},
	} {
		if *p.to, err = s.conn.PrepareContext(ctx, p.query); err != nil {
			return err
		}
	}
	return s.check()
}

// check opens the one value every database has, or makes it.
func (s *SQLite) check() error {
	return s.Update(func(tx replica.Tx) error {
		v, err := tx.Get(checkBucket, replica.Key{})
		if err != nil {
			return err
		}
		if v != nil {
			return nil
		}
		var n int
		if err := s.conn.QueryRowContext(context.Background(), "SELECT count(*) FROM kv").Scan(&n); err != nil {
			return err
		}
		if n > 0 {
			return ErrKey // under this key the value would be elsewhere
		}
		return tx.Put(checkBucket, replica.Key{}, []byte("fieldsync"))
	})
}

// View implements [replica.Local].
func (s *SQLite) View(f func(replica.Reader) error) error {
	return s.transact("BEGIN", func(tx *sqliteTx) error { return f(tx) })
}

// Update implements [replica.Local].
func (s *SQLite) Update(f func(replica.Tx) error) error {
	return s.transact("BEGIN IMMEDIATE", func(tx *sqliteTx) error { return f(tx) })
}

func (s *SQLite) transact(begin string, f func(*sqliteTx) error) error {
	if s.closed {
		return replica.ErrClosed
	}
	ctx := context.Background()
	if _, err := s.conn.ExecContext(ctx, begin); err != nil {
		return fmt.Errorf("begin: %w", err)
	}
	done := false
	defer func() {
		if !done {
			_, _ = s.conn.ExecContext(ctx, "ROLLBACK") // what failed before is the error to know
		}
	}()
	if err := f(&sqliteTx{s}); err != nil {
		return err
	}
	if _, err := s.conn.ExecContext(ctx, "COMMIT"); err != nil {
		return fmt.Errorf("commit: %w", err)
	}
	done = true
	return nil
}

// Close implements [replica.Local].
func (s *SQLite) Close() error {
	if s.closed {
		return nil
	}
	s.closed = true
	for _, stmt := range []*sql.Stmt{s.get, s.put, s.del, s.scan} {
		if stmt != nil {
			_ = stmt.Close() // an open statement would keep the file locked
		}
	}
	if s.conn != nil {
		_ = s.conn.Close() // gives it back to db, which closes it
	}
	return s.db.Close()
}

// sqliteTx is a transaction; the connection has one at a time.
type sqliteTx struct{ s *SQLite }

// place hides a key: one block of AES is a permutation of all keys.
func (s *SQLite) place(k replica.Key) []byte {
	out := make([]byte, len(k))
	s.block.Encrypt(out, k[:])
	return out
}

// bound is what a sealed value is bound to: moved elsewhere in the file, it does not open.
func bound(b replica.Bucket, at []byte) []byte { return append([]byte{byte(b)}, at...) }

func (t *sqliteTx) open(b replica.Bucket, at, sealed []byte) ([]byte, error) {
	v, err := t.s.aead.Open(nil, nil, sealed, bound(b, at))
	if err != nil {
		return nil, ErrKey
	}
	return v, nil
}

// Get implements [replica.Reader].
func (t *sqliteTx) Get(b replica.Bucket, k replica.Key) ([]byte, error) {
	at := t.s.place(k)
	var sealed []byte
	err := t.s.get.QueryRowContext(context.Background(), int(b), at).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read: %w", err)
	}
	return t.open(b, at, sealed)
}

// Scan implements [replica.Reader].
func (t *sqliteTx) Scan(b replica.Bucket, f func(replica.Key, []byte) error) error {
	rows, err := t.s.scan.QueryContext(context.Background(), int(b))
	if err != nil {
		return fmt.Errorf("scan: %w", err)
	}
	defer func() { _ = rows.Close() }() // Err has what matters
	for rows.Next() {
		var at, sealed sql.RawBytes
		if err := rows.Scan(&at, &sealed); err != nil {
			return fmt.Errorf("scan: %w", err)
		}
		v, err := t.open(b, at, sealed)
		if err != nil || len(at) != len(replica.Key{}) {
			return errors.Join(ErrKey, err)
		}
		var k replica.Key
		t.s.block.Decrypt(k[:], at)
		if err := f(k, v); err != nil {
			return err
		}
	}
	return rows.Err()
}

// Put implements [replica.Tx].
func (t *sqliteTx) Put(b replica.Bucket, k replica.Key, v []byte) error {
	at := t.s.place(k)
	if _, err := t.s.put.ExecContext(context.Background(), int(b), at, t.s.aead.Seal(nil, nil, v, bound(b, at))); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	return nil
}

// Delete implements [replica.Tx].
func (t *sqliteTx) Delete(b replica.Bucket, k replica.Key) error {
	if _, err := t.s.del.ExecContext(context.Background(), int(b), t.s.place(k)); err != nil {
		return fmt.Errorf("delete: %w", err)
	}
	return nil
}
