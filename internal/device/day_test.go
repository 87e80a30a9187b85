package device_test

import (
	"testing"

	"pleth/internal/device"
)

func TestDayParsesEachDateOnce(t *testing.T) {
	t.Parallel()
	parsed := 0
	parse := func(b []byte) (int64, bool) {
		parsed++
		y, m, d, ok := device.DateParts(b, '-')
		if !ok {
			return 0, false
		}
		return device.Date(y, m, d)
	}
	const oneDay = int64(86400e9)
	tests := []struct {
		text   string
		want   int64
		ok     bool
		parsed int // so far
	}{
		{"1970-01-02", 1 * oneDay, true, 1},
		{"1970-01-02", 1 * oneDay, true, 1},
		{"1970-1-3", 2 * oneDay, true, 2},
		{"1970-01-32", 0, false, 3},
		{"1970-1-3", 2 * oneDay, true, 3},
		{"", 0, false, 4},
		{"1970-01", 0, false, 5},
		{"1970-01-02-03", 0, false, 6},
		{"1970-01-", 0, false, 7},
		{"1970-01-02", 1 * oneDay, true, 8},
	}
	var day device.Day
	for _, test := range tests {
		got, ok := day.Midnight([]byte(test.text), parse)
		if got != test.want || ok != test.ok || parsed != test.parsed {
			t.Errorf("%q: %d, %t after %d parsed; want %d, %t after %d", test.text, got, ok, parsed, test.want, test.ok, test.parsed)
		}
	}
}
