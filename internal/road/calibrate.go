package road

import (
	"crypto/sha256"
	"encoding/hex"
	"math/big"

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
