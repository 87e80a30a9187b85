package simulate

// State is a state of sleep.
type State uint8

// The states: awake, quiet (non-REM) and active (REM) sleep.
const (
	Awake State = iota
	QuietSleep
	ActiveSleep
)

var stateNames = [...]string{"awake", "quiet", "active"}

// String returns the name of s as the truth has it.
func (s State) String() string { return stateNames[s] }

// stretch is a time in one state, in seconds since the start of the night.
type stretch struct {
	state    State
	from, to int
}

// sleep returns the states of a night of some seconds: awake at first, then
// quiet and active sleep by turns, with waking in between.
func sleep(r *random, body *physiology, seconds int) []stretch {
	var all []stretch
	end := 0
	add := func(s State, length int64) {
		if end >= seconds {
			return
		}
		to := min(seconds, end+int(length))
		all = append(all, stretch{s, end, to})
		end = to
	}
	add(Awake, r.within(body.wake))
	for end < seconds {
		add(QuietSleep, r.within(body.quiet))
		if r.chance(body.wakes) {
			add(Awake, r.within(body.wake))
		}
		add(ActiveSleep, r.within(body.active))
		if r.chance(body.wakes) {
			add(Awake, r.within(body.wake))
		}
	}
	return all
}

// states looks up the state at times that do not go back.
type states struct {
	all []stretch
	i   int
}

func (s *states) at(second int) State {
	for s.i+1 < len(s.all) && second >= s.all[s.i].to {
		s.i++
	}
	return s.all[s.i].state
}
