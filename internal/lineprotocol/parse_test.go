package lineprotocol

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	influx "github.com/influxdata/line-protocol/v2/lineprotocol"
)

// dump writes what is in a body in a plain form.
func dump(body string) string {
	var out strings.Builder
	s := scanner{body: []byte(body)}
	for s.next() {
		fmt.Fprintf(&out, "%d:", s.line.number)
		if s.line.fault != "" {
			fmt.Fprintf(&out, " %s in %q\n", s.line.fault, s.raw())
			continue
		}
		measurement, fault := eachTag(s.line.key, func(name, value []byte) {
			fmt.Fprintf(&out, " %s=%s", unescape(name, nameSpecial), unescape(value, nameSpecial))
		})
		fmt.Fprintf(&out, " of %s", unescape(measurement, measurementSpecial))
		for _, f := range s.line.fields {
			value := f.value
			if f.kind == text {
				value = unescape(value, textSpecial)
			}
			fmt.Fprintf(&out, " %s=%d(%s)", unescape(f.key, nameSpecial), f.kind, value)
		}
		fmt.Fprintf(&out, " at %q %s\n", s.line.stamp, fault)
	}
	return out.String()
}

func TestParts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, body, want string }{
		{"the example", "tissue_o2,deviceId=device-42,firmware=1.2.3 local_tissue_o2=36.5,spo2=97.1,signal_quality=80 1672531200000000000",
			`1: deviceId=device-42 firmware=1.2.3 of tissue_o2 local_tissue_o2=0(36.5) spo2=0(97.1) signal_quality=0(80) at "1672531200000000000" ` + "\n"},
		{"types", `m a=1i,b=2u,c=t,d=FALSE,e="x\"y\\z, =",f=-1e3`,
			`1: of m a=1(1) b=2(2) c=3(t) d=3(FALSE) e=4(x"y\z, =) f=0(-1e3) at "" ` + "\n"},
		{"escapes", `m\ x\,y,a\=b=c\ d\,e f\ g=1 5`, `1: a=b=c d,e of m x,y f g=0(1) at "5" ` + "\n"},
		{"a backslash that escapes nothing", `m\n,a=\b c=1`, `1: a=\b of m\n c=0(1) at "" ` + "\n"},
		{"blank lines, comments and blanks", "\n# no\n\r\n  m a=1  7 \r\n\nm a=2", "4: of m a=0(1) at \"7\" \n6: of m a=0(2) at \"\" \n"},
		{"a line feed in a text", "m a=\"x\ny\" 1\nm a=2", "1: of m a=4(x\ny) at \"1\" \n3: of m a=0(2) at \"\" \n"},
		{"an open text spoils one line", "m a=\"x\nm a=2\nm b=\"", "1: of m a=4(x\nm a=2\nm b=) at \"\" \n"},
		{"an open text with nothing to close it", "m a=\"x\nm a=2\nm b=3", "1: a text is not closed in \"m a=\\\"x\"\n2: of m a=0(2) at \"\" \n3: of m b=0(3) at \"\" \n"},
		{"no fields", "m\nm a=1", "1: there are no fields in \"m\"\n2: of m a=0(1) at \"\" \n"},
		{"a field without a value", "m a\nm a=,b=1\nm =1\nm a=1,", "1: a field has no value in \"m a\"\n2: a field has no value in \"m a=,b=1\"\n3: a field has no name in \"m =1\"\n4: there are no fields in \"m a=1,\"\n"},
		{"more than a time", "m a=1 2 3\nm a=\"x\"y", "1: something follows the time in \"m a=1 2 3\"\n2: something follows a text in \"m a=\\\"x\\\"y\"\n"},
		{"a tag without a value", "m,a b=1\nm,a= b=1\n,a=b c=1", "1: of m b=0(1) at \"\" a tag has no value\n2: of m b=0(1) at \"\" a tag has no value\n3: of  c=0(1) at \"\" there is no measurement\n"},
	} {
		if got := dump(c.body); got != c.want {
			t.Errorf("%s: got\n%swant\n%s", c.name, got, c.want)
		}
	}
}

// FuzzParts compares with the parser of InfluxData: a body in which that one
// finds no fault has the same parts here.
func FuzzParts(f *testing.F) {
	for _, body := range []string{
		"tissue_o2,deviceId=device-42,firmware=1.2.3 local_tissue_o2=36.5,spo2=97.1,signal_quality=80 1672531200000000000",
		"m\\ x\\,y,a\\=b=c\\ d f=\"q\\\"\\\\\n\" 1\r\n# c\n\nm a=1i,b=2u,c=t -5\nm a=\"", `m,a=\ b\\ c=1`, "m a=1 ", "m,a=b c=1\xff",
	} {
		f.Add([]byte(body))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		for _, own := range []string{`\t`, `\n`, `\r`} { // escapes that it alone knows in texts
			if bytes.Contains(body, []byte(own)) {
				return
			}
		}
		s := scanner{body: body}
		d := influx.NewDecoderWithBytes(body)
		for s.next() {
			if len(s.raw()) == 0 {
				t.Fatal("a point without bytes")
			}
			if !d.Next() {
				break
			}
			want, ok := theirs(d)
			if !ok {
				return
			}
			if got := ours(&s.line); s.line.fault == "" && got != want {
				t.Fatalf("got %s, want %s", got, want)
			} else if s.line.fault != "" {
				t.Fatalf("%s: %q", s.line.fault, want)
			}
		}
	})
}

func theirs(d *influx.Decoder) (string, bool) {
	var out strings.Builder
	m, err := d.Measurement()
	if err != nil {
		return "", false
	}
	fmt.Fprintf(&out, "%q", m)
	for {
		k, v, err := d.NextTag()
		if err != nil {
			return "", false
		}
		if k == nil {
			break
		}
		fmt.Fprintf(&out, " %q=%q", k, v)
	}
	for {
		k, v, err := d.NextField()
		if err != nil {
			return "", false
		}
		if k == nil {
			break
		}
		if v.Kind() == influx.String {
			fmt.Fprintf(&out, " %q=%q", k, v.StringV())
		} else {
			fmt.Fprintf(&out, " %q=%v", k, v.Kind())
		}
	}
	b, err := d.TimeBytes()
	if err != nil {
		return "", false
	}
	fmt.Fprintf(&out, " at %q", b)
	return out.String(), true
}

func ours(l *line) string {
	var tags strings.Builder
	m, _ := eachTag(l.key, func(name, value []byte) {
		fmt.Fprintf(&tags, " %q=%q", unescape(name, nameSpecial), unescape(value, nameSpecial))
	})
	var out strings.Builder
	fmt.Fprintf(&out, "%q%s", unescape(m, measurementSpecial), tags.String())
	for _, f := range l.fields {
		key := unescape(f.key, nameSpecial)
		if f.kind == text {
			fmt.Fprintf(&out, " %q=%q", key, unescape(f.value, textSpecial))
		} else {
			fmt.Fprintf(&out, " %q=%v", key, [...]influx.ValueKind{influx.Float, influx.Int, influx.Uint, influx.Bool}[f.kind])
		}
	}
	fmt.Fprintf(&out, " at %q", l.stamp)
	return out.String()
}
