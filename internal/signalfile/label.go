package signalfile

import (
	"slices"
	"strings"
	"unicode/utf8"

	"pleth"
)

// Label is what a signal file says about one of its channels.
type Label struct {
	Name string  // "SpO2.1s", decoded by Text
	Unit string  // "%", "bpm", empty if not stated
	Rate float64 // samples per second, 0 if unknown
}

// waveRate is the number of samples per second above which a channel called
// "Pulse" without a unit is a waveform: pulse rates are stored at most at 10 Hz.
const waveRate = 10

// Metric returns the metric that the channel carries: SpO2, pre- or
// post-ductal SpO2, PulseRate or HeartRate, and false for everything else.
// Waveforms, tissue oximetry, gases, status and quality channels are
// everything else, whatever words stand beside. Names met in the wild:
// docs/formats/edf.md.
func (l Label) Metric() (pleth.Metric, bool) {
	words := split(l.Name)
	if slices.ContainsFunc(words, isOther) {
		return 0, false
	}
	oximetry := isOximetry(strings.Join(words, ""))
	saturation := oximetry || slices.ContainsFunc(words, isSaturation) || isSat(words)
	rate := rateMetric(words)
	unit := l.unit()
	if saturation && rate != 0 {
		// "SpO2 PR" is the oximeter's pulse, "Pulse Oximetry" its saturation.
		if unit == percent || unit == unstated && oximetry {
			rate = 0
		} else {
			saturation = false
		}
	}
	switch {
	case saturation && (unit == percent || unit == unstated || unit == unknown):
		return site(words), true
	case rate != 0 && (unit == perMinute || (unit == unstated || unit == unknown) && l.Rate <= waveRate):
		return rate, true
	}
	return 0, false
}

// kinds of unit.
const (
	unstated = iota
	percent
	perMinute
	physical // of another quantity: volts, pressure, frequency, ...
	unknown
)

func (l Label) unit() int {
	u := strings.ToLower(strings.TrimSpace(l.Unit))
	switch {
	case u == "":
		return unstated
	case strings.Contains(u, "%") || u == "percent" || u == "pct" || u == "prozent":
		return percent
	case strings.Contains(u, "bpm") || strings.Contains(u, "min") || u == "p/m" || u == "/m":
		return perMinute
	case slices.Contains(otherUnits, u):
		return physical
	}
	return unknown
}

var otherUnits = []string{"v", "mv", "uv", "µv", "nv", "volt", "volts", "mmhg", "kpa", "pa", "hz", "khz", "s", "sec", "ms", "ohm", "l/s", "mv/s", "degc", "c", "cmh2o"}

// isOther reports whether a word says that a channel is something else than a
// saturation or a rate.
func isOther(w string) bool {
	for _, part := range [...]string{"pleth", "ppg", "wave", "qual", "perf", "stat", "event", "alarm", "ampl", "transit", "pressure",
		"volume", "width", "cereb", "tissue", "nirs", "somat", "muscle", "venous", "transcut", "desat"} {
		if strings.Contains(w, part) {
			return true
		}
	}
	switch w {
	case "wv", "wf", "sqi", "qi", "pi", "pvi", "ptt", "pwa", "amp", "index", "flag", "art", "abp", "nibp",
		"rso2", "sto2", "scto2", "smo2", "svo2", "scvo2", "tco2", "tcpo2", "ptco2", "fio2", "toi", "odi":
		return true
	}
	return false
}

// isSaturation reports whether a word names oxygen saturation by itself.
func isSaturation(w string) bool {
	switch w {
	case "spo2", "sao2", "osat", "o2sat", "sato2", "oxsat":
		return true
	}
	for _, start := range [...]string{"saturat", "saturac", "saturaz"} {
		if strings.HasPrefix(w, start) {
			return true
		}
	}
	return strings.HasSuffix(w, "sattigung") || strings.HasSuffix(w, "saettigung")
}

