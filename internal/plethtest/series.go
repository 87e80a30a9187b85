package plethtest

import (
	"math"
	"strconv"
	"strings"
	"testing"
)

// Seconds reads a series such as "300x97 20x93 5x?": 300 s at 97 %, 20 s at
// 93 %, 5 s missing, which are NaN; a bare number stands for one second.
func Seconds(tb testing.TB, text string) []float64 {
	tb.Helper()
	var x []float64
	for _, word := range strings.Fields(text) {
		times, level, ok := strings.Cut(word, "x")
		if !ok {
			times, level = "1", word
		}
		n, err := strconv.Atoi(times)
		if err != nil {
			tb.Fatal(err)
		}
		v := math.NaN()
		if level != "?" {
			if v, err = strconv.ParseFloat(level, 64); err != nil {
				tb.Fatal(err)
			}
		}
		for range n {
			x = append(x, v)
		}
	}
	return x
}
