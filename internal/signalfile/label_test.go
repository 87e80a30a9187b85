package signalfile_test

import (
	"testing"

	"pleth"
	"pleth/internal/signalfile"
)

func TestLabelMetric(t *testing.T) {
	t.Parallel()
	const none = pleth.Metric(0)
	for _, c := range []struct {
		name, unit string
		rate       float64
		want       pleth.Metric
	}{
		// Saturation, as sleep laboratories, monitors and CPAP machines write it.
		{"SpO2", "%", 1, pleth.SpO2},
		{"SaO2", "%", 1, pleth.SpO2},
		{"SPO2", "", 1, pleth.SpO2},
		{"SAO2", "", 0, pleth.SpO2},
		{"SpO2.1s", "%", 1, pleth.SpO2},
		{"SpO2 %", "", 1, pleth.SpO2},
		{"SpO2 (%)", "%", 1, pleth.SpO2},
		{"SpO2-Nonin", "%", 3, pleth.SpO2},
		{"SpO2BB", "%", 1, pleth.SpO2},
		{"Sp02", "%", 1, pleth.SpO2},
		{"SpO₂", "%", 1, pleth.SpO2},
		{"OSAT", "%", 1, pleth.SpO2},
		{"O2 Sat", "%", 1, pleth.SpO2},
		{"O2Sat", "", 1, pleth.SpO2},
		{"Sat", "%", 1, pleth.SpO2},
		{"Sat. O2", "%", 1, pleth.SpO2},
		{"SatO2", "%", 1, pleth.SpO2},
		{"Saturation", "percent", 1, pleth.SpO2},
		{"O2 saturation", "%", 1, pleth.SpO2},
		{"Saturação O2", "%", 1, pleth.SpO2},
		{"O2-Sättigung", "%", 1, pleth.SpO2},
		{"Sauerstoffsättigung", "%", 1, pleth.SpO2},
		{"Oximetry", "%", 1, pleth.SpO2},
		{"Oxymétrie", "%", 1, pleth.SpO2},
		{"Pulse Oximetry", "%", 1, pleth.SpO2},
		{"Pulse Ox", "", 1, pleth.SpO2},
		{"SpO2 256 Hz", "%", 256, pleth.SpO2},
		{"SpO2 pre-ductal", "%", 1, pleth.SpO2PreDuctal},
		{"SpO2 Post", "%", 1, pleth.SpO2PostDuctal},
		// Pulse rate.
		{"Pulse", "bpm", 1, pleth.PulseRate},
		{"Pulse.1s", "bpm", 1, pleth.PulseRate},
		{"Pulse", "", 1, pleth.PulseRate},
		{"Pulse Rate", "1/min", 1, pleth.PulseRate},
		{"Puls.1s", "bpm", 1, pleth.PulseRate},
		{"Pulsfrequenz", "1/min", 1, pleth.PulseRate},
		{"Pouls.1s", "bpm", 1, pleth.PulseRate},
		{"Pols.1s", "bpm", 1, pleth.PulseRate},
		{"Polso", "bpm", 1, pleth.PulseRate},
		{"Nabız.1s", "bpm", 1, pleth.PulseRate},
		{"Nabýz.1s", "bpm", 1, pleth.PulseRate}, // Latin-5 read as Latin-1
		{"Nabiz", "bpm", 1, pleth.PulseRate},
		{"PR", "bpm", 1, pleth.PulseRate},
		{"P.R.", "bpm", 1, pleth.PulseRate},
		{"SpO2 PR", "bpm", 1, pleth.PulseRate},
		{"SpO2Pulse", "", 1, pleth.PulseRate},
		{"Pulse", "bpm", 256, pleth.PulseRate},
		// Heart rate.
		{"HR", "bpm", 1, pleth.HeartRate},
		{"H.R.", "", 1, pleth.HeartRate},
		{"Heart Rate", "bpm", 1, pleth.HeartRate},
		{"HeartRate", "bpm", 1, pleth.HeartRate},
		{"Herzfrequenz", "1/min", 1, pleth.HeartRate},
		{"Fréq. cardiaque", "bpm", 1, pleth.HeartRate},
		{"Frecuencia cardíaca", "lpm", 1, pleth.HeartRate},
		// Everything else.
		{"Pleth", "", 64, none},
		{"SpO2 Pleth", "%", 64, none},
		{"SpO2 Wave", "%", 64, none},
		{"SpO2Wave", "%", 64, none},
		{"OxPleth", "", 64, none},
		{"Pulse Waveform", "%", 64, none},
		{"pulse", "uV", 200, none},
		{"Pulse", "", 200, none},
		{"Pulse Amplitude", "", 1, none},
		{"Pulse Transit Time", "ms", 1, none},
		{"SpO2", "mV", 1, none},
		{"SpO2", "bpm", 1, none},
		{"PR", "%", 1, none},
		{"HR", "Hz", 1, none},
		{"OxStatus", "", 1, none},
		{"SpO2 Status", "", 1, none},
		{"SpO2 Quality", "%", 1, none},
		{"SpO2 Perf Index", "%", 1, none},
		{"PI", "%", 1, none},
		{"rSO2", "%", 1, none},
		{"rSO2 Sat left", "%", 1, none},
		{"StO2", "%", 1, none},
		{"SctO2", "%", 1, none},
		{"SvO2", "%", 1, none},
		{"Tissue Saturation", "%", 1, none},
		{"Cerebral oximetry", "%", 1, none},
		{"tcpO2", "mmHg", 1, none},
		{"EtO2", "%", 1, none},
		{"FiO2", "%", 1, none},
		{"EEG O2", "uV", 256, none},
		{"O2-M1", "uV", 256, none},
		{"ECG", "mV", 256, none},
		{"Saw", "", 1, none},
		{"Satisfaction", "%", 1, none},
		{"Desaturation", "%", 1, none},
		{"Resp Rate", "1/min", 1, none},
		{"Crc16", "", 1, none},
		{"EDF Annotations", "", 1, none},
		{"Press", "cmH2O", 1, none},
		{"", "", 0, none},
	} {
		t.Run(c.name+" "+c.unit, func(t *testing.T) {
			t.Parallel()
			got, ok := signalfile.Label{Name: c.name, Unit: c.unit, Rate: c.rate}.Metric()
			if got != c.want || ok != (c.want != none) {
				t.Errorf("got %d, %t, want %d", got, ok, c.want)
			}
		})
	}
}

func TestText(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"  SpO2 \x00\x00": "SpO2",
		"\xb0":            "°", // Latin-1
		"Nab\xc4\xb1z":    "Nabız",
		"Nab\xfdz":        "Nabýz",
		"a\tb\x1bc":       "a b c",
		"":                "",
		"S\xe4ttigung":    "Sättigung",
	} {
		if got := signalfile.Text([]byte(in)); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
