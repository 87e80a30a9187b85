package bedside_test

import (
	"fmt"
	"strings"
)

// t0 is the first instant of the testcases, 2022-04-28T05:49:12Z in ns.
const t0 = 1651124952000000000

// step is that of numerics, 1.024 s in ns.
const step = 1024000000

// met returns a line with a numeric: bed, measure, step of the time, value.
func met(bed any, name string, n int, value string) string {
	unit := "MDC_DIM_DIMLESS"
	switch {
	case strings.Contains(name, "SAT_O2"):
		unit = "MDC_DIM_PERCENT"
	case strings.Contains(name, "RATE"):
		unit = "MDC_DIM_BEAT_PER_MIN"
	}
	at := int64(t0) + int64(n)*step
	return fmt.Sprintf(`{"srcid": 2, "devid": %v, "systime": %d, "type": "met", "mname": %q, "mtime": %d, "uom": %q, "freq": 0.9765625, "val": %q}`,
		bed, at+1500000000, name, at, unit, value)
}

func wav(bed any, n int) string {
	at := int64(t0) + int64(n)*step
	return fmt.Sprintf(`{"srcid": 2, "devid": %v, "systime": %d, "type": "wav", "mname": "MDC_PULS_OXIM_PLETH", "mtime": %d, "uom": "MDC_DIM_DIMLESS", "freq": 125, "val": "1^2^3", "srcmeta": {"scale_m": 0.5, "scale_b": -1}}`,
		bed, at, at)
}

// Names of measures.
const (
	sat      = "MDC_PULS_OXIM_SAT_O2"
	satPre   = "NOM_PULS_OXIM_SAT_O2_PRE_DUCTAL"
	satPost  = "NOM_PULS_OXIM_SAT_O2_POST_DUCTAL"
	perf     = "MDC_PULS_OXIM_PERF_REL"
	perfPre  = "NOM_PULS_OXIM_PERF_REL_PRE_DUCTAL"
	perfPost = "NOM_PULS_OXIM_PERF_REL_POST_DUCTAL"
	pulse    = "MDC_PLETH_PULS_RATE"
	heart    = "MDC_ECG_CARD_BEAT_RATE"
	resp     = "MDC_RESP_RATE"
)

// made are the inputs of the testcases.
func made() map[string][]byte {
	lines := func(l ...string) []byte { return []byte(strings.Join(l, "\n") + "\n") }
	several := lines(
		met(97, sat, 0, "94"), met(97, perf, 0, "0.41"), wav(110, 0), met(97, pulse, 0, "147"), met(97, "MDC_PULS_RATE", 0, "99"),
		met(77, satPre, 0, "77"), met(77, perfPre, 0, "1.3"), met(77, pulse, 0, "160"),
		met(77, sat, 0, "80"), met(77, perf, 0, "1.2"), met(77, pulse, 0, "158"), met(77, heart, 0, "159"),
		met(97, sat, 2, "93"), met(97, resp, 2, "40"),
		met(97, sat, 1, "92.5"), // steps back
		met(97, sat, 1, "92.5"), // again
		met(97, sat, 2, "91"),   // again, with other content
		met(77, sat, 1, "81"), met(77, satPre, 1, "76"), met(77, pulse, 1, "161"),
		met(`"ICU-3"`, satPost, 0, "96"), met(`"ICU-3"`, perfPost, 0, "2.7"), met(`"ICU-3"`, pulse, 1, "109"), met(`"ICU-3"`, satPost, 1, "97"),
		"",
		wav(97, 3),
	)
	marks := lines(met(1, sat, 0, "-100"), met(1, sat, 1, "8388607"), met(1, sat, 2, ""), met(1, sat, 3, "0"), met(1, sat, 4, "97^98"), met(1, sat, 5, "98"),
		strings.Replace(met(1, sat, 6, "97"), `"97"`, "97", 1), strings.Replace(met(1, sat, 7, "97"), `"97"`, "null", 1),
		met(1, pulse, 0, "0"), met(1, perf, 0, "0"))
	whole := string(lines(met(1, sat, 0, "97"), met(1, sat, 1, "96"), met(1, sat, 2, "95")))
	return map[string][]byte{
		"several-beds/input.jsonl":      several,
		"marks-for-missing/input.jsonl": marks,
		"cut-in-a-line/input.jsonl":     []byte(whole[:len(whole)-4]),
		"no-last-line-end/input.jsonl":  []byte(whole[:len(whole)-1]),
		"bad-lines/input.jsonl": lines(met(1, sat, 0, "97"), "not JSON", "{}", `{"devid": 1}`, "[1, 2]", met(1, sat, 1, "96"),
			strings.Replace(met(1, sat, 2, "95"), `"mtime": `, `"mtime": -`, 1), strings.Replace(met(1, sat, 3, "95"), "1651124955", "9951124955", 1), met(1, sat, 5, "94")),
		"unit-and-pulse-unplaced/input.jsonl": lines(met(5, pulse, 0, "140"), met(5, satPre, 0, "97"), met(5, satPost, 0, "95"),
			strings.Replace(met(5, sat, 0, "0.97"), "MDC_DIM_PERCENT", "MDC_DIM_DIMLESS", 1)),
		"rate-changes/input.jsonl":          lines(met(1, sat, 0, "97"), strings.Replace(met(1, sat, 5, "96"), "0.9765625", "0", 1)),
		"keys-in-other-order/input.jsonl":   lines(`{"val":"97","freq":1,"uom":"MDC_DIM_PERCENT","mtime":1651124952000000000,"mname":"MDC_PULS_OXIM_SAT_O2","type":"met","devid":"B","more":{"a":[1,{}]}}`),
		"no-saturation/input.jsonl":         lines(met(1, resp, 0, "28"), met(1, heart, 0, "150"), wav(1, 0)),
		"waveforms-only/input.jsonl":        lines(wav(1, 0), wav(1, 1)),
		"cut-in-the-first-line/input.jsonl": []byte(whole[:90]),
	}
}
