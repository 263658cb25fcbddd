//go:build !unix

package yardstick

import (
	"context"
	"errors"
)

// Bare needs descriptors that a program may write to.
func Bare(context.Context, string) error {
	return errors.New("the bare yardstick needs a Unix system")
}
