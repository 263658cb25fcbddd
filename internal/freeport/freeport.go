// Package freeport finds ports for servers that tests start, stop and start again
// under the same address.
package freeport

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
)

// Linux gives the ports from 32768 on (ip_local_port_range) to whoever asks for any,
// other systems those from further up. One of those may be somebody else's by the time
// when a server takes it, or takes it again.
const first, last = 11_000, 32_767

// Take answers a port of 127.0.0.1 on which nobody listens, and which is given to
// nobody who does not ask for it by its number.
func Take() (int, error) {
	var err error
	for range 100 {
		port := first + rand.IntN(last-first+1)
		var free net.Listener
		if free, err = net.Listen("tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port))); err == nil {
			return port, free.Close()
		}
	}
	return 0, errors.Join(errors.New("no port is free"), err)
}
