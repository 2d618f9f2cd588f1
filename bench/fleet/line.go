package fleet

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	device "github.com/fieldsync/fieldsync/client"
	"github.com/fieldsync/fieldsync/protocol"
	"github.com/fieldsync/fieldsync/protocol/wsconn"
	"github.com/fieldsync/fieldsync/sync/model"
)

// line is one connection of a device. One goroutine reads it; any may send.
type line struct {
	*Device
	conn  protocol.Conn
	ctx   context.Context // the connection's life
	cut   context.CancelFunc
	mark  model.Instant // server time at the welcome
	began time.Time     // this clock at the same moment
	push  uint64        // number of the last push

	sending sync.Mutex
	pinged  time.Time // guarded by sending: when it last said anything
}

// patience bounds the greeting.
const patience = 30 * time.Second

// connect dials, proves the device and is welcomed.
func (d *driver) connect(dev *Device, packed bool) (*line, error) {
	address, host, err := device.SocketURL(d.server, dev.Tenant)
	if err != nil {
		return nil, err
	}
	ctx, cut := context.WithCancel(d.ctx)
	dialling, dialled := context.WithTimeout(ctx, patience)
	conn, err := wsconn.Dial(dialling, address, http.Header{}, wsconn.Config{})
	dialled()
	if err != nil {
		cut()
		return nil, err
	}
	l := &line{Device: dev, conn: conn, ctx: ctx, cut: cut}
	late := time.AfterFunc(patience, cut)
	err = l.greet(host, packed)
	late.Stop()
	if err != nil {
		l.Close()
		return nil, fmt.Errorf("greet the gateway: %w", err)
	}
	return l, nil
}

func (l *line) greet(host string, packed bool) error {
	challenge, err := expect[*protocol.Challenge](l)
	if err != nil {
		return err
	}
	l.used, l.next = true, max(l.next, 1)
	hello := &protocol.Hello{
		Version: protocol.Version, Tenant: l.Tenant, Device: l.Device.Device, Secret: l.Secret, Token: l.token, Next: l.next,
		App: "bench",
	}
	if packed {
		hello.Features = protocol.FeatureZstd
	}
	if err := protocol.SignHello(l.Key, challenge, hello, host); err != nil {
		return err
	}
	if err := l.send(hello); err != nil {
		return err
	}
	welcome, err := expect[*protocol.Welcome](l)
	if err != nil {
		return err
	}
	if welcome.Device != l.Device.Device {
		return errors.New("the gateway takes this device for a copy")
	}
	l.token, l.mark, l.began = welcome.Token, welcome.Time, time.Now()
	return nil
}

// expect takes the next message, which must be an M.
func expect[M protocol.Message](l *line) (m M, err error) {
	got, _, err := l.recv()
	if err != nil {
		return m, err
	}
	m, ok := got.(M)
	if !ok {
		return m, fmt.Errorf("the gateway sent a %s", got.Type())
	}
	return m, nil
}

func (l *line) send(m protocol.Message) error {
	l.sending.Lock()
	defer l.sending.Unlock()
	l.pinged = time.Now()
	if err := l.conn.Send(l.ctx, protocol.Encode(m)); err != nil {
		return fmt.Errorf("send a %s: %w", m.Type(), err)
	}
	return nil
}

// recv waits for the next message and says how long its frame was. A last word is an error.
func (l *line) recv() (protocol.Message, int, error) {
	frame, err := l.conn.Recv(l.ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("receive: %w", err)
	}
	m, err := protocol.Decode(frame)
	if err != nil {
		return nil, 0, fmt.Errorf("receive: %w", err)
	}
	switch m := m.(type) {
	case *protocol.Bye:
		return nil, 0, &byeError{m}
	case *protocol.ErrorMessage:
		return nil, 0, fmt.Errorf("the gateway refused a frame: %s: %s", m.Code, m.Text)
	}
	return m, len(frame), nil
}

// byeError is a last word.
type byeError struct{ bye *protocol.Bye }

func (e *byeError) Error() string {
	return fmt.Sprintf("the gateway hung up: %s: %s", e.bye.Code, e.bye.Text)
}

// resume asks for the feed from the device's cursor, until the device is current or for good.
func (l *line) resume(follow bool) error {
	return l.send(&protocol.Resume{Cursor: l.cursor, Follow: follow})
}

// take keeps a page's cursor and acknowledges it.
func (l *line) take(p *protocol.Page) error {
	if err := l.keep(p); err != nil {
		return err
	}
	return l.send(&protocol.Got{Cursor: protocol.CursorTag(l.cursor)})
}

// keep keeps a page's cursor.
func (l *line) keep(p *protocol.Page) error {
	if p.Header.Reconcile {
		return errors.New("the gateway cannot continue the device's cursor")
	}
	if p.Header.Continues != protocol.CursorTag(l.cursor) {
		return errors.New("a page continues another cursor than the device's")
	}
	l.cursor = append(l.cursor[:0:0], p.Header.Cursor...)
	if p.Header.Final {
		l.base = append(l.base[:0:0], p.Header.Base...)
	}
	return nil
}

// follow resumes for good and reads until the device is current. It gives what came.
func (l *line) follow() (rows []model.Row, bytes int64, err error) { return l.catchUp(true) }

// catchUp resumes and reads until the device is current. It gives what came.
func (l *line) catchUp(follow bool) (rows []model.Row, bytes int64, err error) {
	if err := l.resume(follow); err != nil {
		return nil, 0, err
	}
	for {
		m, size, err := l.recv()
		if err != nil {
			return nil, 0, err
		}
		if _, ok := m.(*protocol.Poke); ok { // there is more than a device that does not follow was told
			if err := l.resume(follow); err != nil {
				return nil, 0, err
			}
			continue
		}
		page, ok := m.(*protocol.Page)
		if !ok {
			return nil, 0, fmt.Errorf("the gateway sent a %s", m.Type())
		}
		bytes += int64(size)
		body, err := protocol.DecodePageBody(page.Body, page.Compressed)
		if err != nil {
			return nil, 0, err
		}
		if len(body.Rows) > 0 {
			rows = append(rows, body.Rows...)
		}
		if err := l.take(page); err != nil {
			return nil, 0, err
		}
		if page.Header.Final && !page.Header.More {
			return rows, bytes, nil
		}
	}
}

// open connects and follows.
func (d *driver) open(dev *Device) (*line, error) { return d.enter(dev, true) }

// enter connects, and follows or only catches up.
func (d *driver) enter(dev *Device, follow bool) (*line, error) {
	l, err := d.connect(dev, false)
	if err != nil {
		return nil, err
	}
	if _, _, err := l.catchUp(follow); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Close hangs up as a phone in a lift does.
func (l *line) Close() {
	l.cut()
	_ = l.conn.Close(protocol.CodeNone, "") // cut already: this only waits for nobody
}
