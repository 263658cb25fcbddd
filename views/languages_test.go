package views

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"parlour"
)

func TestLanguageIsTheChosenOneElseTheBrowsers(t *testing.T) {
	for _, c := range []struct{ chosen, accept, want string }{
		{"", "", "en"},
		{"de", "ar", "de"},
		{"", "ar-EG,en;q=0.5", "ar"},
		{"", "zh-CN,en;q=0.5", "zh"},
		{"", "en;q=0.5,zh-CN", "zh"},
		{"", "zh-TW", "zh"},
		{"", "zh-Hant-HK,en;q=0.5", "zh"},
		{"", "de-AT;q=0.8, es-MX;q=0.9", "es"},
		{"", "pt-BR", "pt"},
		{"", "pt-PT,en;q=0.9", "pt"},
		{"", "fr-CA", "fr"},
		{"", "pl;q=0.2, fr-CH;q=0.7, en;q=0.5", "fr"},
		{"", "pl-PL, en;q=0.9", "pl"},
		{"", "fi", "en"},
		{"", "fi;q=1.0, de;q=0.1", "de"},
		{"es-AR", "de", "es"},
		{"pt-BR", "de", "pt"},
		{"klingon", "de", "de"},
		{"../../etc/passwd", "", "en"},
		{"", ";;;q=,,\x00", "en"},
		{"", strings.Repeat("xx-yy,", 5000), "en"},
	} {
		if got := MatchLanguage(c.chosen, c.accept); got != c.want {
			t.Errorf("MatchLanguage(%q, %.30q) = %q, want %q", c.chosen, c.accept, got, c.want)
		}
	}
}

func TestEachLanguageKnowsItsDirection(t *testing.T) {
	for _, l := range Languages() {
		if want := map[bool]string{true: "rtl", false: "ltr"}[l.Code == "ar"]; l.Dir != want {
			t.Errorf("%s is written %s", l.Name, l.Dir)
		}
	}
	Languages()[0].Code = "xx"
	if Languages()[0].Code != "en" {
		t.Error("a caller can change the languages of the house")
	}
}

func TestErrorsAreToldInTheReadersWords(t *testing.T) {
	_, tooLong := parlour.CleanBody(strings.Repeat("x", 4500))
	_, deceiving := parlour.CleanName("A\u202ena")
	for _, c := range []struct {
		lang string
		err  error
		want string
	}{
		{"en", parlour.ErrNameTaken, "Somebody in this room already has that name."},
		{"de", fmt.Errorf("joining: %w", parlour.ErrNameTaken), "In diesem Raum heißt schon jemand so."},
		{"en", tooLong, "The message is too long: 4500 characters, at most 4000 are possible."},
		{"es", tooLong, "El mensaje es demasiado largo: 4500 caracteres; el máximo es 4000."},
		{"en", deceiving, "The name has a character that cannot be seen or changes the direction of writing (U+202E)."},
		{"en", parlour.Errorf(parlour.Gone, "no.such.code", "x"), "That was here once and is not any more."},
		{"en", errors.New("dial tcp 10.0.0.7: secret"), "Something went wrong on our side. Please try again in a moment."},
		{"xx", parlour.ErrNameTaken, "Somebody in this room already has that name."},
	} {
		if got := ErrorText(c.lang, c.err); got != c.want {
			t.Errorf("%s: %v is told as %q, want %q", c.lang, c.err, got, c.want)
		}
	}
}

func TestWaitIsToldInWholeSecondsRoundedUp(t *testing.T) {
	for _, c := range []struct {
		lang string
		wait time.Duration
		want string
	}{
		{"en", 0, ""},
		{"en", 200 * time.Millisecond, "Try again in 1 second."},
		{"en", 1500 * time.Millisecond, "Try again in 2 seconds."},
		{"fr", time.Second, "Réessayez dans 1 seconde."},
		{"fr", 2 * time.Second, "Réessayez dans 2 secondes."},
		{"pt", 2 * time.Second, "Tente de novo em 2 segundos."},
		{"pl", time.Second, "Spróbuj ponownie za 1 sekundę."},
		{"pl", 4 * time.Second, "Spróbuj ponownie za 4 sekundy."},
		{"pl", 12 * time.Second, "Spróbuj ponownie za 12 sekund."},
		{"pl", 22 * time.Second, "Spróbuj ponownie za 22 sekundy."},
		{"pl", 25 * time.Second, "Spróbuj ponownie za 25 sekund."},
		{"ar", 2 * time.Second, "حاول مرة أخرى بعد ثانيتين."},
		{"ar", 7 * time.Second, "حاول مرة أخرى بعد 7 ثوانٍ."},
	} {
		err := parlour.Errorf(parlour.TooMany, "flood", "too fast")
		err.RetryAfter = c.wait
		if got := (Locale{Lang: c.lang}).waitText(fmt.Errorf("saying: %w", err)); got != c.want {
			t.Errorf("%s, %v: %q, want %q", c.lang, c.wait, got, c.want)
		}
	}
}

