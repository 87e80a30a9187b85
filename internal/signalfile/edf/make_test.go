package edf_test

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// file is an EDF file to be made. Texts go into their fields as they are.
type file struct {
	version, patient, recording, date, time, reserved string

	headerBytes string // empty: right
	count       string // of signals; empty: right
	records     string
	duration    string
	signals     []signal
	data        [][]string // records of one entry per signal: annotations, or numbers between blanks
}

type signal struct {
	label, unit, physMin, physMax, digMin, digMax string
	samples                                       int
}

// night returns a file with usual fields; the patient field holds a name that
// must never come out.
func night(signals ...signal) file {
	return file{version: "0", patient: "X F 01-JAN-1980 Do_Not_Print", recording: "Startdate 10-MAR-2026 ADM-77 TECH-3 Box",
		date: "10.03.26", time: "23.59.58", records: "2", duration: "2", signals: signals}
}

func (f file) bytes() []byte {
	var b []byte
	put := func(width int, s string) {
		if len(s) > width {
			panic("the field is too narrow for " + s)
		}
		b = append(b, s+strings.Repeat(" ", width-len(s))...)
	}
	or := func(s, usual string) string {
		if s == "" {
			return usual
		}
		return s
	}
	put(8, f.version)
	put(80, f.patient)
	put(80, f.recording)
	put(8, f.date)
	put(8, f.time)
	put(8, or(f.headerBytes, fmt.Sprint(256*(1+len(f.signals)))))
	put(44, f.reserved)
	put(8, f.records)
	put(8, f.duration)
	put(4, or(f.count, fmt.Sprint(len(f.signals))))
	column := func(width int, text func(s signal) string) {
		for _, s := range f.signals {
			put(width, text(s))
		}
	}
	column(16, func(s signal) string { return s.label })
	column(80, func(signal) string { return "" })
	column(8, func(s signal) string { return s.unit })
	column(8, func(s signal) string { return s.physMin })
	column(8, func(s signal) string { return s.physMax })
	column(8, func(s signal) string { return s.digMin })
	column(8, func(s signal) string { return s.digMax })
	column(80, func(signal) string { return "" })
	column(8, func(s signal) string { return fmt.Sprint(s.samples) })
	column(32, func(signal) string { return "" })
	for _, record := range f.data {
		for i, s := range f.signals {
			b = append(b, samples(s, record[i])...)
		}
	}
	return b
}

func samples(s signal, text string) []byte {
	b := make([]byte, 0, 2*s.samples)
	if s.label == "EDF Annotations" {
		b = append(b, text...)
		return append(b, make([]byte, 2*s.samples-len(b))...)
	}
	for word := range strings.FieldsSeq(text) {
		var n int16
		if _, err := fmt.Sscan(word, &n); err != nil {
			panic(err)
		}
		b = binary.LittleEndian.AppendUint16(b, uint16(n))
	}
	if len(b) != 2*s.samples {
		panic("wrong number of samples for " + s.label)
	}
	return b
}

// Signals of the testcases.
func spo2(samples int) signal  { return signal{"SpO2", "%", "0", "100", "0", "100", samples} }
func pulse(samples int) signal { return signal{"Pulse", "bpm", "0", "300", "0", "300", samples} }
func crc() signal              { return signal{"Crc16", "", "-32768", "32767", "-32768", "32767", 1} }
func notes() signal {
	return signal{"EDF Annotations", "", "-1", "1", "-32768", "32767", 12}
}

