//go:build !linux

package events

import (
	"context"
	"errors"
	"net"
)

// poller stands in where sockets are not taken over: every stream is served
// through its http.ResponseWriter, by the same logs and pumps.
type poller struct{}

// socket is no transport here.
type socket struct{}

func newPoller() (*poller, error) { return &poller{}, nil }

func (*poller) run()   {}
func (*poller) close() {}

// TakesConns tells whether ServeConn works here.
func (h *Hub) TakesConns() bool { return false }

// ServeConn is refused: use ServeWriter.
func (rd *Reader) ServeConn(_ context.Context, conn net.Conn, _ []byte) error {
	rd.Close()
	return errors.Join(errors.ErrUnsupported, conn.Close())
}
