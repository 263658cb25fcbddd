package events

import (
	"reflect"
	"testing"
)

// TestWalkTouchesOneLineOfAReader: what is read for each reader that keeps up is
// in the first 64 bytes, and readers begin where such lines begin. Go's allocator
// places objects of up to 512 bytes at multiples of their class's size.
func TestWalkTouchesOneLineOfAReader(t *testing.T) {
	const line = 64
	reader := reflect.TypeFor[Reader]()
	socket, _ := reader.FieldByName("socket")
	fd, _ := socket.Type.FieldByName("fd")
	if end := socket.Offset + fd.Offset + fd.Type.Size(); end > line {
		t.Errorf("the descriptor ends at byte %d", end)
	}
	for _, name := range []string{"log", "mu", "transport", "place", "floor", "live", "closed", "within", "stuck"} {
		if field, _ := reader.FieldByName(name); field.Offset+field.Type.Size() > line {
			t.Errorf("%s ends at byte %d", name, field.Offset+field.Type.Size())
		}
	}
	// Of the allocator's classes those of 320, 384, 448 and 512 bytes begin at lines.
	if size := reader.Size(); size <= 352 || size > 384 {
		t.Errorf("a reader has %d bytes, and begins at a line from 353 to 384", size)
	}
}
