package lineprotocol

import (
	"context"
	"testing"

	"pleth/internal/intake/readings"
)

type anyone struct{}

func (anyone) Pseudonyms(_ context.Context, ids []string) ([]string, error) { return ids, nil }
func (anyone) Seal(plain []byte) []byte                                     { return plain }

// FuzzLines: every line is taken or refused, once, and what is refused lies in
// the body.
func FuzzLines(f *testing.F) {
	f.Add([]byte("tissue_o2,deviceId=device-42,firmware=1.2.3 local_tissue_o2=36.5,spo2=97.1,signal_quality=80 1672531200000000000\n"))
	f.Add([]byte("m,host=h spo2=97i,pulse_rate=6u,worn=t,a=\"x\",seq=1i 1\nm,host=h,host=g spo2=1\nm,host=h spo2=u\n\\,m spo2=1 99999999999999999999"))
	f.Fuzz(func(t *testing.T, body []byte) {
		b := readings.New(readings.Options{Door: doorName, Received: 1672531200000000000})
		s := scanner{body: body}
		var d decoder
		d.reset(b, 1e6, 1672531200000000000)
		lines := 0
		for s.next() {
			d.line(&s.line)
			lines++
		}
		got, err := b.Result(context.Background(), anyone{})
		if err != nil {
			t.Fatal(err)
		}
		rows := 0
		for _, batch := range got.Batches {
			rows += batch.Rows.Len()
		}
		if len(got.Places) != lines || rows+len(got.Refused) != lines {
			t.Fatalf("%d lines, %d rows, %d refused", lines, rows, len(got.Refused))
		}
		for _, r := range got.Refused {
			if r.From < 0 || r.From > r.To || r.To > len(body) || len(r.Problems) == 0 {
				t.Fatalf("refused %+v of %d bytes", r, len(body))
			}
		}
	})
}
