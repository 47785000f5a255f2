package world

import "slices"

// A roster lists a fleet's game sessions in order of creation. Those that
// leave memory leave a hole; a roster that is mostly holes closes them.
type roster struct {
	sessions []*session
	serials  []uint64
	holes    int
}

func (r *roster) add(s *session) {
	r.sessions = append(r.sessions, s)
	r.serials = append(r.serials, s.Serial)
}

func (r *roster) remove(s *session) {
	i, ok := slices.BinarySearch(r.serials, s.Serial)
	if !ok {
		return
	}
	r.sessions[i] = nil
	if r.holes++; r.holes > 32 && r.holes > len(r.sessions)/2 {
		r.close()
	}
}

func (r *roster) close() {
	n := 0
	for i, s := range r.sessions {
		if s != nil {
			r.sessions[n], r.serials[n] = s, r.serials[i]
			n++
		}
	}
	clear(r.sessions[n:])
	r.sessions, r.serials, r.holes = slices.Clip(r.sessions[:n]), slices.Clip(r.serials[:n]), 0
}

// after calls visit with the sessions created after the given serial, until
// it returns false.
func (r *roster) after(serial uint64, visit func(*session) bool) {
	i, ok := slices.BinarySearch(r.serials, serial)
	if ok {
		i++
	}
	for ; i < len(r.sessions); i++ {
		if s := r.sessions[i]; s != nil && !visit(s) {
			return
		}
	}
}
