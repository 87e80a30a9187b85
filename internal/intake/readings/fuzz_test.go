package readings_test

import (
	"bytes"
	"context"
	"encoding/json"
	"testing"

	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// FuzzDecode: no bytes crash it; what it takes is JSON, what it calls
// malformed is not; every reading has one place; what is taken comes back the
// same when it is written and read again.
func FuzzDecode(f *testing.F) {
	for _, s := range []string{
		`{"device_id":"ECG-001","patient_id":"P-123","heart_rate":130,"spo2":90,"temperature_c":38.5,"timestamp":"2025-11-28T20:15:00Z"}`,
		`[{"deviceId":"d","timestamp_utc":1672531200000,"spo2":9.71e1,"note":"\u00e9\n","marks":["motion"]},{"spo2":null,"x":[1,{"y":null}]},7]`,
		`{"device_id":"d","tags":{"a":"1"},"flags":["late"],"seq":3,"time":"2025-02-29T20:15:00.123+02:00","battery_mv":-0.0001}`,
		`[{"spo2":NaN},{"spo2":-Infinity}]`, "\xef\xbb\xbf[]", `{"device_id":"d","spo2":12345678901234567890.5}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		r, err := readings.Decode(context.Background(), data, options(), people{})
		if err != nil {
			if json.Valid(data) && !bytes.Contains(data, []byte(`\u`)) && bytes.ToValidUTF8(data, nil) != nil && string(bytes.ToValidUTF8(data, nil)) == string(data) && bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) < 60 {
				t.Fatalf("%q: %v", data, err)
			}
			return
		}
		plain := bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
		if !json.Valid(plain) && !bytes.Contains(data, []byte("NaN")) && !bytes.Contains(data, []byte("Infinity")) {
			t.Fatalf("%q was taken and is not JSON", data)
		}
		rows := 0
		for i, p := range r.Places {
			if p.Batch < 0 {
				if ref := r.Refused[p.Row]; ref.Index != i || len(ref.Problems) == 0 || ref.From > ref.To || ref.To > len(data) {
					t.Fatalf("%q: refusal %+v", data, ref)
				}
				continue
			}
			rows++
			b := r.Batches[p.Batch]
			table := reading.Table{Partition: b.Partition, Rows: b.Rows, Seq: b.Seq, Origins: []reading.Origin{b.Origin}}
			table.Origins[0].Subject = ""
			line, err := readings.Encoder{Open: open}.Append(nil, &table, int(p.Row))
			if err != nil || !json.Valid(line) {
				t.Fatalf("%q was written as %s: %v", data, line, err)
			}
			again, err := readings.Decode(context.Background(), line, options(), people{})
			if err != nil || len(again.Batches) != 1 {
				t.Fatalf("%s does not read again: %v %+v", line, err, again)
			}
			b = again.Batches[0]
			table = reading.Table{Partition: b.Partition, Rows: b.Rows, Seq: b.Seq, Origins: []reading.Origin{b.Origin}}
			if second, _ := (readings.Encoder{Open: open}).Append(nil, &table, 0); string(second) != string(line) {
				t.Fatalf("%s came back as %s", line, second)
			}
		}
		total := 0
		for _, b := range r.Batches {
			total += b.Rows.Len()
		}
		if total != rows {
			t.Fatalf("%d rows, %d places", total, rows)
		}
	})
}
