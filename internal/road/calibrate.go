package road

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"math/big"
	"slices"

	"pleth"
	"pleth/internal/eventlog"
	"pleth/internal/reading"
)

// curve is a calibration ready for use: exact rational coefficients from the
// constant term up.
type curve struct {
	metric pleth.Metric
	coef   []*big.Rat
}

// newCurve checks a calibration and folds gain and offset into the polynomial.
func newCurve(c *Calibration) (*curve, error) {
	f, ok := reading.FieldNamed(c.Metric)
	if !ok {
		return nil, refuse("metric: %q is no field of a reading", c.Metric)
	}
	number := func(what, text, without string) (*big.Rat, error) {
		if text == "" {
			text = without
		}
		v, ok := pleth.ParseValue([]byte(text))
		if !ok {
			return nil, refuse("%s: %q is no decimal number", what, text)
		}
		m, scale := v.Mantissa()
		return big.NewRat(m, pleth.Pow10(scale)), nil
	}
	gain, err := number("gain", c.Gain, "1")
	if err != nil {
		return nil, err
	}
	offset, err := number("offset", c.Offset, "0")
	if err != nil {
		return nil, err
	}
	out := &curve{metric: f.Metric}
	if len(c.Poly) > 8 {
		return nil, refuse("poly: at most 8 coefficients")
	}
	for _, text := range c.Poly {
		v, err := number("poly", text, "0")
		if err != nil {
			return nil, err
		}
		out.coef = append(out.coef, v)
	}
	if len(out.coef) == 0 {
		out.coef = []*big.Rat{new(big.Rat), big.NewRat(1, 1)}
	}
	for i, v := range out.coef {
		out.coef[i] = new(big.Rat).Mul(v, gain)
	}
	out.coef[0].Add(out.coef[0], offset)
	return out, nil
}

// annotationID names an annotation by where it stands in the log.
func annotationID(p reading.Partition, offset eventlog.Offset) string {
	sum := sha256.Sum256([]byte(p.Device + "\x00" + p.Recording + "\x00" + big.NewInt(int64(offset)).String()))
	return "a-" + hex.EncodeToString(sum[:8])
}

// calibrationAt returns the calibration of metric m in force at t, nil if there
// is none: of those that begin at or before t the last to begin, of equal ones
// the newest version. The result points into all.
func calibrationAt(all []Calibration, m pleth.Metric, t int64) *Calibration {
	var best *Calibration
	for i := range all {
		c := &all[i]
		f, ok := reading.FieldNamed(c.Metric)
		if ok && f.Metric == m && c.From <= t && (best == nil || c.From >= best.From) {
			best = c
		}
	}
	return best
}

// calibrator corrects values by the calibrations of a partition.
type calibrator struct {
	all    []Calibration
	curves []*curve
}

// newCalibrator returns what corrects by all; nil where there are none.
func newCalibrator(all []Calibration) *calibrator {
	if len(all) == 0 {
		return nil
	}
	c := &calibrator{all: slices.Clone(all)}
	for i := range c.all {
		v, err := newCurve(&c.all[i])
		if err != nil {
			panic(err) // it was checked before it was logged
		}
		c.curves = append(c.curves, v)
	}
	return c
}

// value returns the value of metric m at t corrected, and the version of the
// calibration; 0 where there is none.
func (c *calibrator) value(m pleth.Metric, t int64, v pleth.Value) (pleth.Value, int) {
	if c == nil {
		return v, 0
	}
	best := -1
	for i := range c.all {
		if c.curves[i].metric == m && c.all[i].From <= t && (best < 0 || c.all[i].From >= c.all[best].From) {
			best = i
		}
	}
	if best < 0 {
		return v, 0
	}
	return c.curves[best].of(v), c.all[best].Version
}

// table returns t corrected; t itself where there is nothing to correct.
func (c *calibrator) table(t *reading.Table) *reading.Table {
	if c == nil {
		return t
	}
	out := *t
	out.Rows = pleth.Batch{}
	for i := range t.Rows.Len() {
		at := t.Rows.Time(i)
		out.Rows.AddRow(at)
		out.Rows.Mark(t.Rows.Marks(i))
		for _, m := range metrics {
			if v := t.Rows.Value(m, i); !v.IsAbsent() {
				v, _ = c.value(m, at, v)
				out.Rows.Set(m, v)
			}
		}
	}
	return &out
}

// curveDecimals is how many decimals a corrected value has at most: it is
// rounded half to even to them, and keeps no zeros at its end.
const curveDecimals = 6

// of returns the corrected value, exact but for one rounding. What does not
// fit is missing.
func (c *curve) of(v pleth.Value) pleth.Value {
	if !v.Ok() {
		return v
	}
	m, scale := v.Mantissa()
	x := big.NewRat(m, pleth.Pow10(scale))
	y := new(big.Rat)
	for i := len(c.coef) - 1; i >= 0; i-- {
		y.Mul(y, x)
		y.Add(y, c.coef[i])
	}
	y.Mul(y, big.NewRat(pleth.Pow10(curveDecimals), 1))
	q, rest := new(big.Int).QuoRem(y.Num(), y.Denom(), new(big.Int))
	rest.Abs(rest).Lsh(rest, 1)
	if c := rest.Cmp(y.Denom()); c > 0 || c == 0 && q.Bit(0) == 1 {
		q.Add(q, big.NewInt(int64(y.Sign())))
	}
	if !q.IsInt64() || q.Int64() == math.MinInt64 {
		return pleth.Missing()
	}
	return trim(pleth.Num(q.Int64(), curveDecimals))
}
