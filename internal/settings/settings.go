// Package settings reads what all files of settings have in common: durations,
// and errors with their line.
package settings

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Duration is a time.Duration as "30s" or "1h30m" in YAML; "2d" are 48 hours.
// It is never negative; 0 is left out as well.
type Duration time.Duration

// UnmarshalYAML reads a duration such as 1m30s or 35d.
func (d *Duration) UnmarshalYAML(n ast.Node) error {
	text := n.String()
	if s, ok := n.(*ast.StringNode); ok {
		text = s.Value
	}
	v, err := time.ParseDuration(text)
	if number, ok := strings.CutSuffix(text, "d"); ok {
		var days int64
		days, err = strconv.ParseInt(number, 10, 64)
		if days > math.MaxInt64/int64(24*time.Hour) {
			err = strconv.ErrRange
		}
		v = time.Duration(days) * 24 * time.Hour
	}
	if err != nil || v < 0 {
		return fmt.Errorf("line %d: %q is no duration: write 30s, 15m, 1h30m or 35d", n.GetToken().Position.Line, text)
	}
	*d = Duration(v)
	return nil
}

// Or returns d, or def where d is left out.
func (d Duration) Or(def time.Duration) time.Duration {
	if d == 0 {
		return def
	}
	return time.Duration(d)
}

// Explain returns the line and the trouble of an error of the YAML reader,
// without the text around it, which may hold credentials.
func Explain(err error) string {
	var y yaml.Error
	if !errors.As(err, &y) {
		return err.Error()
	}
	at := 0
	if t := y.GetToken(); t != nil && t.Position != nil {
		at = t.Position.Line
	}
	return fmt.Sprintf("line %d: %s", at, y.GetMessage())
}
