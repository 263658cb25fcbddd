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
	joined, left = balance(joined, left)
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

// balance takes out who is in both lists, as often as they are: they would use
// up names in the line that others could have.
func balance(joined, left []string) (came, went []string) {
	if len(joined) == 0 || len(left) == 0 {
		return joined, left
	}
	more := make(map[string]int, len(joined)) // how much oftener each came than went
	for _, name := range joined {
		more[name]++
	}
	for _, name := range left {
		more[name]--
	}
	for _, name := range joined {
		if more[name] > 0 {
			came = append(came, name)
			more[name]--
		}
	}
	for _, name := range left {
		if more[name] < 0 {
			went = append(went, name)
			more[name]++
		}
	}
	return came, went
}
