package hook

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"

	"github.com/fieldsync/fieldsync/sync/model"
)

// answer is what came of one attempt.
type answer struct {
	cut        bool          // nobody knows: this process is ending
	status     int           // 0: there was no answer
	text       string        // what went wrong; empty: delivered
	retryAfter time.Duration // asked for by the receiver
}

func (a answer) delivered() bool { return !a.cut && a.text == "" }

// blames says whether a failure speaks against the receiver and not the message: what is said of a message's content
// says that the receiver is there.
func (a answer) blames() bool {
	switch a.status {
	case http.StatusBadRequest, http.StatusConflict, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType,
		http.StatusUnprocessableEntity:
		return false
	}
	return true
}

const (
	dialTimeout = 10 * time.Second
	// maxDrain is how much of an answer's body is read, so that the connection can be used again, and drainTime how long.
	maxDrain  = 4 << 10
	drainTime = time.Second
)

// transport makes the connections. It speaks HTTP/1.1 alone, which every receiver does: with one request a connection
// a slow message holds up no other.
func transport(cfg *Config) *http.Transport {
	dialer := &net.Dialer{Timeout: dialTimeout}
	if !cfg.Private {
		dialer.Control = guard
	}
	return &http.Transport{
		Proxy:                  nil,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: cfg.Roots},
		TLSHandshakeTimeout:    dialTimeout,
		DisableCompression:     true, // nothing of an answer is used
		MaxIdleConns:           256,
		MaxIdleConnsPerHost:    inFlight,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 16 << 10,
	}
}

// post tries to deliver a message once.
func (d *Deliverer) post(ctx context.Context, h *model.Hook, id, kind string, body []byte) answer {
	if err := CheckURL(h.URL, d.cfg.Private); err != nil { // it may have been right when it was added
		return answer{text: err.Error()}
	}
	now := d.cfg.Clock()
	ctx, cancel := context.WithTimeout(ctx, d.cfg.Timeout)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, h.URL, bytes.NewReader(body))
	if err != nil {
		return answer{text: ErrURL.Error()}
	}
	head := request.Header
	head.Set("Content-Type", "application/json")
	head.Set("User-Agent", d.agent)
	head.Set(HeaderID, id)
	head.Set(HeaderTimestamp, strconv.FormatInt(now.Unix(), 10))
	head.Set(HeaderSignature, Sign(secrets(h, now), id, now, body))
	// Not sent: it only tells the transport that a message may be sent again when a connection that was kept open turns
	// out to be closed. The receiver knows repeats by their id.
	head["Idempotency-Key"] = nil

	response, err := d.transport.RoundTrip(request) // no client: it would follow redirects and keep cookies
	if err != nil {
		return d.unanswered(ctx, id, kind, err)
	}
	defer response.Body.Close()
	drain(response.Body, cancel)
	if response.StatusCode/100 == 2 {
		return answer{status: response.StatusCode}
	}
	return answer{
		status: response.StatusCode, text: refusal(response.StatusCode),
		retryAfter: retryAfter(response.Header, response.StatusCode, d.cfg.Clock()),
	}
}

// drain reads a little of an answer's body and throws it away.
func drain(body io.Reader, cancel context.CancelFunc) {
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	_, _ = io.CopyN(io.Discard, body, maxDrain) // the status has said all
}

// refusal says in words what a status means for a message.
func refusal(status int) string {
	switch {
	case status == http.StatusGone:
		return "answered 410: the receiver wants no more messages"
	case status/100 == 3:
		return fmt.Sprintf("answered %d: redirects are not followed; give the webhook the new address", status)
	default:
		return fmt.Sprintf("answered %d, wanted 2xx", status)
	}
}

// unanswered says in words why there was no answer. The words name no address: errors of the network do, and the owner
// of a webhook has no business with those of this server's network.
func (d *Deliverer) unanswered(ctx context.Context, id, kind string, err error) answer {
	d.cfg.Log.Debug("a webhook's message got no answer", slog.String("message", id), slog.String("type", kind), slog.Any("error", err))
	var (
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
		record      tls.RecordHeaderError
		slow        net.Error
	)
	text := "the request failed before there was an answer"
	switch {
	case errors.Is(err, errPrivate):
		text = errPrivate.Error()
	case errors.Is(ctx.Err(), context.Canceled):
		return answer{cut: true}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		text = fmt.Sprintf("no answer within %s", d.cfg.Timeout)
	case errors.As(err, &name):
		text = "the host's name could not be looked up"
	case errors.As(err, &unknown):
		text = "the receiver's certificate is not of an authority that is trusted here"
	case errors.As(err, &certificate):
		text = "the receiver's certificate is not valid for this host and time"
	case errors.As(err, &record):
		text = "the receiver does not speak TLS on this port"
	case errors.Is(err, syscall.ECONNREFUSED):
		text = "the connection was refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		text = "the connection was cut before there was an answer"
	case errors.As(err, &slow) && slow.Timeout():
		text = fmt.Sprintf("no connection within %s", dialTimeout)
	}
	return answer{text: text}
}

// ErrAnswer says that a test message did not get through.
var ErrAnswer = errors.New("the receiver did not take the message")

// TestType is the type of a test message.
const TestType = "fieldsync.test"

// Test sends a signed message of type fieldsync.test once and says what was answered; status is 0 when nothing was.
// What it sends is not recorded. The error wraps [ErrAnswer] and may be shown to the hook's owner.
func (d *Deliverer) Test(ctx context.Context, h model.Hook) (status int, err error) {
	now := d.cfg.Clock()
	body, err := json.Marshal(testMessage{TestType, now.UTC().Format("2006-01-02T15:04:05.000Z"), testData{h.ID, h.Name}})
	if err != nil {
		return 0, fmt.Errorf("write a test message: %w", err)
	}
	var event model.MessageID // of no event: ids of events are random
	copy(event[:], "test")
	copy(event[8:], strconv.AppendInt(nil, now.UnixMilli(), 36))
	a := d.post(ctx, &h, MessageText(messageID(h.ID, event)), TestType, body)
	switch {
	case a.cut:
		return 0, ctx.Err()
	case !a.delivered():
		return a.status, fmt.Errorf("%w: %s", ErrAnswer, a.text)
	}
	return a.status, nil
}

type testMessage struct {
	Type      string   `json:"type"`
	Timestamp string   `json:"timestamp"`
	Data      testData `json:"data"`
}

type testData struct {
	Webhook model.HookID `json:"webhook"`
	Name    string       `json:"name"`
}
