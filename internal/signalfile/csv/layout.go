package csv

import (
	"bytes"
	"fmt"
	"strings"
	"unicode"

	"pleth"
	"pleth/internal/device"
)

// layout is where things stand in a file.
type layout struct {
	sep     byte
	skip    int // lines before the first row
	width   int // fields of a row
	need    int // fields up to the last column that is read
	time    int // column of the time, -1: none
	date    int // column of the date, -1: none
	metrics []column
	unit    int64  // nanoseconds of 1 in a column of elapsed time
	stamps  stamps // their form, from the first row
	found   bool   // a row with a time was there to tell the form by
}

// column is a metric and where it stands.
type column struct {
	index  int
	metric pleth.Metric
}

const (
	// headLines is how far the header of a file may be from its beginning.
	headLines = 200
	// listedNames is how many columns an error lists.
	listedNames = 40
)

var separators = []byte{',', ';', '\t', '|'}

// findLayout finds the columns by what the user said of them, or by a header
// that explains itself. With an error the layout is nil, unless SpO2 was found
// and only the times are amiss.
func findLayout(head device.Head) (*layout, error) {
	if !isText(head.Bytes) {
		return nil, &device.Error{What: "this is no text", Do: "give a text file of separated values"}
	}
	var wishes []wish
	if head.Given.Columns != "" {
		var err error
		if wishes, err = parseColumns(head.Given.Columns); err != nil {
			return nil, err
		}
	}
	lines, seps := firstLines(head)
	for i := range lines {
		best := (*layout)(nil)
		for _, sep := range seps {
			f := device.Fields(nil, lines[i], sep)
			if best != nil && len(f) <= best.width {
				continue
			}
			if l := match(wishes, lines, i, sep); l != nil {
				best = l
			}
		}
		if best == nil {
			continue
		}
		if best.time < 0 && head.Given.Interval <= 0 {
			return best, &device.Error{What: "no column of times is named or explains itself",
				Do: "name one with --columns time=NAME,spo2=NAME, or say with --interval how far the rows are apart"}
		}
		return best, best.tell(lines)
	}
	return nil, notFound(wishes, lines, seps)
}

// isText reports whether b can be text: no control characters but tab, line
// ends and form feed, zero bytes at the end apart.
func isText(b []byte) bool {
	b = bytes.TrimRight(b, "\x00")
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\n' && c != '\r' && c != '\f' || c == 0x7f {
			return false
		}
	}
	return len(b) > 0
}

// firstLines returns the first lines of the head, blank and half ones
// excluded as nil, and the separators to try.
func firstLines(head device.Head) ([][]byte, []byte) {
	var all [][]byte
	seps := separators
	l := device.LinesOf(head.Bytes)
	for len(all) < headLines && l.Next() {
		line := l.Bytes()
		switch {
		case !l.Ended() && !head.Whole, len(bytes.TrimSpace(line)) == 0:
			line = nil
		case len(all) == 0 && len(line) == 5 && bytes.HasPrefix(line, []byte("sep=")):
			seps, line = []byte{line[4]}, nil // a directive of spreadsheet programs
		}
		all = append(all, line)
	}
	return all, seps
}

// match returns the layout if line i is the header that the wishes name, or,
// without wishes, one that explains itself, or, if the wishes are numbers
// alone, the first row. Otherwise it returns nil.
func match(wishes []wish, lines [][]byte, i int, sep byte) *layout {
	if lines[i] == nil {
		return nil
	}
	f := device.Fields(nil, lines[i], sep)
	l := &layout{sep: sep, skip: i + 1, width: len(f), time: -1, date: -1, unit: device.Second}
	if len(wishes) == 0 {
		for c := range f {
			if r, ok := explained(plainName(f[c])); ok && !l.take(r, c) {
				return nil
			}
		}
		if l.time < 0 {
			l.time, l.date = l.date, -1 // the date holds the time
		}
		if !l.has(pleth.SpO2) {
			return nil
		}
		return l.withUnit(f)
	}
	numbers := true
	for _, w := range wishes {
		c, n := find(w, f)
		numbers = numbers && n
		if c < 0 || !l.take(w.role, c) {
			return nil
		}
	}
	if numbers && !l.isRow(f) {
		// A header, if a row follows; its names are not needed.
		if i+1 >= len(lines) || lines[i+1] == nil || !l.isRow(device.Fields(nil, lines[i+1], sep)) {
			return nil
		}
	} else if numbers {
		l.skip = i
		return l
	}
	return l.withUnit(f)
}

// find returns the column of f that a wish means, -1 if there is none or
// several, and whether it goes by number. A number is never a name: the rows
// are full of numbers.
func find(w wish, f [][]byte) (int, bool) {
	if c, ok := w.number(); ok {
		if c >= len(f) {
			return -1, true
		}
		return c, true
	}
	at := -1
	for c := range f {
		if strings.EqualFold(plainName(f[c]), w.name) {
			if at >= 0 {
				return -1, false
			}
			at = c
		}
	}
	return at, false
}

// take notes that role r is in column c; false if it is in another already.
// Of two columns of time the first is taken: one is often the other, written
// differently.
func (l *layout) take(r role, c int) bool {
	switch r.kind {
	case ofTime:
		if l.time >= 0 {
			return true
		}
		l.time = c
	case ofDate:
		if l.date >= 0 {
			return true
		}
		l.date = c
	case ofMetric:
		if l.has(r.metric) {
			return r.metric != pleth.SpO2
		}
		l.metrics = append(l.metrics, column{c, r.metric})
	}
	l.need = max(l.need, c+1)
	return true
}

