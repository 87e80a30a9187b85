package oximetry

import "pleth/internal/signal"

// HighSD is the standard deviation of five minutes, in points, from which the
// level counts as highly variable. Source: docs/definitions/variability.md.
const HighSD = 2 * signal.One