// isOximetry reports whether s, a word or a whole label, names an oximeter.
func isOximetry(s string) bool {
	for _, part := range [...]string{"oximet", "oxymet", "pulseox", "pulsox"} {
		if strings.Contains(s, part) {
			return true
		}
	}
	return false
}

// isSat reports whether the label is "Sat" with nothing but oxygen, numbers
// and ways of averaging beside it.
func isSat(words []string) bool {
	return slices.Contains(words, "sat") && !slices.ContainsFunc(words, func(w string) bool {
		switch w {
		case "sat", "o2", "ox", "oxy", "oxygen", "avg", "mean":
			return false
		}
		return w[0] < '0' || w[0] > '9'
	})
}

// rateMetric returns PulseRate or HeartRate if words name one, else 0.
func rateMetric(words []string) pleth.Metric {
	if j := strings.Join(words, ""); j == "hr" || j == "fc" || j == "dhr" {
		return pleth.HeartRate // "H.R."
	} else if j == "pr" {
		return pleth.PulseRate
	}
	cardiac, frequency := false, false
	for _, w := range words {
		switch w {
		case "hr", "hrate", "heartrate", "hartslag", "hartfrequentie", "herzfrequenz":
			return pleth.HeartRate
		case "pr", "prate", "pols", "pouls", "polso", "nabiz", "tetno":
			return pleth.PulseRate
		}
		if strings.HasPrefix(w, "puls") {
			return pleth.PulseRate
		}
		cardiac = cardiac || w == "heart" || strings.HasPrefix(w, "cardia")
		frequency = frequency || w == "rate" || strings.HasPrefix(w, "frec") || strings.HasPrefix(w, "freq")
	}
	if cardiac && frequency {
		return pleth.HeartRate
	}
	return 0
}

// site returns the metric of a saturation by the place of the sensor.
func site(words []string) pleth.Metric {
	switch {
	case slices.Contains(words, "preductal"), slices.Contains(words, "pre"):
		return pleth.SpO2PreDuctal
	case slices.Contains(words, "postductal"), slices.Contains(words, "post"):
		return pleth.SpO2PostDuctal
	}
	return pleth.SpO2
}

// split returns the words of a label in lower case without accents: runs of
// letters and digits. What follows SpO2 without a blank is a word of its own,
// and a zero written for its letter O is mended.
func split(label string) []string {
	var b strings.Builder
	for _, r := range strings.ToLower(label) {
		b.WriteRune(fold(r))
	}
	var words []string
	for w := range strings.FieldsFuncSeq(b.String(), func(r rune) bool { return (r < 'a' || r > 'z') && (r < '0' || r > '9') }) {
		for _, start := range [...]string{"spo2", "sp02", "sao2", "sa02"} {
			if rest, ok := strings.CutPrefix(w, start); ok {
				words, w = append(words, start[:2]+"o2"), rest
			}
		}
		if w != "" {
			words = append(words, w)
		}
	}
	return words
}

// folded gives the plain letter for each accented one in accented; ı and, as
// it looks when Turkish Latin-5 is read as Latin-1, ý are i.
const (
	accented = "äàáâãåçèéêëęìíîïıýñòóôõöøşśùúûüłț₂"
	folded   = "aaaaaaceeeeeiiiiiinoooooossuuuult2"
)

func fold(r rune) rune {
	if r < utf8.RuneSelf {
		return r
	}
	i := 0
	for _, a := range accented {
		if a == r {
			return rune(folded[i])
		}
		i++
	}
	return ' '
}

// Text decodes a field of a header: UTF-8 if it is, else Latin-1. Blanks and
// zero bytes around it are cut off; control characters become blanks.
func Text(b []byte) string {
	var s strings.Builder
	if utf8.Valid(b) {
		s.Write(b)
	} else {
		for _, c := range b {
			s.WriteRune(rune(c))
		}
	}
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, s.String()))
}