func TestPeopleAreEnumeratedAsTheLanguageDoes(t *testing.T) {
	for _, c := range []struct {
		lang  string
		named []string
		more  int
		want  string
	}{
		{"en", []string{"Ana"}, 0, "Ana"},
		{"en", []string{"Ana", "Bob"}, 0, "Ana and Bob"},
		{"en", []string{"Ana", "Bob", "Cleo"}, 0, "Ana, Bob and Cleo"},
		{"en", []string{"Ana", "Bob"}, 3, "Ana, Bob and 3 others"},
		{"en", []string{"Ana"}, 1, "Ana and 1 other"},
		{"de", []string{"Ana", "Bob"}, 1, "Ana, Bob und 1 weitere Person"},
		{"es", []string{"Ana", "Bob"}, 0, "Ana y Bob"},
		{"es", []string{"Ana", "Inés"}, 0, "Ana e Inés"},
		{"es", []string{"Ana", "Hilda"}, 0, "Ana e Hilda"},
		{"es", []string{"Ana", "Hierro"}, 0, "Ana y Hierro"},
		{"es", []string{"Ana", "I"}, 0, "Ana e I"},
		{"es", []string{"Ana", "Inés"}, 2, "Ana, Inés y 2 personas más"},
		{"fr", []string{"Ana", "Bob"}, 1, "Ana, Bob et 1 autre"},
		{"pt", []string{"Ana", "Bob"}, 2, "Ana, Bob e mais 2 pessoas"},
		{"pl", []string{"Ana", "Bob"}, 0, "Ana i Bob"},
		{"pl", []string{"Ana", "Bob"}, 3, "Ana, Bob i 3 inne osoby"},
		{"pl", []string{"Ana", "Bob"}, 5, "Ana, Bob i 5 innych osób"},
		{"ar", []string{"Ana", "Bob"}, 2, "Ana وBob وشخصان آخران"},
	} {
		got := strings.NewReplacer("<bdi>", "", "</bdi>", "").Replace(names(Locale{Lang: c.lang}, c.named, c.more))
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.lang, got, c.want)
		}
	}
}

func TestDaysAreNamedAsTheLanguageDoes(t *testing.T) {
	at := time.Date(2026, 8, 21, 15, 4, 0, 0, time.UTC)
	for lang, want := range map[string][2]string{
		"en": {"Friday, 21 August 2026, 15:04 UTC", "21 Aug 2026"},
		"de": {"Freitag, 21. August 2026, 15:04 UTC", "21.08.2026"},
		"es": {"viernes, 21 de agosto de 2026, 15:04 UTC", "21 ago. 2026"},
		"fr": {"vendredi 21 août 2026 à 15:04 UTC", "21 août 2026"},
		"pl": {"piątek, 21 sierpnia 2026, 15:04 UTC", "21 sie 2026"},
		"pt": {"sexta-feira, 21 de agosto de 2026, 15:04 UTC", "21 de ago. de 2026"},
		"ar": {"الجمعة، 21 أغسطس 2026، 15:04 UTC", "21\u200f/08\u200f/2026"},
		"zh": {"2026年8月21日星期五，15:04 UTC", "2026年8月21日"},
	} {
		got := string(appendStamp(nil, Locale{Lang: lang}, at))
		if !strings.Contains(got, `title="`+want[0]+`"`) || !strings.Contains(got, `>`+want[1]+` 15:04<`) {
			t.Errorf("%s: %s", lang, got)
		}
	}
}

func TestLongNumbersAreGroupedAsTheLanguageDoes(t *testing.T) {
	for lang, want := range map[string]string{
		"en": "12,345 others", "de": "12.345 weitere", "es": "12.345 personas más", "fr": "12\u202f345 autres",
		"pl": "12\u00a0345 innych osób", "pt": "mais 12.345 pessoas", "ar": "12٬345 شخصًا آخر", "zh": "另外 12,345 人",
	} {
		if got := (Locale{Lang: lang}).count("list.others", 12_345); got != want {
			t.Errorf("%s: %q, want %q", lang, got, want)
		}
		if got := (Locale{Lang: lang}).count("list.others", 2345); !strings.Contains(got, "2345") {
			t.Errorf("%s: %q, want four digits together", lang, got)
		}
	}
}

func TestLanguageLinksKeepThePlace(t *testing.T) {
	for url, want := range map[string]string{
		"/rooms/lobby":                "/rooms/lobby?lang=ar",
		"/rooms/lobby?before=3":       "/rooms/lobby?before=3&lang=ar",
		"/search?room=b&lang=de&q=a":  "/search?q=a&room=b&lang=ar",
		"/rooms/lobby?lang=de&lang=x": "/rooms/lobby?lang=ar",
		"/rooms/a%2Fb":                "/rooms/a%2Fb?lang=ar",
		"//evil.example/x":            "/evil.example/x?lang=ar",
		`/\evil.example`:              "/%5Cevil.example?lang=ar",
		"":                            "?lang=ar",
	} {
		if got := (Page{URL: url}).inLanguage() + "ar"; got != want {
			t.Errorf("%q in Arabic is at %q, want %q", url, got, want)
		}
	}
}

// These parts are written by hand.
func TestLanguageLinksAndPeopleLetNoMarkupThrough(t *testing.T) {
	p := pageIn("en")
	p.URL = `/search?q="><b>&amp;\'`
	for n := range parsed(t, tonguesOf(p)).Descendants() {
		if href, is := attribute(n, "href"); n.Data == "b" || is && !strings.HasPrefix(href, "/search?q=%22%3E%3Cb%3E") {
			t.Errorf("<%s> leads to %q", n.Data, href)
		}
	}
	for _, l := range []Locale{p.Locale, p.In("lobby")} {
		for n := range parsed(t, everybody(l, []Present{{Author: parlour.Author{ID: `"><b>`, Name: `"><b>&amp;`}, Away: true}})).Descendants() {
			if n.Data == "b" {
				t.Error("a name becomes markup")
			}
		}
	}
}
