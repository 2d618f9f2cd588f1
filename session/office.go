package session

import (
	"context"
	"errors"
	"fmt"

	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/sync/model"
)

// ErrFrame says that what was sent is not one push frame.
var ErrFrame = errors.New("not a push frame")

// Office takes one push frame that an office user makes without a device, and answers with an answers frame. It is
// judged by the acting user's web rights (model.LaneOffice); whoever calls has proven who acts.
func (s *Server) Office(ctx context.Context, t model.TenantID, acting model.UserID, frame []byte) ([]byte, error) {
	message, err := protocol.Decode(frame)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrFrame, err)
	}
	push, ok := message.(*protocol.Push)
	if !ok {
		return nil, fmt.Errorf("%w: it is a %s", ErrFrame, message.Type())
	}
	now := model.Instant(s.cfg.Clock().UnixMilli())
	connection := model.Connection{Tenant: t, User: acting, Lane: model.LaneOffice}
	answers, err := s.cfg.Engine.Push(ctx, connection, push.Submitted(), push.Have, now)
	if err != nil {
		return nil, err
	}
	s.cfg.Hub.Notify(t)
	return protocol.Encode(&protocol.Answers{Number: push.Number, Time: now, Answers: answers}), nil
}
