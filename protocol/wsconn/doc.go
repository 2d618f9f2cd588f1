// Package wsconn is a protocol.Conn over a WebSocket, and the only home of gorilla/websocket.
//
// It carries binary messages as they are and knows nothing of what is in them. Compression stays off: gorilla's read
// limit counts compressed bytes, so that a small frame could become a large one (reliability-security RS 0.9); pages
// are compressed above. Keep-alive is the protocol's ping; a WebSocket ping is answered, and a flood of them ends the
// connection.
//
// It starts no goroutine. One goroutine may send while another receives.
package wsconn
