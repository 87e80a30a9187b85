package telemetry

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	dto "github.com/prometheus/client_model/go"

	"pleth/internal/road"
)

// Sources are what is asked when the metrics are read. All are required.
type Sources struct {
	Totals  func() road.Counts
	Devices func() []road.DeviceState
	Waiting func() int64                            // readings in the queues of the road
	Letters func() (letters, readings, bytes int64) // dead letters kept
	Clients func() (clients, alarms int)            // live clients, alarms that stand
	// Messages are those to people that wait, and those that were given up.
	Messages func() (waiting, givenUp int64)
	// Integrations are what is watched; an error leaves them out.
	Integrations func() ([]Integration, error)
	Sync         func() prometheus.Metric                 // histogram of the syncs of the log; nil: unknown
	Disk         func() (bytes uint64, compactions int64) // of the storage; bytes that wait for compaction
	// Written is what the storage has written since the start: records to its
	// log, with what it adds to them; tables the first time, and again.
	Written func() (log, first, again uint64)
}

// Integration is how one integration is.
type Integration struct {
	Name, Group string
	Colour      string    // green, yellow, red or grey
	Checked     time.Time // of the last check that did not fail; zero: none
	Good        time.Time // when it was green last; zero: never
	Incidents   int64     // open ones
	Findings    int64     // that are confirmed and stand
}

// colours of an integration.
var colours = []string{"green", "yellow", "red", "grey"}

// heard is how long a device counts as heard of.
const heard = 10 * time.Minute

// sources collects Sources.
type sources struct {
	Sources
	t *Telemetry

	readings, letters, letterReadings, letterBytes, waiting, clients, alarms, messages, devices, sync, disk, debt, written, colour, checked, good, incidents, findings *prometheus.Desc
}

// Watch adds what s says. It is called once.
func (t *Telemetry) Watch(s Sources) {
	t.from = s
	t.Sample()
	d := func(name, help string, labels ...string) *prometheus.Desc {
		return prometheus.NewDesc(name, help, labels, nil)
	}
	t.registry.MustRegister(&sources{Sources: s, t: t,
		readings:       d("pleth_readings_total", "What became of readings that were taken: accepted, late, conflict, duplicate.", "outcome"),
		letters:        d("pleth_dead_letters", "Dead letters kept."),
		letterReadings: d("pleth_dead_letter_readings", "Readings in the dead letters."),
		letterBytes:    d("pleth_dead_letter_bytes", "Bytes of the dead letters on disk."),
		waiting:        d("pleth_queue_readings", "Readings received that wait to be written to the log: how far the log follows behind the doors."),
		clients:        d("pleth_live_clients", "Clients of the live WebSocket."),
		alarms:         d("pleth_alarms", "Alarms that stand."),
		messages:       d("pleth_messages", "Messages to people in the outbox: waiting, or given_up since it was made.", "state"),
		devices:        d("pleth_devices", "Devices heard of in the last ten minutes."),
		sync:           d("pleth_log_sync_seconds", "Time of one sync of the log to the disk."),
		disk:           d("pleth_storage_bytes", "Bytes of log and series on disk."),
		debt:           d("pleth_storage_compaction_debt_bytes", "Bytes that wait for compaction."),
		written:        d("pleth_storage_written_bytes_total", "Bytes the storage wrote: to its log, to tables the first time (first), to tables again as they were compacted (again).", "to"),
		colour:         d("pleth_integration_colour", "1 for the colour that an integration has, 0 for the others.", "integration", "group", "colour"),
		checked:        d("pleth_integration_checked_timestamp_seconds", "When an integration was checked last without failing.", "integration", "group"),
		good:           d("pleth_integration_good_timestamp_seconds", "When an integration was green last.", "integration", "group"),
		incidents:      d("pleth_integration_incidents", "Open incidents of an integration.", "integration", "group"),
		findings:       d("pleth_integration_findings", "Findings of an integration that are confirmed and stand.", "integration", "group"),
	})
}

// Describe implements prometheus.Collector.
func (s *sources) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{s.readings, s.letters, s.letterReadings, s.letterBytes, s.waiting, s.clients, s.alarms, s.messages, s.devices, s.sync, s.disk, s.debt, s.written, s.colour, s.checked, s.good, s.incidents, s.findings} {
		to <- d
	}
	s.t.watermark.Describe(to)
}

