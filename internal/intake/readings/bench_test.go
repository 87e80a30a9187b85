package readings_test

import (
	"bytes"
	"context"
	stdjson "encoding/json"
	"fmt"
	"testing"

	"github.com/segmentio/encoding/json"

	"pleth"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// thousand is a list of 1000 readings with 4 values each, about 145 kB.
func thousand(devices int) []byte {
	var b bytes.Buffer
	b.WriteByte('[')
	for i := range 1000 {
		if i > 0 {
			b.WriteByte(',')
		}
		fmt.Fprintf(&b, `{"device_id":"device-%04d","timestamp":"2025-11-28T20:%02d:%02d.000Z","seq":%d,"spo2":%d.%d,"pulse_rate":%d,"perfusion_index":%d.%02d,"signal_quality":%d}`,
			i%devices, i/60%15, i%60, i, 90+i%9, i%10, 55+i%40, 1+i%5, i%100, 60+i%40)
	}
	b.WriteByte(']')
	return b.Bytes()
}

func BenchmarkDecode(b *testing.B) {
	for _, devices := range []int{1, 50, 1000} {
		b.Run(fmt.Sprintf("devices=%d", devices), func(b *testing.B) {
			body := thousand(devices)
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				r, err := readings.Decode(context.Background(), body, options(), people{})
				if err != nil || len(r.Refused) > 0 {
					b.Fatal(err, r.Refused)
				}
			}
		})
	}
}

// BenchmarkDecodePeers reads the same list into structs: what a parser alone
// costs, without checks, digits or batches.
func BenchmarkDecodePeers(b *testing.B) {
	type row struct {
		Device         string   `json:"device_id"`
		Timestamp      string   `json:"timestamp"`
		Seq            *int64   `json:"seq"`
		SpO2           *float64 `json:"spo2"`
		PulseRate      *float64 `json:"pulse_rate"`
		PerfusionIndex *float64 `json:"perfusion_index"`
		SignalQuality  *float64 `json:"signal_quality"`
	}
	body := thousand(1)
	for name, unmarshal := range map[string]func([]byte, any) error{"encoding_json": stdjson.Unmarshal, "segmentio": json.Unmarshal} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(body)))
			b.ReportAllocs()
			for b.Loop() {
				var rows []row
				if err := unmarshal(body, &rows); err != nil || len(rows) != 1000 {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkAppend(b *testing.B) {
	var table reading.Table
	table.Device, table.Origins = "device-0001", []reading.Origin{{Subject: "p-abcdefghijklmnopqrstuvwxyz"}}
	for i := range int64(1000) {
		table.Rows.AddRow(received + i*1e9)
		table.Rows.Set(pleth.SpO2, pleth.Num(900+i%90, 1))
		table.Rows.SetInt(pleth.PulseRate, 60+i%40)
		table.Rows.Set(pleth.PerfusionIndex, pleth.Num(100+i%400, 2))
		table.Rows.SetInt(pleth.SignalQuality, 60+i%40)
	}
	var out []byte
	b.ReportAllocs()
	for b.Loop() {
		out = out[:0]
		for i := range 1000 {
			out, _ = readings.Encoder{}.Append(out, &table, i)
		}
	}
	b.SetBytes(int64(len(out)))
}

// BenchmarkDecodeOne reads one reading of a known person, as single POSTs send.
func BenchmarkDecodeOne(b *testing.B) {
	body := []byte(`{"device_id":"ECG-001","patient_id":"P-123","heart_rate":130,"spo2":90,"temperature_c":38.5,"timestamp":"2025-11-28T20:15:00Z"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := readings.Decode(context.Background(), body, options(), people{}); err != nil {
			b.Fatal(err)
		}
	}
}
