package wfdb_test

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// header returns a header of the given record line and signal lines.
func header(lines ...string) []byte { return []byte(strings.Join(lines, "\n") + "\n") }

// format16 returns samples in format 16.
func format16(samples ...int) []byte {
	var b []byte
	for _, s := range samples {
		b = binary.LittleEndian.AppendUint16(b, uint16(s))
	}
	return b
}

// format212 returns samples in format 212, filled up to a pair.
func format212(samples ...int) []byte {
	var b []byte
	if len(samples)%2 == 1 {
		samples = append(samples, 0)
	}
	for i := 0; i < len(samples); i += 2 {
		x, y := uint16(samples[i])&0xfff, uint16(samples[i+1])&0xfff
		b = append(b, byte(x), byte(x>>8)|byte(y>>8)<<4, byte(y))
	}
	return b
}

// sum returns the sum of samples as a header states it.
func sum(samples ...int) string {
	var n int16
	for _, s := range samples {
		n += int16(s)
	}
	return fmt.Sprint(n)
}

const minute = "0.0166666666667/125"

// made are the files of the testcases: minutes of HR, SpO2, NBP, as MIMIC-II
// writes them, and what other records bring.
func made() map[string][]byte {
	mimic := func(record string) []byte {
		return header("# <age>: 119 <sex>: F", record,
			"signals.dat 16 10/bpm 16 0 600 "+sum(600, 0, 610)+" 0 HR",
			"signals.dat 16 10/% 16 0 973 "+sum(973, 0, 961)+" 0 SpO2",
			"signals.dat 16 1/mmHg 16 0 -32768 "+sum(-32768, 120, -32768)+" 0 NBPSys",
			"# <diagnoses> not to be printed")
	}
	signals := format16(600, 973, -32768, 0, 0, 120, 610, 961, -32768)
	files := map[string][]byte{
		"mimic-numerics/input.hea":   mimic("s1-2896-10-10-00-31n 3 " + minute + " 3    31:25.894 10/10/2896"),
		"mimic-numerics/signals.dat": signals,

		"date-of-today/input.hea":   mimic("r 3 " + minute + " 3 23:59:00 29/02/2024"),
		"date-of-today/signals.dat": signals,

		"time-without-date/input.hea":   mimic("r 3 " + minute + " 3 12:00:00"),
		"time-without-date/signals.dat": signals,

		"more-frames-promised/input.hea":   mimic("r 3 " + minute + " 99999999999"),
		"more-frames-promised/signals.dat": signals[:len(signals)-1],

		"frames-unknown/input.hea":   mimic("r 3 1"),
		"frames-unknown/signals.dat": signals,

		"damaged-sample/input.hea":   mimic("r 3 1 3"),
		"damaged-sample/signals.dat": format16(600, 974, -32768, 0, 0, 120, 610, 961, -32768),

		"signal-file-missing/input.hea": mimic("r 3 1 3"),
	}

	// Three signals of 12 bits, so that pairs run over frames; a baseline.
	files["format-212/input.hea"] = header("r212 3 2 4 10:00:00 01/01/2020",
		"signals.dat 212 10(-500)/% 12 0 473 "+sum(473, -2048, 461, 450)+" 0 SpO2",
		"signals.dat 212 1/bpm 12 0 60 "+sum(60, -2048, 62, 0)+" 0 PULSE", "signals.dat 212 1/pm 12 0 15 "+sum(15, 0, 17, 18)+" 0 RESP")
	files["format-212/signals.dat"] = format212(473, 60, 15, -2048, -2048, 0, 461, 62, 17, 450, 0, 18)

	// A MATLAB level 4 matrix; several samples in a frame, at their own times.
	files["mat-frames/input.hea"] = header("m 2 0.5 2 0:0:1.5 1/2/2020", "signals.mat 16x4+24 1/% 16 0 97 "+sum(97, 96, 95, 94, 93, 92, -32768, 90)+" 0 %SpO2",
		"signals.mat 16x2+24 1/bpm 16 0 60 "+sum(60, 61, 62, -32768)+" 0 PULSE")
	mat := append([]byte("\x1e\x00\x00\x00\x02\x00\x00\x00\x06\x00\x00\x00\x00\x00\x00\x00\x04\x00\x00\x00val\x00"),
		format16(97, 96, 95, 94, 60, 61, 93, 92, -32768, 90, 62, -32768)...)
	files["mat-frames/signals.mat"] = mat

	// Two files; the pulse is three frames late in its own and ends early.
	files["two-files-and-skew/input.hea"] = header("two 2 1 4", "signals.dat 16 1/% 16 0 0 "+sum(97, 96, 95, 94)+" 0 SpO2", "pulse.dat 16:3 1/bpm 16 0 0 0 0 PULSE")
	files["two-files-and-skew/signals.dat"] = format16(97, 96, 95, 94)
	files["two-files-and-skew/pulse.dat"] = format16(1, 2, 3, 60, 61, 62)

	files["pulse-file-missing/input.hea"] = header("two 2 1 2", "signals.dat 16 1/% 16 0 97 193 0 SpO2", "pulse.dat 16 1/bpm 16 0 0 0 0 PULSE")
	files["pulse-file-missing/signals.dat"] = format16(97, 96)

	files["no-spo2/input.hea"] = header("a103l 3 250 82500", "a103l.mat 16+24 7247/mV 16 0 -171 -27403 0 II",
		"a103l.mat 16+24 1.052e+04/mV 16 0 9127 -301 0 V", "a103l.mat 16+24 1.253e+04/NU 16 0 6042 -17391 0 PLETH", "#Asystole")
	files["format-not-read/input.hea"] = header("x 1 1 4", "x.dat 80 1/% 8 0 0 0 0 SpO2")
	files["segments/input.hea"] = header("s/2 3 125 1000", "s_0001 500", "s_0002 500")
	files["header-cut-off/input.hea"] = header("r 3 1 3", "signals.dat 16 10/bpm 16 0 600 1210 0 HR")

	// A signal file given instead of its header.
	files["dat-given/input.dat"] = signals
	files["dat-given/a-waveform.hea"] = header("w 1 125 1", "input.dat 16 1/mV 16 0 0 0 0 II")
	files["dat-given/numerics.hea"] = []byte(strings.ReplaceAll(string(mimic("r 3 "+minute+" 3")), "signals.dat", "input.dat"))
	files["dat-alone/input.dat"] = signals
	files["mat-alone/input.mat"] = mat
	return files
}
