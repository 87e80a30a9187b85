// Package telemetry measures how well the server does its work: how long
// readings and alarms take, what is refused, what waits. It knows no device, no
// person and no value; no label of it can grow with what is connected.
package telemetry

import (
	"net/http"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"pleth/internal/analysis"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// seconds are the bounds of latencies: those of the objectives are among them.
var seconds = []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30}

// lags are the bounds of what follows behind by design.
var lags = []float64{1, 5, 10, 20, 30, 31, 32, 35, 40, 60, 120, 300, 600}

// Telemetry is the instruments of one server. Use New. It is safe for
// concurrent use.
type Telemetry struct {
	registry *prometheus.Registry
	clock    func() int64
	armed    atomic.Bool
	past     past
	from     Sources  // set by Watch
	reasons  []string // why readings are refused

	acknowledged *prometheus.HistogramVec
	push         prometheus.Histogram
	fresh        prometheus.Histogram
	watermark    prometheus.Histogram
	alarm        prometheus.Histogram
	refused      *prometheus.CounterVec
	expected     prometheus.Counter
	arrived      prometheus.Counter
	values       *prometheus.CounterVec
	measured     prometheus.Counter // of values
	missing      prometheus.Counter // of values
	doubted      prometheus.Counter
}

// New returns instruments by a clock, nanoseconds UTC.
func New(clock func() int64, program analysis.Program) *Telemetry {
	t := &Telemetry{registry: prometheus.NewRegistry(), clock: clock}
	t.acknowledged = histograms("pleth_ingest_acknowledge_seconds", "From the receipt of readings to their acknowledgement, on disk and applied.", seconds, "door")
	t.push = histogram("pleth_push_seconds", "From the receipt of a reading to when it was written to a live client.", seconds)
	t.fresh = histogram("pleth_freshness_seconds", "From the event time of a live reading to when it can be asked for. Readings received more than a minute after their time are backfill and not counted.", seconds)
	t.watermark = histogram("pleth_watermark_lag_seconds", "How far the watermarks of devices heard of in the last ten minutes lie behind the clock; one observation for each device at each scrape.", lags)
	t.alarm = histogram("pleth_alarm_seconds", "From the event time at which the delay of an alarm was over to its record. Alarms of single readings, which wait three seconds for others, and those older than two minutes, which come of backfill, are not counted.", seconds)
	t.refused = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pleth_refused_total", Help: "Readings that were not taken, by the first reason; busy and store: batches that the queues or the disk did not take."}, []string{"reason"})
	t.expected = counter("pleth_sequence_expected_total", "Readings that the sequence numbers of devices say were made.")
	t.arrived = counter("pleth_sequence_arrived_total", "Readings with a sequence number that came, once each.")
	t.values = prometheus.NewCounterVec(prometheus.CounterOpts{Name: "pleth_saturation_readings_total", Help: "Live readings that carry a saturation, measured or stated as missing."}, []string{"state"})
	t.measured, t.missing = t.values.WithLabelValues(measured), t.values.WithLabelValues(missing)
	t.doubted = counter("pleth_poor_signal_readings_total", "Live readings whose device rates its signal below 50 %.")
	build := prometheus.NewGauge(prometheus.GaugeOpts{Name: "pleth_build_info", Help: "1; the labels say which program runs.", ConstLabels: prometheus.Labels{"version": program.Version, "commit": program.Commit}})
	build.Set(1)
	t.registry.MustRegister(t.acknowledged, t.push, t.fresh, t.alarm, t.refused, t.expected, t.arrived, t.values, t.doubted, build,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	// What never happened is 0, not absent: a rate over it is a number.
	for _, door := range doorNames {
		t.acknowledged.WithLabelValues(door)
	}
	for _, reason := range append(readings.Codes(), "busy", "store") {
		t.refused.WithLabelValues(string(reason))
		t.reasons = append(t.reasons, string(reason))
	}
	t.past.began = clock()
	for _, state := range []string{measured, missing} {
		t.values.WithLabelValues(state)
	}
	return t
}

// States of a saturation.
const (
	measured = "measured"
	missing  = "missing"
)

func histogram(name, help string, buckets []float64) prometheus.Histogram {
	return prometheus.NewHistogram(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets})
}

func histograms(name, help string, buckets []float64, label string) *prometheus.HistogramVec {
	return prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: name, Help: help, Buckets: buckets}, []string{label})
}

func counter(name, help string) prometheus.Counter {
	return prometheus.NewCounter(prometheus.CounterOpts{Name: name, Help: help})
}

// Arm begins to count: what was told before was read back from the log.
func (t *Telemetry) Arm() { t.armed.Store(true) }

// Handler serves the metrics as Prometheus reads them.
func (t *Telemetry) Handler() http.Handler {
	return promhttp.HandlerFor(t.registry, promhttp.HandlerOpts{})
}

// Acknowledged notes that a batch was acknowledged now. Imports of files take
// the time they take and are not counted.
func (t *Telemetry) Acknowledged(b *reading.Batch) {
	if b.Door != "import" && b.Recording == "" {
		t.acknowledged.WithLabelValues(b.Door).Observe(t.since(b.Received))
	}
}

// Busy notes a batch of rows that the queues did not take.
func (t *Telemetry) Busy(rows int) { t.refused.WithLabelValues("busy").Add(float64(rows)) }

// Unwritten notes a batch of rows that the disk did not take.
func (t *Telemetry) Unwritten(rows int) { t.refused.WithLabelValues("store").Add(float64(rows)) }

// Refused notes readings that were not taken.
func (t *Telemetry) Refused(list []readings.Refusal) {
	for i := range list {
		if p := list[i].Problems; len(p) > 0 {
			t.refused.WithLabelValues(string(p[0].Code)).Inc()
		}
	}
}

// Pushed notes that a reading was written to a live client d after its receipt.
func (t *Telemetry) Pushed(d time.Duration) { t.push.Observe(max(0, d.Seconds())) }

// freshFor is how long after its event time an alarm still tells people
// something; an older one comes of backfill.
const freshFor = 2 * time.Minute

// Sounded notes an alarm whose delay was over at an event time.
func (t *Telemetry) Sounded(at int64) {
	if t.armed.Load() && t.clock()-at < int64(freshFor) {
		t.alarm.Observe(t.since(at))
	}
}

func (t *Telemetry) since(at int64) float64 {
	return max(0, time.Duration(t.clock()-at).Seconds())
}
