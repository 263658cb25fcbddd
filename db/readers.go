package db

import (
	"context"
	"errors"
	"sync"
)

// readers lends the connections that read a SQLite file. The one that came back last goes out
// first, because its cache is warm: taken in turn, each of them would have to
// read for itself what the others have read already.
type readers struct {
	lent chan struct{} // holds a token for each that is out
	mu   sync.Mutex
	free []*sqliteConn // guarded by mu
	all  int
}

// open connects so many.
func (r *readers) open(dsn string, n int) error {
	r.lent = make(chan struct{}, n)
	for range n {
		c, err := connect(dsn)
		if err != nil {
			return err
		}
		r.free = append(r.free, c)
		r.all++
	}
	return nil
}

// take waits for a connection until the context ends or the store is stopped.
func (r *readers) take(ctx context.Context, stopped <-chan struct{}) (*sqliteConn, error) {
	select {
	case <-stopped:
		return nil, errClosed
	default:
	}
	select {
	case r.lent <- struct{}{}:
		return r.pop(), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-stopped:
		return nil, errClosed
	}
}

func (r *readers) pop() *sqliteConn {
	r.mu.Lock()
	defer r.mu.Unlock()
	last := len(r.free) - 1
	c := r.free[last]
	r.free = r.free[:last]
	return c
}

func (r *readers) giveBack(c *sqliteConn) {
	r.mu.Lock()
	r.free = append(r.free, c)
	r.mu.Unlock()
	<-r.lent
}

// close waits for each connection to come back, and closes it.
func (r *readers) close() error {
	var errs []error
	for range r.all {
		r.lent <- struct{}{}
		errs = append(errs, r.pop().close())
	}
	return errors.Join(errs...)
}
