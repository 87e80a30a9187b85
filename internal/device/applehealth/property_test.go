package applehealth_test

import (
	"bytes"
	"cmp"
	"encoding/xml"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"pgregory.net/rapid"

	"pleth"
	"pleth/internal/device"
	"pleth/internal/device/applehealth"
	"pleth/internal/device/devicetest"
)

// row is one SpO2 or pulse as an independent parser finds it.
type row struct {
	source string
	at     time.Time
	value  pleth.Value // percent, or beats per minute
}

// oracle reads an export with the XML parser of the standard library: the
// rows of SpO2 and of heart rate, in the order of the file.
func oracle(t *rapid.T, text string) (oxygen, heart []row) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(text))
	correlation := false
	for {
		token, err := d.Token()
		if err == io.EOF {
			return oxygen, heart
		}
		if err != nil {
			t.Fatalf("the test writes XML that is none: %v in\n%s", err, text)
		}
		if end, ok := token.(xml.EndElement); ok && end.Name.Local == "Correlation" {
			correlation = false
		}
		start, ok := token.(xml.StartElement)
		if !ok {
			continue
		}
		correlation = correlation || start.Name.Local == "Correlation"
		if start.Name.Local != "Record" || correlation {
			continue
		}
		a := map[string]string{}
		for _, one := range start.Attr {
			a[one.Name.Local] = one.Value
		}
		at, err := time.Parse("2006-01-02 15:04:05 -0700", a["startDate"])
		if err != nil {
			t.Fatal(err)
		}
		v, _ := pleth.ParseValue([]byte(a["value"]))
		switch a["type"] {
		case "HKQuantityTypeIdentifierOxygenSaturation":
			if m, scale := v.Mantissa(); v.Float() <= 1.5 {
				v = pleth.Num(m*100, scale)
			}
			oxygen = append(oxygen, row{a["sourceName"], at, v})
		case "HKQuantityTypeIdentifierHeartRate":
			heart = append(heart, row{a["sourceName"], at, v})
		}
	}
}

// lines turns the rows of the oracle into what the reader must write: source by
// source in the order of their first SpO2, each by time, with the pulse in the
// half hour after an SpO2.
func lines(oxygen, heart []row) []string {
	var out, sources []string
	for _, r := range oxygen {
		if !slices.Contains(sources, r.source) {
			sources = append(sources, r.source)
		}
	}
	byTime := func(a, b row) int { return a.at.Compare(b.at) }
	of := func(all []row, source string) []row {
		all = slices.DeleteFunc(slices.Clone(all), func(r row) bool { return r.source != source })
		slices.SortStableFunc(all, byTime)
		return all
	}
	for _, source := range sources {
		type event struct {
			at    time.Time
			order int // SpO2 before pulse at one instant
			text  string
		}
		var events []event
		own := of(oxygen, source)
		for i, r := range own {
			text := fmt.Sprintf("%s spo2=%v", r.at.UTC().Format(time.RFC3339), r.value.Float())
			if i == 0 || !own[i-1].at.Equal(r.at) {
				if k := slices.IndexFunc(of(heart, source), func(h row) bool { return h.at.Equal(r.at) }); k >= 0 {
					text += fmt.Sprintf(" pulse=%v", of(heart, source)[k].value.Float())
				}
			}
			events = append(events, event{r.at, 0, text})
		}
		for _, h := range of(heart, source) {
			equal := slices.ContainsFunc(own, func(r row) bool { return r.at.Equal(h.at) })
			after := slices.ContainsFunc(own, func(r row) bool { return h.at.After(r.at) && h.at.Sub(r.at) <= 30*time.Minute })
			if after && !equal {
				events = append(events, event{h.at, 1, fmt.Sprintf("%s pulse=%v", h.at.UTC().Format(time.RFC3339), h.value.Float())})
			}
		}
		slices.SortStableFunc(events, func(a, b event) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.order, b.order)) })
		for _, e := range events {
			out = append(out, e.text)
		}
	}
	return out
}

func gotLines(r devicetest.Result) []string {
	var out []string
	for i := range r.Rows.Len() {
		text := time.Unix(0, r.Rows.Time(i)).UTC().Format(time.RFC3339)
		if v := r.Rows.Value(pleth.SpO2, i); v.Ok() {
			text += fmt.Sprintf(" spo2=%v", v.Float())
		}
		if v := r.Rows.Value(pleth.PulseRate, i); v.Ok() {
			text += fmt.Sprintf(" pulse=%v", v.Float())
		}
		out = append(out, text)
	}
	return out
}

