package oximetry

import "pleth/internal/signal"

// RelativeMaximum is pobm's default for RelativeRules.MaxLength.
const RelativeMaximum = 90

const (
	relativeClose = 10 // least samples from the onset to the closing
	relativeFloor = 25 // an onset must be above it
)

// Onset is a candidate of pobm's relative detector: the sample of the first
// fall and the one that closes it. Indices into the series.
type Onset struct{ From, Close int }

// Dip is a desaturation as pobm reports it. Indices into the series; the
// samples of the dip are Begin to End, both included; Nadir is the first
// lowest one before End.
type Dip struct{ Begin, Nadir, End int }

// RelativeRules are the parameters of pobm's relative detector, after Jung
// 2018, in samples of 1 Hz. Definition: docs/definitions/odi-methods.md.
type RelativeRules struct {
	Threshold int // points, above 0
	MaxLength int // a candidate that takes longer to close is discarded
	MinLength int // a dip must be longer
	Merge     int // a dip that begins so soon after the last one's end joins it
}

// Onsets finds the candidates for a threshold in whole percents without gaps
// and appends them to dst, in order. It is linear in the length of x.
func Onsets(dst []Onset, x []uint8, threshold int) []Onset {
	n := len(x)
	for a := 1; a+relativeClose <= n; a++ {
		step := int(x[a]) - int(x[a-1])
		if step > -1 || step < -threshold || x[a] <= relativeFloor {
			continue
		}
		b, ended := descend(x, a, threshold)
		if ended {
			break
		}
		if b < 0 {
			continue
		}
		c := closing(x, a, b, threshold)
		if c == n {
			break
		}
		dst = append(dst, Onset{a, c})
		a = c
	}
	return dst
}

// descend follows the fall from onset a and returns the sample that is
// threshold below it, -1 if the signal rises before. ended reports that the
// series ran out.
func descend(x []uint8, a, threshold int) (b int, ended bool) {
	for b = a + 1; ; b++ {
		switch {
		case b >= len(x)-1:
			return b, true
		case x[b] > x[b-1]:
			return -1, false
		case int(x[a])-int(x[b]) >= threshold:
			return b, false
		}
	}
}

// closing returns the sample where the dip from onset a over b closes: within
// one point of the onset, or threshold above the lowest sample; len(x) if the
// series ran out.
func closing(x []uint8, a, b, threshold int) int {
	c := b + 1
	for ; c < len(x); c++ {
		back := int(x[a])-int(x[c]) <= 1 || int(x[c])-int(x[b]) >= threshold
		if back && c-a >= relativeClose {
			break
		}
		if x[b] >= x[c] {
			b = c
		}
	}
	return c
}

// Dips appends to dst the dips that the candidates of x make by r, in order of
// their begin, and returns how many candidates were short enough.
func (r RelativeRules) Dips(dst []Dip, x []uint8, candidates []Onset) (dips []Dip, kept int) {
	first := len(dst)
	last := -1 // end of the last candidate, before merging
	for _, o := range candidates {
		if o.Close-o.From > r.MaxLength {
			continue
		}
		end := r.end(x, o)
		if kept > 0 && o.From-last <= r.Merge {
			d := &dst[len(dst)-1]
			d.End = max(d.End, end)
		} else {
			dst = append(dst, Dip{Begin: o.From, End: end})
		}
		last = end
		kept++
	}
	out := dst[:first]
	for _, d := range dst[first:] {
		if d.End-d.Begin <= r.MinLength {
			continue
		}
		d.Nadir = Lowest(x, d.Begin, d.End)
		out = append(out, d)
	}
	return out, kept
}

// end returns the sample where the dip of o is within one point of its onset
// again, or where its time is up.
func (r RelativeRules) end(x []uint8, o Onset) int {
	stop := o.From + r.MaxLength
	for k := o.Close; k < min(stop, len(x)); k++ {
		if int(x[k]) >= int(x[o.From])-1 {
			return k
		}
	}
	if int(x[o.Close]) >= int(x[o.From])-1 {
		return o.Close
	}
	return min(stop, len(x)-1)
}

// Lowest returns the index of the first lowest of x[from:to]; to is above from.
func Lowest(x []uint8, from, to int) int {
	low := from
	for k := from + 1; k < to; k++ {
		if x[k] < x[low] {
			low = k
		}
	}
	return low
}

// pobmFalls runs pobm's relative detector with its defaults over a session
// rounded to whole percents, its missing seconds left out and the rest joined,
// as pobm is fed. All falls come out at the end.
type pobmFalls struct {
	threshold int
	next      int
	x         []uint8
	second    []int32 // of each sample
}

func newPobmFalls(points int) *pobmFalls { return &pobmFalls{threshold: points} }

func (p *pobmFalls) Add(v signal.Fixed, ok bool, seconds int, _ func(Fall)) {
	for range seconds {
		p.take(v, ok)
	}
}

func (p *pobmFalls) take(v signal.Fixed, ok bool) {
	if ok {
		p.x = append(p.x, uint8(v.Round()/signal.One))
		p.second = append(p.second, int32(p.next))
	}
	p.next++
}

func (p *pobmFalls) Flush(out func(Fall)) {
	rules := RelativeRules{Threshold: p.threshold, MaxLength: RelativeMaximum}
	dips, _ := rules.Dips(nil, p.x, Onsets(nil, p.x, p.threshold))
	for _, d := range dips {
		from := p.x[d.Begin]
		f := Fall{Start: int(p.second[d.Begin]), Nadir: int(p.second[d.Nadir]), End: int(p.second[d.End]),
			From: signal.Whole(int(from)), Low: signal.Whole(int(p.x[d.Nadir]))}
		for _, v := range p.x[d.Begin:d.End] {
			if v < from {
				f.Area += int64(signal.Whole(int(from - v)))
			}
		}
		out(f)
	}
}
