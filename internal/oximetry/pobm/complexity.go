package pobm

import (
	"math"

	"pleth/internal/oximetry"
)

// The numbers of the complexity block. The tolerances are below the step of
// the series, so that they ask for equal samples.
const (
	ctmRadius    = 0.25
	dfaWindow    = 20
	sampEnOrder  = 3
	sampEnRadius = 0.2
	apEnOrder    = 2
	apEnRadius   = 0.25
)

// complexities computes the complexity blocks; it keeps its memory.
type complexities struct {
	templates oximetry.Templates
	phrases   [][4]uint32 // of a phrase, the phrase that each next symbol leads to, 0 if new
}

func (c *complexities) block(x []uint8, d *distribution) ComplexityBlock {
	b := ComplexityBlock{
		Params: Params{"CTM_Threshold": ctmRadius, "DFA_Window": dfaWindow, "M_Sampen": sampEnOrder, "R_Sampen": sampEnRadius,
			"M_ApEn": apEnOrder, "R_ApEn": apEnRadius},
		EntropyBy: "equivalent exact counting",
	}
	// The symbol of a value is the number of limits that it exceeds.
	var two, four [levels]uint8
	for i, q := range [...]float64{d.quantile(0.25), d.quantile(0.5), d.quantile(0.75)} {
		for v := range levels {
			if float64(v) > q {
				four[v]++
				if i == 1 {
					two[v]++
				}
			}
		}
	}
	v := &b.Values
	v.LZ, v.LZ4 = c.lz78(x, &two), c.lz78(x, &four)
	v.CTM = Number(ctm(x))
	v.DFA = Number(math.Sqrt(dfa(x)))
	apen, sampen, richman := c.entropies(x)
	v.ApEn, v.SampEn, b.RichmanMoorman = Number(apen), Number(sampen), Number(richman)
	return b
}

// lz78 counts the phrases of the symbols of x after Lempel and Ziv 1978: each
// is the shortest that is new. The last one counts only if it is.
func (c *complexities) lz78(x []uint8, symbol *[levels]uint8) int {
	c.phrases = append(c.phrases[:0], [4]uint32{})
	at := uint32(0)
	for _, v := range x {
		next := c.phrases[at][symbol[v]]
		if next == 0 {
			c.phrases[at][symbol[v]] = uint32(len(c.phrases))
			c.phrases = append(c.phrases, [4]uint32{})
		}
		at = next
	}
	return len(c.phrases) - 1
}

// ctm returns the share of three equal samples in a row; NaN below three.
func ctm(x []uint8) float64 {
	if len(x) < 3 {
		return math.NaN()
	}
	n := 0
	for i := range len(x) - 2 {
		if x[i] == x[i+1] && x[i+1] == x[i+2] {
			n++
		}
	}
	return float64(n) / float64(len(x)-2)
}

// dfa returns the mean square distance of the integral of x from straight
// lines fitted to windows of dfaWindow samples; NaN below two samples. The
// integral is by trapezoids and has a value less than x; the last window may be
// shorter. A straight line takes the mean of x out, so it is never subtracted,
// and the sums stay in integers.
func dfa(x []uint8) float64 {
	points := len(x) - 1
	if points < 1 {
		return math.NaN()
	}
	const whole = dfaWindow * dfaWindow * dfaWindow * (dfaWindow*dfaWindow - 1) / 12
	sum, rest := 0, 0.0 // of squares: of whole windows times 4*whole, of the last one
	for from := 1; from <= points; from += dfaWindow {
		squares, unit := residual(x[from-1 : min(from+dfaWindow, len(x))])
		if unit == whole {
			sum += squares
		} else if unit > 0 {
			rest = float64(squares) / float64(unit)
		}
	}
	return (float64(sum)/whole + rest) / 4 / float64(points)
}

// residual integrates the samples of one window, of which the first belongs to
// the one before, and returns the sum of squares that a fitted line leaves:
// squares/unit, four times too much. The unit is 0 for a single point.
func residual(x []uint8) (squares, unit int) {
	n := len(x) - 1
	y, sy, syy, sty := 0, 0, 0, 0
	slant := 2 * int(x[0]) // any slope does; this one keeps the numbers small
	for t := range n {
		y += int(x[t]) + int(x[t+1]) - slant
		sy += y
		syy += y * y
		sty += t * y
	}
	st, stt := n*(n-1)/2, n*(n-1)*(2*n-1)/6
	a, b, c := n*syy-sy*sy, n*sty-st*sy, n*stt-st*st
	return a*c - b*b, c * n
}

// entropies returns the approximate entropy, pobm's sample entropy and that of
// Richman and Moorman; NaN or infinite where a series has too few templates.
func (c *complexities) entropies(x []uint8) (apen, sampen, richman float64) {
	const m = apEnOrder // sampEnOrder is m + 1
	n := len(x)
	if n < m+2 {
		nan := math.NaN()
		return nan, nan, nan
	}
	t := &c.templates
	t.Count(x, m, n-m+1)
	apen = t.Phi()
	t.Count(x, m+1, n-m)
	apen -= t.Phi()
	// Each of the first n-m-1 templates is compared with all n-m by pobm, with
	// one another by Richman and Moorman.
	pairs, last := t.Pairs(), int64(t.Last()-1)
	t.Count(x, m+2, n-m-1)
	longer := float64(t.Pairs())
	return apen, -math.Log(longer / float64(pairs-last)), -math.Log(longer / float64(pairs-2*last))
}