func (l *layout) has(m pleth.Metric) bool {
	for _, c := range l.metrics {
		if c.metric == m {
			return true
		}
	}
	return false
}

// withUnit sets the unit of elapsed times by the header f.
func (l *layout) withUnit(f [][]byte) *layout {
	if l.time >= 0 {
		l.unit = columnUnit(plainName(f[l.time]))
	}
	return l
}

// isRow reports whether f is a row: SpO2 is a number or missing, and the time
// is one if there is one.
func (l *layout) isRow(f [][]byte) bool {
	if len(f) < l.need {
		return false
	}
	for _, c := range l.metrics {
		if _, ok := number(f[c.index]); c.metric == pleth.SpO2 && !ok && !isMissing(f[c.index]) {
			return false
		}
	}
	if l.time < 0 {
		return true
	}
	_, _, ok := l.firstTime(f)
	return ok
}

// firstTime tells the form of the times by the row f. It returns the column of
// the date, -1 if the column of the time holds it or there is none, and
// whether there is a time.
func (l *layout) firstTime(f [][]byte) (stamps, int, bool) {
	var alone, twin stamps
	ok := alone.first(nil, f[l.time], l.unit)
	if l.date < 0 || ok && (alone.form == calendar || alone.form == epoch) {
		return alone, -1, ok
	}
	if twin.first(f[l.date], f[l.time], l.unit) {
		return twin, l.date, true
	}
	return alone, -1, ok
}

// stamp returns the fields of the date, nil if there is no such column, and
// of the time.
func (l *layout) stamp(f [][]byte) (date, clock []byte) {
	if l.date >= 0 {
		date = f[l.date]
	}
	return date, f[l.time]
}

// tell finds the form of the times by the first row that has one. If there
// are rows and none has, that is an error.
func (l *layout) tell(lines [][]byte) error {
	if l.time < 0 {
		return nil
	}
	bad := 0
	for i := l.skip; i < len(lines); i++ {
		f := device.Fields(nil, lines[i], l.sep)
		if lines[i] == nil || len(f) < l.need {
			continue
		}
		if s, date, ok := l.firstTime(f); ok {
			l.stamps, l.date, l.found = s, date, true
			return nil
		}
		if bad == 0 {
			bad = i + 1
		}
	}
	if bad > 0 {
		return &device.Error{At: device.Line(bad), What: "the time of this row, and of those after it, is of no form that is read here",
			Do: "write 2025-03-06 22:20:56, 06.03.2025 22:20:56, 03/06/2025 10:20:56 PM, seconds since 1970 or elapsed seconds"}
	}
	return nil
}

// notFound returns the error of a file whose columns were not found. It lists
// the columns of the line that looks like a header.
func notFound(wishes []wish, lines [][]byte, seps []byte) error {
	if len(wishes) == 0 {
		return &device.Error{What: "no header explains which column holds SpO2", Do: "name the columns: " + columnsForm}
	}
	f, at := likelyHeader(lines, seps)
	if f == nil {
		return &device.Error{What: "the columns named with --columns are not in the file, which has no header", Do: "give numbers from 1 instead of names"}
	}
	var names []string
	missing := "a column named with --columns"
	for _, name := range f {
		names = append(names, plainName(name))
	}
	for _, w := range wishes {
		if c, _ := find(w, f); c < 0 {
			missing = fmt.Sprintf("the column %q", w.name)
			break
		}
	}
	more := ""
	if len(names) > listedNames {
		names, more = names[:listedNames], " and more"
	}
	return &device.Error{At: device.Line(at), What: missing + " is not there, or is there twice",
		Do: "choose from " + strings.Map(printable, strings.Join(names, ", ")) + more + ", or give its number from 1"}
}

// likelyHeader returns the fields and number of the first line of names that
// values follow: as many fields in the next two lines, more than half of them
// numbers or times. Where there is none it returns nil: other lines may hold
// the name of a patient, and are not shown.
func likelyHeader(lines [][]byte, seps []byte) ([][]byte, int) {
	for i := 0; i+1 < len(lines); i++ {
		for _, sep := range seps {
			f := device.Fields(nil, lines[i], sep)
			n := len(f)
			if values, _ := valuesIn(f); n < 2 || values > 0 || !followed(lines[i+1:min(i+3, len(lines))], sep, n) {
				continue
			}
			return f, i + 1
		}
	}
	return nil, 0
}

// followed reports whether all lines have n fields, more than half of them
// values or empty.
func followed(lines [][]byte, sep byte, n int) bool {
	for _, line := range lines {
		f := device.Fields(nil, line, sep)
		if values, none := valuesIn(f); len(f) != n || 2*(values+none) <= n {
			return false
		}
	}
	return true
}

// valuesIn returns how many fields are numbers or times, and how many are empty.
func valuesIn(f [][]byte) (values, none int) {
	for _, b := range f {
		_, ok := number(b)
		switch {
		case len(b) == 0:
			none++
		case ok || isMissing(b) || b[0] >= '0' && b[0] <= '9':
			values++
		}
	}
	return values, none
}

func printable(r rune) rune {
	if !unicode.IsGraphic(r) {
		return '?'
	}
	return r
}
