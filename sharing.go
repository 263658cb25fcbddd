package parlour

import lru "github.com/hashicorp/golang-lru/v2"

// Spent is what a node has counted against a limit of the house. Every node counts
// what all of them let pass, a moment later; those that hear nothing of the others
// count alone.
type Spent struct {
	Key   string `json:"k"`           // a letter that names the limit, and whose it is
	Times int    `json:"n,omitempty"` // below 0: it was given back
	Said  Said   `json:"s,omitzero"`  // what the person said just now
}

// Said is what somebody said last in any room.
type Said struct {
	Room int64  `json:"r"`
	Key  string `json:"k,omitempty"` // NewMessage.Key
	Body string `json:"b"`           // a digest
}

// tell tells other nodes what was counted.
func (f *flood) tell(times int, keys ...string) {
	if f.share == nil {
		return
	}
	for _, key := range keys {
		f.share(Spent{Key: key, Times: times})
	}
}

// Count counts what other nodes have let pass. It never refuses: what several
// let pass at the same moment is a debt that whoever spent it has to wait for.
func (h *House) Count(spent []Spent) {
	now := h.now()
	for _, s := range spent {
		if s.Key == "" {
			continue
		}
		switch s.Key[0] {
		case usedKey:
			h.used.heed(s.Key)
		case 't', 'o':
			if h.attempts != nil {
				h.attempts.counted.heed(s, now)
			}
		default:
			if _, isKnown := limits[s.Key[0]]; isKnown && h.flood != nil {
				h.flood.heed(s, now)
			}
		}
	}
}

// usedOnce is what may be used only once, and was.
type usedOnce struct {
	share func(Spent)
	known *lru.Cache[string, struct{}]
}

const (
	usedKey = 'f'
	// usedKept is how many are remembered: more than pass all doors of a large
	// house while the token of one of them lasts.
	usedKept = 100_000
)

func newUsedOnce(share func(Spent)) *usedOnce {
	known, err := lru.New[string, struct{}](usedKept)
	if err != nil {
		panic(err) // the size above is positive
	}
	return &usedOnce{share: share, known: known}
}

func (u *usedOnce) heed(key string) { u.known.Add(key, struct{}{}) }

// UseOnce tells whether a token of a form is used for the first time, on any
// node, and notes that it is.
func (h *House) UseOnce(token string) bool {
	key := string(usedKey) + digest(token)
	if isUsed, _ := h.used.known.ContainsOrAdd(key, struct{}{}); isUsed {
		return false
	}
	if h.used.share != nil {
		h.used.share(Spent{Key: key, Times: 1})
	}
	return true
}
