package pobm

// burdenEvents are the desaturation settings that burden blocks are made of.
var burdenEvents = [...]string{"odi3_relative_default", "odi4_relative", "hard90"}

// burdenSettings are the limits of burden blocks; a base of 0 is the mean.
var burdenSettings = [...]struct {
	suffix string
	limit  int // of CT, %
	base   int // of CA, %
}{
	{"_ct90_ca_mean", 90, 0}, {"_ct88_ca_mean", 88, 0}, {"_ct85_ca_mean", 85, 0}, {"_ct80_ca_mean", 80, 0}, {"_ct90_ca90", 90, 90},
}

// burdens returns the burden blocks of all settings.
func burdens(d *distribution, sums map[string]eventSums) map[string]Block[Burden] {
	all := make(map[string]Block[Burden], len(burdenEvents)*len(burdenSettings))
	for _, s := range burdenSettings {
		base, param := d.mean, any(nil)
		if s.base != 0 {
			base, param = float64(s.base), s.base
		}
		area, below := 0.0, 0
		for v, c := range d.count {
			if f := float64(v); f < base {
				area += float64(c) * (base - f)
			}
			if v <= s.limit {
				below += c
			}
		}
		n := float64(d.n)
		for _, name := range burdenEvents {
			e := sums[name]
			all[name+s.suffix] = Block[Burden]{Params{"CT_Threshold": s.limit, "CA_Baseline": param}, Burden{
				CA: Number(area / n), CT: Number(d.share(below)), POD: Number(float64(e.length) / n),
				AODmax: Number(float64(e.areaMax) / n), AOD100: Number(float64(e.area100) / n)}}
		}
	}
	return all
}