// Collect implements prometheus.Collector.
func (s *sources) Collect(to chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64) { to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v) }
	n := s.Totals()
	for _, c := range []struct {
		outcome string
		n       int64
	}{{"accepted", n.Accepted}, {"late", n.Late}, {"conflict", n.Conflicts}, {"duplicate", n.Duplicates}} {
		to <- prometheus.MustNewConstMetric(s.readings, prometheus.CounterValue, float64(c.n), c.outcome)
	}
	letters, readings, bytes := s.Letters()
	gauge(s.letters, float64(letters))
	gauge(s.letterReadings, float64(readings))
	gauge(s.letterBytes, float64(bytes))
	gauge(s.waiting, float64(s.Waiting()))
	clients, alarms := s.Clients()
	gauge(s.clients, float64(clients))
	gauge(s.alarms, float64(alarms))
	waiting, lost := s.Messages()
	to <- prometheus.MustNewConstMetric(s.messages, prometheus.GaugeValue, float64(waiting), "waiting")
	to <- prometheus.MustNewConstMetric(s.messages, prometheus.GaugeValue, float64(lost), "given_up")
	disk, debt := s.Disk()
	gauge(s.disk, float64(disk))
	gauge(s.debt, float64(debt))
	log, first, again := s.Written()
	for _, c := range []struct {
		to string
		n  uint64
	}{{"log", log}, {"first", first}, {"again", again}} {
		to <- prometheus.MustNewConstMetric(s.written, prometheus.CounterValue, float64(c.n), c.to)
	}
	s.integrations(to)
	now := s.t.clock()
	devices := 0
	for _, d := range s.Devices() {
		if d.Watermark != 0 && now-d.Received < int64(heard) {
			devices++
			s.t.watermark.Observe(max(0, time.Duration(now-d.Watermark).Seconds()))
		}
	}
	s.t.watermark.Collect(to) // here, so that it holds what was just observed
	gauge(s.devices, float64(devices))
	if all, sum := syncs(s.Sync()); all != nil {
		bounds := map[float64]uint64{}
		for i, bound := range seconds {
			bounds[bound] = all[i]
		}
		to <- prometheus.MustNewConstHistogram(s.sync, all[len(seconds)], sum, bounds)
	}
}

// integrations gives the metrics of integrations. What was never is left out.
func (s *sources) integrations(to chan<- prometheus.Metric) {
	list, err := s.Integrations()
	if err != nil {
		to <- prometheus.NewInvalidMetric(s.colour, err)
		return
	}
	for _, in := range list {
		gauge := func(d *prometheus.Desc, v float64) {
			to <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, in.Name, in.Group)
		}
		for _, c := range colours {
			v := 0.0
			if c == in.Colour {
				v = 1
			}
			to <- prometheus.MustNewConstMetric(s.colour, prometheus.GaugeValue, v, in.Name, in.Group, c)
		}
		if !in.Checked.IsZero() {
			gauge(s.checked, float64(in.Checked.Unix()))
		}
		if !in.Good.IsZero() {
			gauge(s.good, float64(in.Good.Unix()))
		}
		gauge(s.incidents, float64(in.Incidents))
		gauge(s.findings, float64(in.Findings))
	}
}

// syncs returns the cumulative counts by the bounds of seconds, and of all, of a
// histogram whose own bounds are nanoseconds, and the sum of its seconds. nil:
// there is none.
func syncs(from prometheus.Metric) (all []uint64, sum float64) {
	if from == nil {
		return nil, 0
	}
	var m dto.Metric
	if err := from.Write(&m); err != nil || m.Histogram == nil {
		return nil, 0
	}
	const ns = 1e9
	all = make([]uint64, len(seconds)+1)
	for i, bound := range seconds {
		for _, b := range m.Histogram.Bucket {
			if b.GetUpperBound() <= bound*ns {
				all[i] = max(all[i], b.GetCumulativeCount())
			}
		}
	}
	all[len(seconds)] = m.Histogram.GetSampleCount()
	return all, m.Histogram.GetSampleSum() / ns
}
