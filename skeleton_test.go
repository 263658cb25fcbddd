package parlour_test

import (
	"testing"

	"parlour"
)

func TestNamesThatLookAlikeShareASkeleton(t *testing.T) {
	for _, c := range []struct {
		a, b  string
		alike bool
	}{
		{"paypal", "pаypаl", true},    // Cyrillic а
		{"paypal", "PaypaI", true},    // capital i
		{"paypal", "paypa1", true},    // one
		{"Boris", "Воris", true},      // Cyrillic В and о
		{"modem", "rnodern", true},    // r and n
		{"Zoë", "Zoe\u0308", true},    // one character or two
		{"Ana", "ana", true},          // the same name anyway
		{"Ana", "Anna", false},        //
		{"Ana", "Aña", false},         // an accent is seen
		{"Иван", "Иван", true},        //
		{"Иван", "Ivan", false},       // the same sound, another look
		{"محمد", "أحمد", false},       //
		{"Scope", "Ѕсоре", true},      // all of it Cyrillic
		{"0live", "Olive", true},      // nought
		{"admin", "аdmіn", true},      //
		{"user", "usеr\u200d", false}, // a joiner in the middle of nowhere is another matter
	} {
		if got := parlour.Skeleton(c.a) == parlour.Skeleton(c.b); got != c.alike {
			t.Errorf("%q and %q: alike is %v (%q, %q)", c.a, c.b, got, parlour.Skeleton(c.a), parlour.Skeleton(c.b))
		}
	}
}

func TestSkeletonOfASkeletonIsItself(t *testing.T) {
	for _, name := range []string{"paypal", "Воris", "rnodern", "ＡＮＡ", "Ωμέγα", "𝔭𝒶ỿ𝕡𝕒ℓ", "ﷺ"} {
		once := parlour.Skeleton(name)
		if twice := parlour.Skeleton(once); twice != once {
			t.Errorf("%q: %q, and of that %q", name, once, twice)
		}
	}
}