// made are the inputs of the testcases.
func made() map[string][]byte {
	plain := night(spo2(2), pulse(2))
	plain.data = [][]string{{"97 96", "60 61"}, {"0 95", "0 62"}}

	resmed := night(
		signal{"Nab\xfdz.1s", "bpm", "18.00", "300.00", "18", "300", 2},
		signal{"SpO2.1s", "%", "0.00", "100.00", "0", "100", 2}, crc())
	resmed.patient, resmed.recording = "X X X X A8AA C580", "Startdate 10-MAR-2026 X X X SRN=99000000001  MID=36  VID=9"
	resmed.duration = "2.00"
	resmed.data = [][]string{{"60 61", "97 96", "-1"}, {"62 -1", "95 -1", "7"}}

	none := resmed
	none.data = [][]string{{"-1 -1", "-1 -1", "0"}, {"-1 -1", "-1 -1", "0"}}

	running := none
	running.records, running.data = "-1", nil

	zero := none
	zero.records, zero.data = "0", [][]string{{"60 61", "97 96", "0"}}

	rates := night(signal{"EEG C3-M2", "uV", "-100", "100", "-2048", "2047", 3}, pulse(1),
		signal{"OxStatus", "", "0", "10", "0", "10", 1},
		signal{"SaO2", "%", "0", "100", "-32768", "32767", 4}, signal{"HR", "bpm", "0", "250.5", "0", "2505", 3},
		signal{"Pleth", "", "0", "1", "0", "1000", 2})
	rates.reserved = "EDF+C"
	rates.data = [][]string{
		{"1 2 3", "60", "1", "30000 30001 -32767 -32768", "600 2505 9", "5 6"},
		{"4 5 6", "61", "2", "32767 0 29999 29998", "601 602 603", "7 8"}}

	gaps := night(spo2(2), notes())
	gaps.reserved, gaps.records = "EDF+D", "4"
	gaps.data = [][]string{{"97 96", "+0.25\x14\x14\x00"}, {"95 94", "+3600.25\x14\x14\x00"}, {"93 92", "onset?"}, {"91 90", "+3605\x14\x14\x00"}}

	offset := night(notes(), spo2(2))
	offset.reserved = "EDF+C"
	offset.data = [][]string{{"+0.5\x14\x14\x00", "97 96"}, {"+2.5\x14\x14\x00", "95 94"}}

	latin := night(signal{"Sp02", "\xb0", "0,0", "100,0", "0", "1000", 2}, signal{"S\xe4ttigung", "%", "0", "100", "0", "100", 2})
	latin.data = [][]string{{"973 961", "1 2"}, {"1001 950", "3 4"}}

	conflict := plain
	conflict.date = "11.03.26"

	unknown := plain
	unknown.recording, unknown.date = "Startdate X X X X", "01.01.85"

	clockless := plain
	clockless.recording, clockless.date, clockless.time = "", "", "23.59.58"

	old := plain
	old.recording, old.date = "", "29.02.96"

	without := night(signal{"EEG C3-M2", "uV", "-100", "100", "-2048", "2047", 1}, signal{"\xb0C", "degC", "0", "50", "0", "50", 1}, notes())

	onlyNotes := night(notes())
	onlyNotes.reserved, onlyNotes.duration, onlyNotes.records = "EDF+C", "0", "1"
	onlyNotes.data = [][]string{{"+0\x14\x14\x00"}}

	ductal := night(signal{"SpO2 postductal", "%", "0", "100", "0", "100", 1}, signal{"SpO2 pre-ductal", "%", "0", "100", "0", "100", 1}, pulse(1))
	ductal.data = [][]string{{"91", "97", "140"}, {"92", "98", "141"}}

	more := plain
	more.records = "1"

	return map[string][]byte{
		"plain/input.edf":                 plain.bytes(),
		"resmed-sad/input.edf":            resmed.bytes(),
		"resmed-no-oximeter/input.edf":    none.bytes(),
		"resmed-recording-runs/input.edf": running.bytes(),
		"resmed-zero-declared/input.edf":  zero.bytes(),
		"rates-differ/input.edf":          rates.bytes(),
		"discontinuous/input.edf":         gaps.bytes(),
		"continuous-onset/input.edf":      offset.bytes(),
		"latin-1/input.edf":               latin.bytes(),
		"dates-disagree/input.edf":        conflict.bytes(),
		"date-placeholder/input.edf":      unknown.bytes(),
		"no-date/input.edf":               clockless.bytes(),
		"year-of-two-digits/input.edf":    old.bytes(),
		"no-spo2/input.edf":               without.bytes(),
		"annotations-only/input.edf":      onlyNotes.bytes(),
		"ductal/input.edf":                ductal.bytes(),
		"cut-in-a-record/input.edf":       resmed.bytes()[:len(resmed.bytes())-7],
		"cut-in-the-header/input.edf":     resmed.bytes()[:700],
		"more-than-declared/input.edf":    more.bytes(),
	}
}
