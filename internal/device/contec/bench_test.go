package contec_test

import (
	"fmt"
	"testing"
	"time"

	"pleth/internal/device"
	"pleth/internal/device/contec"
	"pleth/internal/device/devicetest"
)

const benchRows = 100_000

func BenchmarkCSV(b *testing.B) {
	text := []byte("DATE,TIME,SPO2,PULSE\r\n")
	start := time.Date(2021, 5, 15, 12, 6, 42, 0, time.UTC)
	for i := range benchRows {
		text = start.Add(time.Duration(i)*time.Second).AppendFormat(text, "2006-01-02, 15:04:05, ")
		text = fmt.Appendf(text, "%d, %d\r\n", 85+i%15, 50+i%70)
	}
	devicetest.Bench(b, contec.Formats(), text, device.Given{}, benchRows)
}

func BenchmarkBeats(b *testing.B) {
	var text []byte
	for i := range benchRows {
		text = fmt.Appendf(text, "%.6f,%d,%d,%d,43.6,0,27,20.4,16\r\n", 0.6+float64(i%1000)/1313, 85+i%15, 50+i%45, 66+i%50)
	}
	devicetest.Bench(b, contec.Formats(), text, device.Given{}, benchRows)
}

func BenchmarkSpO2(b *testing.B) {
	samples := make([]reading, benchRows)
	for i := range samples {
		samples[i] = reading{spo2: uint8(85 + i%15), pulse: uint8(50 + i%70), index: uint16(100 + i%400)}
	}
	devicetest.Bench(b, contec.Formats(), spo2Bytes(time.Date(2021, 5, 15, 12, 6, 42, 0, time.UTC), samples, 4, "CMS50H", "Contec", ""), device.Given{}, benchRows)
}
