package parlour

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

func TestParseSeqTakesDigitsAndNothingElse(t *testing.T) {
	for typed, want := range map[string]Seq{
		"0": 0, "1": 1, "007": 7, "9223372036854775807": math.MaxInt64,
	} {
		if got, err := ParseSeq(typed); err != nil || got != want {
			t.Errorf("ParseSeq(%q) = %d, %v; want %d", typed, got, err, want)
		}
	}
	for _, typed := range []string{
		"", " ", "-1", "+1", "1 ", " 1", "1.0", "1e3", "0x10", "1_000", "١٢", "last", "null",
		"9223372036854775808", "1" + strings.Repeat("0", 30), strings.Repeat("9", 1<<16), "1\n", "1\x00",
	} {
		if got, err := ParseSeq(typed); KindOf(err) != Malformed || got != 0 {
			t.Errorf("ParseSeq(%.40q) = %d, %v; want a Malformed error", typed, got, err)
		}
	}
}

func FuzzParseSeq(f *testing.F) {
	for _, seed := range []string{"", "0", "12", "-1", "+1", "9223372036854775808", "1e3", "٣"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, typed string) {
		seq, err := ParseSeq(typed)
		if err != nil {
			if KindOf(err) != Malformed || len(err.Error()) > 500 {
				t.Fatalf("ParseSeq(%q) refuses with %v", typed, err)
			}
			return
		}
		if seq < 0 || strings.Trim(typed, "0123456789") != "" {
			t.Fatalf("ParseSeq(%q) = %d", typed, seq)
		}
		if again, err := ParseSeq(seq.String()); err != nil || again != seq {
			t.Fatalf("ParseSeq(%q) = %d, %v; want %d", seq, again, err, seq)
		}
		if shortest := strings.TrimLeft(typed, "0"); shortest != "" && shortest != strconv.FormatInt(int64(seq), 10) {
			t.Fatalf("ParseSeq(%q) = %d", typed, seq)
		}
	})
}
