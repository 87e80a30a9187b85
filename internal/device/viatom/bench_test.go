package viatom_test

import (
	"testing"
	"time"

	"pleth/internal/device"
	"pleth/internal/device/devicetest"
	"pleth/internal/device/viatom"
)

const benchRows = 100_000

// benchNights returns a table whose stamps are written by form, 4 s apart.
func benchNights(header, form string, row func(dst []byte, i int) []byte) []byte {
	text := append([]byte(nil), header...)
	t := time.Date(2025, 3, 6, 22, 20, 56, 0, time.UTC)
	for i := range benchRows {
		text = t.Add(time.Duration(i)*4*time.Second).AppendFormat(text, form)
		text = row(text, i)
	}
	return text
}

func BenchmarkMobileCSV(b *testing.B) {
	rows := []string{",97,62,3,0,0\n", ",96,58,0,0,0\n", ",88,104,12,0,0\n", ",--,--,4,0,0\n"}
	text := benchNights("Time,Oxygen Level,Pulse Rate,Motion,O2 Reminder,PR Reminder\n", "15:04:05 Jan 02 2006",
		func(dst []byte, i int) []byte { return append(dst, rows[i%len(rows)]...) })
	devicetest.Bench(b, viatom.Formats(), text, device.Given{}, benchRows)
}

func BenchmarkDesktopCSV(b *testing.B) {
	rows := []string{",97,62,3,0,0,\r\n", ",96,58,0,0,0,\r\n", ",88,104,12,0,0,\r\n", ",255,65535,4,0,0,\r\n"}
	text := benchNights("Time,SpO2(%),Pulse Rate(bpm),Motion,SpO2 Reminder,PR Reminder,\r\n", `"03:04:05PM Jan 2, 2006"`,
		func(dst []byte, i int) []byte { return append(dst, rows[i%len(rows)]...) })
	devicetest.Bench(b, viatom.Formats(), text, device.Given{}, benchRows)
}

func BenchmarkRecord(b *testing.B) {
	night := recordFile{version: 3, samples: make([]ringSample, 7818), interval: 4}
	for i := range night.samples {
		night.samples[i] = ringSample{spo2: uint8(90 + i%10), pulse: uint16(50 + i%40), motion: uint8(i % 7)}
	}
	devicetest.Bench(b, viatom.Formats(), night.bytes(), device.Given{}, len(night.samples))
}
