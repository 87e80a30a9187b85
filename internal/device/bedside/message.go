package bedside

import (
	"math"
	"time"

	"pleth/internal/cmf"
	"pleth/internal/device"
)

// interval returns the time between values of m, 0 where it is aperiodic.
func interval(m *cmf.Message) time.Duration {
	if !(m.Rate > 1e-6 && m.Rate < 1e6) {
		return 0
	}
	return time.Duration(math.Round(float64(device.Second) / m.Rate))
}
