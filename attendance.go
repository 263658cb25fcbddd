package parlour

import "slices"

// Attendance merges comings and goings into what a line already tells, so that
// a run of them stays one line. Whoever came and went within the line is not
// told at all. It answers the line's kind and event; when nothing is left to
// tell, the kind is empty.
func Attendance(told *Event, joined, left []string) (MessageKind, *Event) {
	var e Event
	if told != nil {
		e = Event{
			Joined: slices.Clone(told.Joined), MoreJoined: told.MoreJoined,
			Left: slices.Clone(told.Left), MoreLeft: told.MoreLeft,
		}
	}
	for _, name := range joined {
		if i := slices.Index(e.Left, name); i >= 0 {
			e.Left = slices.Delete(e.Left, i, i+1)
			continue
		}
		add(&e.Joined, &e.MoreJoined, name)
	}
	for _, name := range left {
		if i := slices.Index(e.Joined, name); i >= 0 {
			e.Joined = slices.Delete(e.Joined, i, i+1)
			continue
		}
		add(&e.Left, &e.MoreLeft, name)
	}
	switch {
	case len(e.Joined)+e.MoreJoined > 0:
		return KindJoin, &e
	case len(e.Left)+e.MoreLeft > 0:
		return KindLeave, &e
	default:
		return "", nil
	}
}

func add(names *[]string, more *int, name string) {
	if len(*names) < EventNames {
		*names = append(*names, name)
	} else {
		*more++
	}
}