// drawExport writes an export with its attributes in any order, either quote
// mark, references, and all that may stand between records.
func drawExport(t *rapid.T) string {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE HealthData [\n<!-- it's > a <Record note -->\n<!ELEMENT HealthData (Record*)>\n]>\n<HealthData locale='de'>\n")
	sources := []string{"Somebody's Apple\u00a0Watch", "Ring & Co. <1>", "腕時計"}
	at := time.Date(2025, 10, 26, 0, 0, 0, 0, time.UTC)
	record := func() {
		kind := rapid.SampledFrom([]string{"OxygenSaturation", "HeartRate", "StepCount", "HeartRateVariabilitySDNN"}).Draw(t, "kind")
		value, unit := "", "count/min"
		switch kind {
		case "OxygenSaturation":
			unit = "%"
			m := rapid.Int64Range(500, 1000).Draw(t, "spo2")
			value = pleth.Num(m, rapid.SampledFrom([]uint8{1, 3}).Draw(t, "scale")).String()
		default:
			value = pleth.Num(rapid.Int64Range(300, 2000000000).Draw(t, "value"), 1).String()
		}
		at = at.Add(time.Duration(rapid.IntRange(-300, 900).Draw(t, "step")) * time.Second)
		zone := time.FixedZone("", rapid.SampledFrom([]int{3600, 7200, -16200}).Draw(t, "zone"))
		attributes := []string{
			attr(t, "type", "HKQuantityTypeIdentifier"+kind), attr(t, "sourceName", rapid.SampledFrom(sources).Draw(t, "source")),
			attr(t, "unit", unit), attr(t, "value", value), attr(t, "startDate", at.In(zone).Format("2006-01-02 15:04:05 -0700")),
			attr(t, "device", "<<HKDevice: 0x1>, name:X, model:Y>"),
		}
		attributes = rapid.Permutation(attributes).Draw(t, "order")
		b.WriteString("<Record " + strings.Join(attributes, rapid.SampledFrom([]string{" ", "\n\t"}).Draw(t, "blank")))
		b.WriteString(rapid.SampledFrom([]string{"/>", " />", "></Record>", ">\n <MetadataEntry key=\"k\" value='>'/>\n</Record>"}).Draw(t, "end"))
	}
	for range rapid.IntRange(0, 25).Draw(t, "pieces") {
		switch rapid.IntRange(0, 9).Draw(t, "piece") {
		case 0:
			b.WriteString("<!-- <Record > - ->-->")
		case 1:
			b.WriteString("<![CDATA[ <Record type=\"]> ]]>")
		case 2:
			b.WriteString("<?x <Record ?>")
		case 3:
			b.WriteString("<Correlation type='x'>")
			record()
			b.WriteString("</Correlation >")
		case 4:
			b.WriteString("<Workout a='1'><WorkoutStatistics type=\"HKQuantityTypeIdentifierHeartRate\"/></Workout>\n text &amp; more\n")
		default:
			record()
		}
	}
	b.WriteString("</HealthData>\n")
	return b.String()
}

// attr writes an attribute.
func attr(t *rapid.T, name, value string) string {
	quote := rapid.SampledFrom([]string{`"`, `'`}).Draw(t, "quote")
	value = strings.NewReplacer("&", "&amp;", "<", "&lt;", quote, rapid.SampledFrom([]string{"&#34;", "&#x22;", "&quot;"}).Draw(t, "reference")).Replace(value)
	if quote == "'" {
		value = strings.NewReplacer("&#34;", "&#39;", "&#x22;", "&#x27;", "&quot;", "&apos;").Replace(value)
	}
	return name + rapid.SampledFrom([]string{"=", " = "}).Draw(t, "equals") + quote + value + quote
}

func TestReadsWhatAParserReads(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := drawExport(t)
		want := lines(oracle(t, text))
		r := devicetest.ReadBytes(applehealth.Formats(), []byte(text), device.Given{})
		if got := gotLines(r); r.Err != nil || !slices.Equal(got, want) {
			t.Fatalf("got %v\n%s\nwant\n%s\nof\n%s", r.Err, strings.Join(got, "\n"), strings.Join(want, "\n"), text)
		}
	})
}

// TestTagsAcrossTheBuffer moves the same records over the edge of the buffer
// byte by byte, and gives them in small pieces.
func TestTagsAcrossTheBuffer(t *testing.T) {
	t.Parallel()
	var body strings.Builder
	for i := range 3 {
		fmt.Fprintf(&body, "<!-- <Record > --><Correlation type=\"x\"><Record/></Correlation><![CDATA[<Record ]]>"+
			"<Record type=\"HKQuantityTypeIdentifierOxygenSaturation\" sourceName='a&lt;b' unit=\"%%\" startDate=\"2025-07-01 22:12:0%d -0400\" value=\"0.9%d\"/>", i, i)
	}
	want := ""
	for shift := range body.Len() + 20 {
		pad := strings.Repeat(" ", 64<<10-body.Len()-20+shift)
		text := "<HealthData>" + pad + body.String() + "</HealthData>"
		r := devicetest.ReadBytes(applehealth.Formats(), []byte(text), device.Given{})
		if want == "" {
			want = r.Dump()
		}
		if r.Rows.Len() != 3 || r.Err != nil || r.Dump() != want {
			t.Fatalf("moved by %d: got %s", shift, r.Dump())
		}
	}
	for _, small := range []func(io.Reader) io.Reader{iotest.OneByteReader, iotest.HalfReader, iotest.DataErrReader} {
		text := "<HealthData>" + body.String() + "</HealthData>"
		var got devicetest.Result
		_, err := device.Open("x", small(strings.NewReader(text)), device.Given{}, device.DefaultLimits, func(src *device.Source) error {
			b, err := io.ReadAll(src.R)
			got = devicetest.ReadBytes(applehealth.Formats(), bytes.Clone(b), device.Given{})
			return err
		})
		if err != nil || got.Rows.Len() != 3 {
			t.Errorf("in pieces: %d rows, %v", got.Rows.Len(), err)
		}
	}
}
