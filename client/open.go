package client

import (
	"crypto/rand"
	"errors"
	"net/url"
	"strings"

	"github.com/fieldsync/fieldsync/client/replica"
	"github.com/fieldsync/fieldsync/sync/model"
)

// OpenReplica opens the replica in a user's file, or makes it; ErrKey when the key is another user's. Closing the
// replica closes the file.
func OpenReplica(file string, key []byte, table *model.Table) (*replica.Replica, error) {
	local, err := OpenSQLite(file, key)
	if err != nil {
		return nil, err
	}
	r, err := replica.Open(local, replica.Config{Table: table, Random: rand.Reader})
	if err != nil {
		_ = local.Close() // the first error is the one to know
		return nil, err
	}
	return r, nil
}

// SocketURL is where a server, "https://sync.example.com", speaks with devices, and its host as a hello's proof names
// it: lower-case, a port only when it is not 443.
func SocketURL(server string, tenant model.TenantID) (address, host string, err error) {
	u, err := url.Parse(server)
	if err != nil || u.Host == "" {
		return "", "", errors.New("the server's address is not like https://sync.example.com")
	}
	switch u.Scheme {
	case "https":
		u.Scheme = "wss"
	case "http":
		u.Scheme = "ws"
	default:
		return "", "", errors.New("the server's address begins neither with https nor with http")
	}
	u.Path = strings.TrimRight(u.Path, "/") + "/v1/ws"
	u.RawQuery = url.Values{"tenant": {tenant.String()}}.Encode()
	return u.String(), strings.ToLower(strings.TrimSuffix(u.Host, ":443")), nil
}
