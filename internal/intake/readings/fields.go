package readings

import (
	"fmt"
	"strings"

	"pleth"
	"pleth/internal/reading"
)

// fieldID names a field of a reading: a position in values, or one of the
// constants below.
type fieldID uint8

// The fields that are not values of a metric.
const (
	fieldDevice fieldID = 32 + iota
	fieldSubject
	fieldFirmware
	fieldSeq
	fieldTime
	fieldMarks
	fieldTags
	fieldFlags
	fieldUnknown
)

// value is what intake knows of a field that carries a metric.
type value struct {
	reading.Field
	scale   uint8  // decimals that fit the range in 63 bits
	allowed string // "0..100 %"
	detail  string // what to do about a number outside
}

// values are the fields that carry metrics, in the order of reading.Fields.
var values = func() []value {
	var vs []value
	for _, f := range reading.Fields() {
		v := value{Field: f, scale: pleth.MaxScale, allowed: fmt.Sprintf("%d..%d %s", f.Low, f.High, f.Unit)}
		for max(f.High, -f.Low) > (1<<62)/pleth.Pow10(v.scale) {
			v.scale--
		}
		v.detail = fmt.Sprintf("send %s in %s; null where nothing was measured", f.Name, f.Unit)
		vs = append(vs, v)
	}
	return vs
}()

// guess is a field under one of its names.
type guess struct {
	name string
	id   fieldID
}

// named are the names a reading's fields go by. The first name of each in
// metaNames is the one of answers.
var named = func() map[string]guess {
	m := map[string]guess{}
	for i, v := range values {
		m[v.Name] = guess{v.Name, fieldID(i)}
	}
	for id, names := range metaNames {
		for _, name := range names {
			m[name] = guess{name, id}
		}
	}
	return m
}()

var metaNames = map[fieldID][]string{
	fieldDevice:   {"device_id", "deviceId"},
	fieldSubject:  {"subject_id", "patient_id", "patientId", "subjectId"},
	fieldFirmware: {"firmware_version", "firmwareVersion", "firmware"},
	fieldSeq:      {"seq"},
	fieldTime:     {"timestamp", "time", "timestamp_utc"},
	fieldMarks:    {"marks"},
	fieldTags:     {"tags"},
	fieldFlags:    {"flags"},
}

// valueOf are the positions in values, by metric.
var valueOf = func() map[pleth.Metric]fieldID {
	m := map[pleth.Metric]fieldID{}
	for i, v := range values {
		m[v.Metric] = fieldID(i)
	}
	return m
}()

// nearest returns the known field whose name looks most like name, and how
// many letters apart they are. Case and underscores do not count.
func nearest(name string) (string, int) {
	plain := strings.NewReplacer("_", "", "-", "", " ", "")
	fold := func(s string) string { return plain.Replace(strings.ToLower(s)) }
	best, distance := "", 1<<30
	a := fold(name)
	try := func(known string) {
		if d := apart(a, fold(known)); d < distance || d == distance && known < best {
			best, distance = known, d
		}
	}
	for _, v := range values {
		try(v.Name)
	}
	for _, names := range metaNames {
		for _, n := range names {
			try(n)
		}
	}
	return best, distance
}

// apart is the number of letters to change, add or drop between a and b.
func apart(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := diagonal
			if a[i] != b[j] {
				change++
			}
			diagonal = row[j+1]
			row[j+1] = min(change, row[j]+1, diagonal+1)
		}
	}
	return row[len(b)]
}

// MaxDevice is the length of the longest device id.
const MaxDevice = 128

// ValidDevice reports whether id can name a device: 1 to MaxDevice letters,
// digits and ".", "_", "-", ":", "@", "~" of ASCII, so that it stands in an
// address, a topic and a file name as it is.
func ValidDevice(id string) bool { return validDevice([]byte(id)) }

func validDevice(id []byte) bool {
	if len(id) == 0 || len(id) > MaxDevice || string(id) == "." || string(id) == ".." {
		return false
	}
	for _, c := range id {
		if !deviceByte[c] {
			return false
		}
	}
	return true
}

var deviceByte = func() (t [256]bool) {
	for _, c := range "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:@~" {
		t[c] = true
	}
	return t
}()

// IsPseudonym reports whether s has the form of a pseudonym: "p-" and 26
// letters of base32 in lower case. Nobody is called that, so such an
// identifier stands for itself.
func IsPseudonym(s string) bool {
	if len(s) != 28 || s[:2] != "p-" {
		return false
	}
	for _, c := range []byte(s[2:]) {
		if (c < 'a' || c > 'z') && (c < '2' || c > '7') {
			return false
		}
	}
	return true
}
