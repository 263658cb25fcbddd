package events

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"parlour"
)

// fill sets everything in a value to something.
func fill(t *testing.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem())
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0))
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		fill(t, key)
		fill(t, value)
		v.SetMapIndex(key, value)
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.Date(2026, 11, 21, 1, 2, 3, 4e6, time.UTC)))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.String:
		v.SetString("<ü> " + v.Type().Name())
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8, reflect.Uint64:
		v.SetUint(7)
	case reflect.Float64:
		v.SetFloat(7)
	default:
		t.Fatalf("%s is none of the kinds that are known here", v.Kind())
	}
}

func TestOtherNodesAreToldAllOfAMessage(t *testing.T) {
	var full, deleted parlour.Message
	fill(t, reflect.ValueOf(&full).Elem())
	deleted = full
	deleted.Event, deleted.Edited, deleted.Body = nil, time.Time{}, ""
	for _, m := range []parlour.Message{full, deleted, {Room: 7, Seq: 1, Changed: 1}} {
		payload, err := json.Marshal(parcel{Version: parcelVersion, Head: m.Changed, Changes: []carried{carry(m)}})
		if err != nil {
			t.Fatal(err)
		}
		var p parcel
		if err := json.Unmarshal(payload, &p); err != nil {
			t.Fatal(err)
		}
		if got := p.Changes[0].message(m.Room); !reflect.DeepEqual(got, m) {
			t.Errorf("%+v\narrives as\n%+v\nby %s", m, got, payload)
		}
	}
}

// TestParcelOfAnotherVersionStillTellsTheNumber, so that nodes of two versions
// can serve side by side.
func TestParcelOfAnotherVersionStillTellsTheNumber(t *testing.T) {
	inBubble(t, quiet(), func(t *testing.T, hub *Hub, store *ledger) {
		w := watch(t, hub, as("ana"))
		store.tells(nobody)
		m := store.post(lobby, "from another version")
		rm := hub.find(lobby)
		rm.receive([]byte(`what is this`))
		rm.receive([]byte(`{"v":99,"h":1,"c":"not even the same shape"}`))
		pass(time.Millisecond)
		if got := w.seen(t).messages[m.Seq]; got != "from another version" {
			t.Errorf("the reader has %q", got)
		}
	})
}
