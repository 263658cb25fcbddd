package db

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"parlour"
)

// headsAtOnce is how many rooms one statement asks for. The statement is always
// the same one, with zeros where there are fewer rooms.
const headsAtOnce = 64

var headsQuery = func() string {
	places := make([]string, headsAtOnce)
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+1)
	}
	return `SELECT id, head FROM rooms WHERE deleted_at IS NULL AND id IN (` + strings.Join(places, ", ") + `)`
}()

// Heads are the last numbers of some rooms. A room that is not there has none.
func (s *Store) Heads(ctx context.Context, rooms []int64) (heads map[int64]parlour.Seq, err error) {
	heads = make(map[int64]parlour.Seq, len(rooms))
	err = s.read(ctx, func(c conn) error {
		for len(rooms) > 0 {
			args := make([]any, headsAtOnce)
			for i := range args {
				args[i] = int64(0)
				if i < len(rooms) {
					args[i] = rooms[i]
				}
			}
			rooms = rooms[min(len(rooms), headsAtOnce):]
			for r, err := range c.rows(headsQuery, args...) {
				if err != nil {
					return fmt.Errorf("heads of rooms: %w", err)
				}
				heads[r.int(0)] = r.seq(1)
			}
		}
		return nil
	})
	return heads, err
}
