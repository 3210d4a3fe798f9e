package automaton

import "slices"

// dead is the state that no text leaves; start is where every text begins.
const (
	dead  = 0
	start = 1
)

// table is a deterministic automaton whose states are all reached and, but for dead,
// all lead to an accepted text. The zero table is the empty set.
type table struct {
	bounds []rune      // class i holds the code points from bounds[i] to before bounds[i+1]
	ascii  [128]uint16 // the class of each ASCII character
	next   []int32     // by state and class
	accept []bool      // by state
}

func (t *table) empty() bool { return len(t.accept) == 0 }

// first is the state before any text.
func (t *table) first() int32 {
	if t.empty() {
		return dead
	}
	return start
}

// match reports whether s is accepted.
func (t *table) match(s string) bool {
	state := t.walk(s)
	return state != dead && t.accept[state]
}

// walk is the state after s.
func (t *table) walk(s string) int32 {
	state, width := t.first(), len(t.bounds)
	for _, r := range s {
		if state == dead {
			return dead
		}
		state = t.next[int(state)*width+t.class(r)]
	}
	return state
}

// class finds the column of r.
func (t *table) class(r rune) int {
	if r >= 0 && r < rune(len(t.ascii)) {
		return int(t.ascii[r])
	}
	i, found := slices.BinarySearch(t.bounds, r)
	if found {
		return i
	}
	return i - 1
}

// fillASCII looks up the classes of ASCII once.
func (t *table) fillASCII() {
	class := 0
	for r := range t.ascii {
		for class+1 < len(t.bounds) && t.bounds[class+1] <= rune(r) {
			class++
		}
		t.ascii[r] = uint16(class)
	}
}

// grow adds a state that leads nowhere yet.
func (t *table) grow() int32 {
	t.accept = append(t.accept, false)
	t.next = append(t.next, make([]int32, len(t.bounds))...)
	return int32(len(t.accept) - 1)
}

// totalFrom reports whether from a state on every text is accepted.
func (t *table) totalFrom(state int32) bool {
	if state == dead {
		return false
	}
	width := len(t.bounds)
	todo, seen := []int32{state}, map[int32]bool{state: true}
	for len(todo) > 0 {
		s := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if !t.accept[s] {
			return false
		}
		for _, to := range t.next[int(s)*width : (int(s)+1)*width] {
			if to == dead {
				return false
			}
			if !seen[to] {
				seen[to] = true
				todo = append(todo, to)
			}
		}
	}
	return true
}

// seal drops the states from which no text is accepted any more. What is left of an
// empty set is the zero table.
func (t *table) seal() table {
	live := t.live()
	if !live[start] {
		return table{}
	}
	width := len(t.bounds)
	out := table{bounds: t.bounds}
	renamed := make([]int32, len(t.accept))
	out.grow()
	for state := start; state < len(live); state++ {
		if live[state] {
			renamed[state] = out.grow()
			out.accept[renamed[state]] = t.accept[state]
		}
	}
	for state, to := range renamed {
		if to == dead {
			continue
		}
		for c, target := range t.next[state*width : (state+1)*width] {
			out.next[int(to)*width+c] = renamed[target]
		}
	}
	out.fillASCII()
	return out
}

// live finds the states from which an accepting one can be reached.
func (t *table) live() []bool {
	back := make([][]int32, len(t.accept))
	for i, to := range t.next {
		from := int32(i / len(t.bounds))
		if b := back[to]; from != dead && to != dead && (len(b) == 0 || b[len(b)-1] != from) {
			back[to] = append(b, from)
		}
	}
	live := slices.Clone(t.accept)
	var todo []int32
	for state, yes := range t.accept {
		if yes {
			todo = append(todo, int32(state))
		}
	}
	for len(todo) > 0 {
		state := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, from := range back[state] {
			if !live[from] {
				live[from] = true
				todo = append(todo, from)
			}
		}
	}
	return live
}
