package wire

import "errors"

// Answer reads the answers that come one after another on a connection, to
// requests other than HEAD. The zero value is ready for the first one.
type Answer struct {
	Head Head
	Size int64 // bytes of the body so far

	rest   []byte
	inBody bool
	chunks chunks
	left   int64
}

// Feed takes the next bytes of the connection and tells whether the answer is
// complete. Bytes behind a complete answer are an error: nothing was asked for
// them. p is used as scratch space. body, when not nil, is given the body's bytes.
func (a *Answer) Feed(p []byte, body func([]byte)) (done bool, err error) {
	if !a.inBody {
		if len(a.rest) > 0 {
			a.rest = append(a.rest, p...)
			p = a.rest
		}
		head, behind, err := ParseHead(p)
		if err != nil {
			return false, err
		}
		if behind == nil {
			a.rest = append(a.rest[:0:0], p...)
			return false, nil
		}
		if head.Status < 200 { // an interim answer: the real one follows
			a.rest = nil
			if len(behind) == 0 {
				return false, nil
			}
			return a.Feed(behind, body)
		}
		*a = Answer{Head: head, inBody: true, left: head.Length}
		p = behind
	}
	return a.body(p, body)
}

func (a *Answer) body(p []byte, body func([]byte)) (done bool, err error) {
	var more []byte
	switch {
	case a.Head.Chunked:
		if p, more, err = a.chunks.strip(p); err != nil {
			return false, err
		}
		done = a.chunks.at == ended
	case a.left >= 0:
		n := min(a.left, int64(len(p)))
		p, more = p[:n], p[n:]
		a.left -= n
		done = a.left == 0
	}
	a.Size += int64(len(p))
	if body != nil && len(p) > 0 {
		body(p)
	}
	if done && len(more) > 0 {
		return true, errors.New("bytes follow an answer although nothing more was asked")
	}
	if done {
		a.inBody, a.chunks = false, chunks{}
	}
	return done, nil
}

// UntilClose tells whether the answer ends only with the connection.
func (a *Answer) UntilClose() bool { return a.inBody && !a.Head.Chunked && a.Head.Length < 0 }
