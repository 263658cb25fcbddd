package db

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"strings"
	"testing"

	"github.com/alexedwards/scs/v2"

	"parlour"
)

var (
	_ scs.Store    = (*Sessions)(nil)
	_ scs.CtxStore = (*Sessions)(nil)
)

func TestReopeningKeepsAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "house", "parlour.db")
	first, err := Open(t.Context(), path, Options{})
	must(t, err)
	h := &house{Store: first}
	lobby, err := h.Room(t.Context(), "lobby")
	must(t, err)
	h.sit(t, lobby.ID, "g1", "Ana")
	must(t, h.Sessions().Commit("token", []byte("data"), noon.AddDate(100, 0, 0)))
	for range 3 {
		h.say(t, lobby.ID, "Ana", "hello")
	}
	_, err = h.Edit(t.Context(), parlour.Revision{Room: lobby.ID, Seq: 2, Kind: parlour.KindMessage, Body: "good morning", At: noon}, parlour.LogEntry{})
	must(t, err)
	before := h.page(t, lobby.ID, 0, 10)
	must(t, h.Close())

	h = &house{Store: openAt(t, path, Options{})}
	if after := h.page(t, lobby.ID, 0, 10); !reflect.DeepEqual(after, before) {
		t.Errorf("after reopening %+v, before %+v", after, before)
	}
	h.wantSeat(t, parlour.Seat{Room: lobby.ID, Person: "g1", Name: "Ana", SeenAt: noon})
	if data, found, err := h.Sessions().Find("token"); string(data) != "data" || !found || err != nil {
		t.Errorf("session is %q, %v, %v", data, found, err)
	}
	if m := h.say(t, lobby.ID, "Ana", "again"); m.Seq != 5 {
		t.Errorf("the next number is %d, want 5", m.Seq)
	}
	if rooms, err := h.Rooms(t.Context()); len(rooms) != 1 || err != nil {
		t.Errorf("rooms are %+v, %v", rooms, err)
	}
}

func TestFileIsForItsOwnerAlone(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions are not kept in this way there")
	}
	folder := filepath.Join(t.TempDir(), "new", "data")
	path := filepath.Join(folder, "parlour.db")
	s := openAt(t, path, Options{})
	must(t, s.Ping(t.Context()))
	for name, want := range map[string]os.FileMode{
		folder: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600,
	} {
		if info, err := os.Stat(name); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s has mode %v, %v; want %v", name, info.Mode(), err, want)
		}
	}
}

func TestPathMayHaveAnyCharacters(t *testing.T) {
	folder := t.TempDir()
	for _, name := range []string{"a b.db", "what?mode=memory", "50%41#1&c.db", "ä:@.db"} {
		path := filepath.Join(folder, name)
		s, err := Open(t.Context(), path, Options{})
		must(t, err)
		must(t, s.Close())
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q is not where the house is: %v", name, err)
		}
	}
	t.Chdir(folder)
	openAt(t, "plain.db", Options{})
	if info, err := os.Stat(filepath.Join(folder, "plain.db")); err != nil || info.Size() == 0 {
		t.Errorf("a relative path is not where the house is: %v", err)
	}
}

func TestWhatIsNoHouseIsNotOpened(t *testing.T) {
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	must(t, os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600))
	if s, err := Open(t.Context(), text, Options{}); err == nil {
		t.Error("opened a text file", s.Close())
	}
	if s, err := Open(t.Context(), folder, Options{}); err == nil {
		t.Error("opened a folder", s.Close())
	}
	if s, err := Open(t.Context(), filepath.Join(text, "parlour.db"), Options{}); err == nil {
		t.Error("opened a file in a file", s.Close())
	}
}

func TestEveryConnectionIsSafe(t *testing.T) {
	s := openAt(t, filepath.Join(t.TempDir(), "parlour.db"), Options{})
	file := s.engine.(*sqliteFile)
	all := []*sqliteConn{file.writer, file.checkpointer}
	all = append(all, file.readers.free...)
	for _, c := range file.readers.free {
		if _, err := c.exec(`INSERT INTO sessions (token, data, expires_at) VALUES ('a', '', 1)`); err == nil {
			t.Error("a reading connection can write")
		}
	}
	for _, c := range all {
		for pragma, want := range map[string]any{
			"journal_mode": "wal", "synchronous": int64(2), "foreign_keys": int64(1),
			"busy_timeout": int64(5000), "secure_delete": int64(2),
		} {
			if r, err := c.one("PRAGMA " + pragma); err != nil || r[0] != want {
				t.Errorf("%s is %v, %v; want %v", pragma, r, err, want)
			}
		}
	}
}

func TestNumbersBeyondTheRoomsSpaceAreRefused(t *testing.T) {
	s, room, _ := heldStore(t)
	must(t, s.write(t.Context(), func(tx *tx) error {
		_, err := tx.exec(`UPDATE rooms SET head = $1`, int64(maxSeq-1))
		return err
	}))
	if m := post(t, s, room, "the last"); m.Seq != maxSeq {
		t.Errorf("the last message has number %d", m.Seq)
	}
	_, _, err := s.Post(t.Context(), parlour.NewMessage{Room: room, Kind: parlour.KindMessage, Body: "too much", At: noon})
	if err == nil || errors.Is(err, parlour.ErrRoomNotFound) {
		t.Errorf("a message beyond the room's space: %v", err)
	}
	if got := stored(t, s, room); got != "the last" {
		t.Errorf("stored %q", got)
	}
}
