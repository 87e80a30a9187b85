package plethtest

import (
	"io"
	"math/rand/v2"
	"strconv"
	"time"
)

// HealthExport streams a synthetic export.xml of Apple Health, in the layout and
// order that the Health app writes: the document type, then all records of one
// type after the other. It holds one record at a time and makes no garbage. Set
// the upper fields before the first Read.
type HealthExport struct {
	Size   int64         // bytes after which no record begins
	Oxygen float64       // share of the records that are SpO2, of them half from a ring
	Heart  float64       // share that is heart rate
	Night  time.Duration // worn so long every day, with a usual SpO2; 0: always, with any

	OxygenRecords int // records of SpO2 so far
	HeartRecords  int // records of heart rate so far

	n     int64  // bytes written
	buf   []byte // not handed out yet, a part of piece
	piece []byte
	date  []byte
	value []byte
	stage int
	at    time.Time
	rng   *rand.Rand
}

// HealthSources is how many sources of SpO2 a HealthExport has.
const HealthSources = 2

const preamble = `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE HealthData [
<!-- HealthKit Export Version: 12 -->
<!ELEMENT Record ((MetadataEntry|HeartRateVariabilityMetadataList)*)>
<!ATTLIST Record
  type          CDATA #REQUIRED
  value         CDATA #IMPLIED
>
]>
<HealthData locale="en_US">
 <ExportDate value="2025-11-01 10:00:00 +0100"/>
`

const watch = `&lt;&lt;HKDevice: 0x281f3c5a0&gt;, name:Apple Watch, manufacturer:Apple Inc., model:Watch, hardware:Watch6,2, software:9.1&gt;`

// Read writes the next bytes of the export.
func (e *HealthExport) Read(p []byte) (int, error) {
	if e.rng == nil {
		e.rng, e.at = rand.New(rand.NewPCG(1, 2)), firstRecord()
	}
	for len(e.buf) == 0 {
		if e.stage > 4 {
			return 0, io.EOF
		}
		e.piece = e.next(e.piece[:0])
		e.buf = e.piece
	}
	n := copy(p, e.buf)
	e.buf = e.buf[n:]
	e.n += int64(n)
	return n, nil
}

// next appends the next piece of the file to b.
func (e *HealthExport) next(b []byte) []byte {
	share := float64(e.n) / float64(e.Size)
	others := 1 - e.Oxygen - e.Heart
	switch e.stage {
	case 0:
		e.stage++
		return append(b, preamble...)
	case 1:
		if share < others {
			e.value = strconv.AppendFloat(e.value[:0], e.rng.Float64()*5, 'f', 3, 64)
			return e.record(b, "ActiveEnergyBurned", "Somebody’s Apple Watch", watch, "Cal")
		}
		e.restart()
	case 2:
		if share < others+e.Heart {
			e.HeartRecords++
			e.value = strconv.AppendInt(e.value[:0], 50+e.rng.Int64N(60), 10)
			return e.record(b, "HeartRate", "Somebody’s Apple Watch", watch, "count/min")
		}
		e.restart()
	case 3:
		if share < 1 {
			e.OxygenRecords++
			percent := e.percent()
			if e.OxygenRecords%2 == 0 {
				e.value = strconv.AppendInt(e.value[:0], percent, 10)
				return e.record(b, "OxygenSaturation", "ViHealth", "", "%")
			}
			e.value = strconv.AppendInt(append(e.value[:0], "0."...), percent, 10)
			return e.record(b, "OxygenSaturation", "Somebody’s Apple Watch", watch, "%")
		}
		e.stage++
	case 4:
		e.stage++
		return append(b, "</HealthData>\n"...)
	}
	return b
}

func (e *HealthExport) restart() {
	e.stage++
	e.at = firstRecord()
}

func firstRecord() time.Time { return time.Date(2019, 1, 1, 22, 0, 0, 0, time.FixedZone("", 3600)) }

// percent draws an SpO2.
func (e *HealthExport) percent() int64 {
	if e.Night > 0 && e.rng.IntN(50) > 0 {
		return 95 + e.rng.Int64N(3)
	}
	return 88 + e.rng.Int64N(12)
}

// record appends one record of the value drawn, with metadata as most have.
func (e *HealthExport) record(b []byte, kind, source, device, unit string) []byte {
	e.at = e.at.Add(time.Duration(1+e.rng.IntN(30)) * time.Second)
	if day := e.at.Sub(firstRecord()) % (24 * time.Hour); e.Night > 0 && day > e.Night {
		e.at = e.at.Add(24*time.Hour - day) // the next evening
	}
	e.date = e.at.AppendFormat(e.date[:0], "2006-01-02 15:04:05 -0700")
	b = append(b, ` <Record type="HKQuantityTypeIdentifier`...)
	b = append(b, kind...)
	b = append(b, `" sourceName="`...)
	b = append(b, source...)
	b = append(b, `" sourceVersion="9.1"`...)
	if device != "" {
		b = append(b, ` device="`...)
		b = append(b, device...)
		b = append(b, '"')
	}
	b = append(b, ` unit="`...)
	b = append(b, unit...)
	for _, name := range [...]string{`" creationDate="`, `" startDate="`, `" endDate="`} {
		b = append(b, name...)
		b = append(b, e.date...)
	}
	b = append(b, `" value="`...)
	b = append(b, e.value...)
	return append(b, "\">\n  <MetadataEntry key=\"HKMetadataKeyBarometricPressure\" value=\"98.5 kPa\"/>\n </Record>\n"...)
}
