//go:build !linux

package crowd

import (
	"context"
	"time"
)

// Crowd needs Linux.
type Crowd struct{}

// Open is ErrUnsupported.
func Open(context.Context, Plan) (*Crowd, error) { return nil, ErrUnsupported }

// Talk is ErrUnsupported.
func (*Crowd) Talk(context.Context, Talk) (Tally, error) { return Tally{}, ErrUnsupported }

// Idle is ErrUnsupported.
func (*Crowd) Idle(context.Context, time.Duration) error { return ErrUnsupported }

// Close does nothing.
func (*Crowd) Close() {}
