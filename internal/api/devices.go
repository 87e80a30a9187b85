package api

import (
	"cmp"
	"net/http"
	"slices"
	"sort"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Device is what is known of one device.
type Device struct {
	ID         string   `json:"device_id"`
	Recordings []string `json:"recordings" doc:"Names of its imports; its live stream is not among them."`
	Live       bool     `json:"live" doc:"It has a live stream."`
	First      *string  `json:"first" doc:"Event time of its oldest reading."`
	Last       *string  `json:"last" doc:"Event time of its newest reading."`
	Received   *string  `json:"received" doc:"When the newest one came."`
	Firmware   string   `json:"firmware_version,omitempty"`
	// The versions ever stated, the oldest first.
	Firmwares []FirmwareChange `json:"firmware_history"`
	Battery   *decimal         `json:"battery_mv,omitempty"`
	Subject   *string          `json:"subject_id" doc:"Who wears it, by pseudonym; null: it is unassigned."`
	Label     string           `json:"label,omitempty" doc:"What screens call who wears it."`
	Bed       string           `json:"bed,omitempty" doc:"Where it stands, by the newest alarm-limits of it."`
	Gateway   string           `json:"gateway,omitempty" doc:"What it is connected through, likewise."`
	SkewS     *float64         `json:"skew_s" doc:"By how much its clock is behind the server's, seconds: the median of received minus event time; null: unknown."`
	SkewOf    int              `json:"skew_of" doc:"Number of readings behind skew_s."`
	Interval  float64          `json:"interval_s,omitempty" doc:"How far its newest readings are apart, seconds: the median; left out: unknown."`
	Watermark *string          `json:"watermark" doc:"Up to here the windows of its live stream are closed."`
	Accepted  int64            `json:"accepted" doc:"Readings kept, late and conflicting ones included."`
	Late      int64            `json:"late"`
	Conflict  int64            `json:"conflict"`
	Duplicate int64            `json:"duplicate" doc:"Since the start of the server."`
}

// FirmwareChange is a version of the firmware of a device.
type FirmwareChange struct {
	Version string `json:"version"`
	First   string `json:"first" doc:"Event time of the first reading that stated it."`
}

// deviceOf returns a device as it is shown; worn are its assignments.
func (a *API) deviceOf(s *road.DeviceState, worn []road.Assignment) Device {
	d := Device{ID: s.Device, Recordings: []string{}, First: stampOr(s.First), Last: stampOr(s.Last), Received: stampOr(s.Received),
		Firmware: s.Firmware, SkewOf: s.SkewOf, Interval: float64(s.Interval) / 1e9, Watermark: stampOr(s.Watermark),
		Accepted: s.Counts.Accepted + s.Counts.Late + s.Counts.Conflicts, Late: s.Counts.Late, Conflict: s.Counts.Conflicts, Duplicate: s.Counts.Duplicates}
	for _, r := range s.Recordings {
		if r == "" {
			d.Live = true
		} else {
			d.Recordings = append(d.Recordings, r)
		}
	}
	d.Firmwares = make([]FirmwareChange, 0, len(s.Firmwares))
	for version, first := range s.Firmwares {
		d.Firmwares = append(d.Firmwares, FirmwareChange{version, stamp(first)})
	}
	slices.SortFunc(d.Firmwares, func(a, b FirmwareChange) int {
		return cmp.Or(cmp.Compare(s.Firmwares[a.Version], s.Firmwares[b.Version]), cmp.Compare(a.Version, b.Version))
	})
	if s.Battery.Ok() {
		d.Battery = &decimal{s.Battery}
	}
	if s.Subject != "" {
		d.Subject = &s.Subject
		// The last one of the same person is the one in force.
		for i := range worn {
			if worn[i].Subject == s.Subject {
				d.Label = a.unseal(worn[i].Label)
			}
		}
	}
	if a.cfg.Alarms != nil {
		if l := a.cfg.Alarms.Limits(s.Device, ""); len(l) > 0 {
			d.Bed, d.Gateway = l[len(l)-1].Bed, l[len(l)-1].Gateway
		}
	}
	if s.SkewOf > 0 {
		f := float64(s.Skew) / 1e9
		d.SkewS = &f
	}
	return d
}

// getDevices lists the devices by their ids.
func (a *API) getDevices(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	limit := q.limit(maxLimit)
	var after string
	q.cursor(&after)
	subject, nobody, err := a.subject(r.Context(), who, q.text("subject_id"))
	if err != nil {
		return err
	}
	if err := q.done(); err != nil {
		return err
	}
	states := a.cfg.Road.Devices()
	sort.Slice(states, func(i, k int) bool { return states[i].Device < states[k].Device })
	worn := map[string][]road.Assignment{}
	for _, one := range a.cfg.Road.Assignments("") {
		worn[one.Device] = append(worn[one.Device], one)
	}
	var list []Device
	next := ""
	for i := range states {
		s := &states[i]
		if s.Device <= after && after != "" || nobody || subject != "" && s.Subject != subject {
			continue
		}
		if len(list) == limit {
			next = cursorOf(list[limit-1].ID)
			break
		}
		list = append(list, a.deviceOf(s, worn[s.Device]))
	}
	return writeList(w, "devices", list, next)
}

// getDevice answers with one device.
func (a *API) getDevice(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	if err := ask(r).done(); err != nil {
		return err
	}
	id := r.PathValue("device_id")
	states := a.cfg.Road.Devices()
	for i := range states {
		if states[i].Device == id {
			return writeJSON(w, http.StatusOK, a.deviceOf(&states[i], a.cfg.Road.Assignments(id)))
		}
	}
	return notFound("there is no device of that name; it appears with its first reading or assignment")
}

// LatestValue is the newest value of one metric of one device.
type LatestValue struct {
	At    string  `json:"timestamp"`
	Value decimal `json:"value" doc:"null: reported without a value."`
}

// Latest is the newest that is known of one device.
type Latest struct {
	Device   string                 `json:"device_id"`
	Subject  *string                `json:"subject_id"`
	At       string                 `json:"timestamp" doc:"Event time of the newest reading."`
	Received string                 `json:"received"`
	Late     bool                   `json:"late"`
	Values   map[string]LatestValue `json:"values" doc:"By the name of the field."`
}

// Sample is one derived value.
type Sample struct {
	Device      string   `json:"device_id"`
	Recording   string   `json:"recording,omitempty"`
	Metric      string   `json:"metric"`
	At          string   `json:"timestamp"`
	Value       decimal  `json:"value" doc:"Calibrated; null where nothing was measured."`
	Quality     string   `json:"quality" doc:"good, suspect, artefact, missing or interpolated"`
	Reasons     []string `json:"reasons" doc:"Why the value is doubted or missing."`
	Mean60      *float64 `json:"mean_60s" doc:"Mean of the trailing minute; null until half of it is valid."`
	SD60        *float64 `json:"sd_60s"`
	Mean300     *float64 `json:"mean_300s"`
	SD300       *float64 `json:"sd_300s"`
	Rate        *float64 `json:"rate_per_s" doc:"Change per second against the sample before."`
	Deficit     *float64 `json:"oxygen_deficit_index,omitempty" doc:"So far in the session, %·min per hour."`
	Calibration int      `json:"calibration" doc:"Version in force; 0: as the device sent it."`
}

// derivedPlace is the cursor of a page of derived samples.
type derivedPlace struct {
	Device    string       `json:"d"`
	Recording string       `json:"r,omitempty"`
	Metric    pleth.Metric `json:"m"`
	At        int64        `json:"t"`
	Skip      int          `json:"k"` // samples of that place already seen
}

// getDerived answers with what is derived from the rows.
func (a *API) getDerived(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	query, err := a.rowQuery(r.Context(), who, q)
	if err != nil {
		return err
	}
	limit := q.limit(maxLimit)
	var place derivedPlace
	resumed := q.cursor(&place)
	if len(query.Devices) == 0 && query.Subject == "" && !query.nobody {
		q.bad("device_id", "missing_parameter", "say of which devices, or of which subject_id", "", "")
	}
	if err := q.done(); err != nil {
		return err
	}
	var list []Sample
	next := ""
	seen, last := 0, derivedPlace{}
	if !query.nobody {
		err = a.cfg.Road.Derived(r.Context(), query.Query, func(s road.Sample) (bool, error) {
			at := derivedPlace{Device: s.Device, Recording: s.Recording, Metric: s.Metric, At: s.At}
			if resumed {
				if key := place; key.Skip > 0 {
					key.Skip = 0
					if at == key {
						seen++
						resumed = seen < place.Skip
						last = place
					}
				}
				return true, nil
			}
			if len(list) == limit {
				next = cursorOf(last)
				return false, nil
			}
			at.Skip = 1
			if key := last; key.Device == at.Device && key.Recording == at.Recording && key.Metric == at.Metric && key.At == at.At {
				at.Skip = last.Skip + 1
			}
			last = at
			list = append(list, a.sampleOf(&s))
			return true, nil
		})
	}
	if err != nil {
		return err
	}
	return writeList(w, "samples", list, next)
}

func (a *API) sampleOf(s *road.Sample) Sample {
	out := Sample{Device: s.Device, Recording: s.Recording, Metric: reading.FieldOf(s.Metric).Name,
		At: string(appendClock(nil, a.clockOf(s.Partition), s.At)), Value: decimal{s.Value}, Quality: s.Reasons.Quality().String(), Reasons: []string{},
		Mean60: finite(s.Mean60), SD60: finite(s.SD60), Mean300: finite(s.Mean300), SD300: finite(s.SD300),
		Rate: finite(s.Rate), Deficit: finite(s.Deficit), Calibration: s.Calibration}
	s.Reasons.Each(func(one pleth.Reasons) { out.Reasons = append(out.Reasons, one.String()) })
	return out
}

// finite returns f, nil where it is not a number.
func finite(f float64) *float64 {
	if f-f != 0 {
		return nil
	}
	return &f
}
