package pobm

import (
	"pleth/internal/signal"
	"pleth/internal/window"
)

// firstSamples is the length of the input "first3600".
const firstSamples = 3600

// Series returns the seconds of g that were measured, in order, rounded half
// to even to whole percent and limited to 0..100.
func Series(g *window.Grid) []uint8 {
	x := make([]uint8, 0, g.Len())
	for k, v := range g.V {
		if g.Ok(k) {
			x = append(x, uint8(min(max(v.Round()/signal.One, 0), 100)))
		}
	}
	return x
}

// Measure computes all blocks of a series of whole percents 0..100 at 1 Hz.
// What a series is too short for is NaN. It panics at a value above 100.
func Measure(x []uint8) *Result {
	var m measurer
	return &Result{
		DropNaN:   m.blocks(x),
		Median9:   m.blocks(median9(x)),
		First3600: m.blocks(x[:min(len(x), firstSamples)]),
	}
}

// measurer holds the memory that the inputs share.
type measurer struct {
	desats  desats
	spectra spectra
	complex complexities
}

func (m *measurer) blocks(x []uint8) *Blocks {
	d := newDistribution(x)
	b := &Blocks{
		General:       general(x, d, generalDefault),
		GeneralZC90M1: general(x, d, generalZC90M1),
		PRSA:          prsa(x),
		PSD:           m.spectra.psd(x),
		Complexity:    m.complex.block(x, d),
		Desat:         make(map[string]*Desat, len(desatSettings)),
	}
	sums := make(map[string]eventSums, len(desatSettings))
	m.desats.scan(x)
	for i := range desatSettings {
		s := &desatSettings[i]
		b.Desat[s.name], sums[s.name] = m.desats.measure(x, d, s)
	}
	b.Burden = burdens(d, sums)
	return b
}

// median9 returns the median of each sample and its four neighbours on either
// side; beyond the ends of the series stand zeros.
func median9(x []uint8) []uint8 {
	const reach = 4
	var count [levels]int
	count[0] = 2*reach + 1
	mid, lower := 0, 0 // the median, and how many of the nine are below it
	replace := func(old, v uint8) {
		count[old]--
		count[v]++
		if int(old) < mid {
			lower--
		}
		if int(v) < mid {
			lower++
		}
		for lower > reach {
			mid--
			lower -= count[mid]
		}
		for lower+count[mid] <= reach {
			lower += count[mid]
			mid++
		}
	}
	at := func(k int) uint8 {
		if k < 0 || k >= len(x) {
			return 0
		}
		return x[k]
	}
	for k := range reach {
		replace(0, at(k))
	}
	y := make([]uint8, len(x))
	for k := range y {
		replace(at(k-reach-1), at(k+reach))
		y[k] = uint8(mid)
	}
	return y
}
