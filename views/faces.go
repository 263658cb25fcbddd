package views

import (
	"hash/fnv"
	"strconv"

	"github.com/rivo/uniseg"
)

// hues is how many colours names come in: the classes hue-0 to hue-11.
const hues = 12

// hue is the colour of a person's name, the same in every room and for ever.
func hue(id string) string {
	h := fnv.New32a()
	h.Write([]byte(id))
	return "hue-" + strconv.Itoa(int(h.Sum32()%hues))
}

// initial is the first character of a name as people count characters, so that
// "Émile" spelt with a combining accent and "👩‍🚀 Ann" keep theirs whole.
func initial(name string) string {
	first, _, _, _ := uniseg.FirstGraphemeClusterInString(name, -1)
	return first
}
