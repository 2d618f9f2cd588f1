package floor

import "context"

// DialAs connects as one user with the token of another.
func DialAs(ctx context.Context, address string, user, with uint64) (*Client, error) {
	return dial(ctx, address, Ask{User: user}, token(with))
}
