package app

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
	"unicode"
	"unicode/utf8"

	"pleth"
	"pleth/client/live"
	"pleth/internal/reading"
)

// Wall shows the state of a server in a terminal.
type Wall struct {
	Stale         time.Duration // values older than this are marked
	Width, Height int           // of the terminal, in characters; 0: no bound
	Color         bool          // alarms in the colours of their priorities, what is old dim
}

// headings are the metrics as the wall calls them, with their units.
var headings = map[string]string{
	"spo2": "SpO2 %", "spo2_preductal": "SpO2 pre %", "spo2_postductal": "SpO2 post %", "pulse_rate": "Pulse /min", "heart_rate": "HR /min",
	"local_tissue_o2": "Tissue O2 mmHg", "rso2": "rSO2 %", "temperature_c": "Temp °C", "perfusion_index": "PI %", "resp_rate": "Resp /min",
	"motion": "Motion", "signal_quality": "Signal %",
}

// Colours of a terminal; those of alarms as IEC 60601-1-8 has them.
const dim = "2"

var colors = map[string]string{"high": "1;31", "medium": "33", "low": "36"}

// paint gives a line, cut to the width before, a colour.
func (w Wall) paint(line, color string) string {
	line = cut(line, w.Width)
	if !w.Color || color == "" {
		return line
	}
	return "\x1b[" + color + "m" + line + "\x1b[0m"
}

// alertLine is what the wall shows of an alert.
type alertLine struct {
	Device    *string     `json:"device_id"`
	Bed       string      `json:"bed"`
	Gateway   string      `json:"gateway"`
	Channel   string      `json:"channel"`
	Under     bool        `json:"under_gateway"` // the alarm of a gateway stands for it
	Devices   []string    `json:"devices"`
	Condition string      `json:"condition"`
	Delays    string      `json:"delays"`
	State     string      `json:"state"`
	Priority  string      `json:"priority"`
	Value     json.Number `json:"value"`
	Unit      string      `json:"unit"`
	Onset     time.Time   `json:"onset"`
	By        string      `json:"acknowledged_by"`
}

// priorities in the order in which they are shown.
var priorities = []string{"high", "medium", "low"}

// alertsOf returns the alarms of s, the most urgent first, then the newest.
func alertsOf(s *live.State) []alertLine {
	var out []alertLine
	for _, a := range s.Alarms {
		var one alertLine
		if json.Unmarshal(a.Alert, &one) == nil && !one.Under {
			out = append(out, one)
		}
	}
	slices.SortStableFunc(out, func(a, b alertLine) int {
		if a.Priority != b.Priority {
			return slices.Index(priorities, a.Priority) - slices.Index(priorities, b.Priority)
		}
		return b.Onset.Compare(a.Onset)
	})
	return out
}

// where says where an alarm is.
func (a *alertLine) where() string {
	switch {
	case a.Bed != "":
		return a.Bed
	case a.Device != nil:
		return *a.Device
	case a.Channel != "":
		return "channel " + a.Channel
	}
	return fmt.Sprintf("gateway %s (%d beds)", a.Gateway, len(a.Devices))
}

// line is the alarm in one line; its age is by the clock of the server.
func (a *alertLine) line(now time.Time) string {
	text := fmt.Sprintf("%-6s %s  %s", strings.ToUpper(a.Priority), a.where(), a.Condition)
	if a.Value != "" {
		text += "  " + a.Value.String() + " " + a.Unit
	}
	text += "  since " + age(now.Sub(a.Onset)) + "  " + a.State
	if a.By != "" {
		text += " by " + a.By
	}
	if a.Delays != "" {
		text += "  (" + a.Delays + ")"
	}
	return plain(text)
}

// Screen returns the lines of one screen.
func (w Wall) Screen(s *live.State) []string {
	color := ""
	if !s.Connected {
		color = colors["high"]
	}
	lines := []string{w.paint(w.title(s), color), ""}
	alerts := alertsOf(s)
	for i := range alerts {
		if w.Height > 0 && len(lines) >= w.Height/2 {
			lines = append(lines, w.paint(fmt.Sprintf("… and %d more alarms", len(alerts)-i), ""))
			break
		}
		lines = append(lines, w.paint(alerts[i].line(s.Now), colors[alerts[i].Priority]))
	}
	if len(alerts) == 0 {
		lines = append(lines, "no alarms")
	}
	lines = append(lines, "")
	table := w.table(s)
	if room := w.Height - len(lines) - 1; w.Height > 0 && len(table) > room && room > 1 {
		hidden := len(table) - room + 1
		table = append(table[:room-1], fmt.Sprintf("… and %d more devices", hidden))
	}
	for i, l := range table {
		color := ""
		if i > 0 && i <= len(s.Devices) && w.stale(s, s.Devices[i-1].At) {
			color = dim
		}
		lines = append(lines, w.paint(l, color))
	}
	return lines
}

// title says whether what is below is true.
func (w Wall) title(s *live.State) string {
	clock := "-"
	if !s.Now.IsZero() {
		clock = s.Now.UTC().Format("2006-01-02 15:04:05Z")
	}
	several := func(n int, what string) string {
		if n != 1 {
			what += "s"
		}
		return fmt.Sprintf("%d %s", n, what)
	}
	text := fmt.Sprintf("pleth %s  %s  %s", clock, several(len(s.Devices), "device"), several(len(alertsOf(s)), "alarm"))
	if !s.Connected {
		text += "  NOT CONNECTED, what follows is old"
		if s.Err != nil {
			text += ": " + s.Err.Error()
		}
	}
	return plain(text)
}

// table is one line for each device.
func (w Wall) table(s *live.State) []string {
	if len(s.Devices) == 0 {
		return nil
	}
	var metrics, heads []string
	for _, m := range pleth.Metrics() {
		name := reading.FieldOf(m).Name
		if m != pleth.Battery && slices.ContainsFunc(s.Devices, func(d live.Device) bool { _, ok := d.Values[name]; return ok }) {
			metrics, heads = append(metrics, name), append(heads, headings[name])
		}
	}
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	fmt.Fprintf(t, "Device\tAge\t%s\n", strings.Join(heads, "\t"))
	for _, d := range s.Devices {
		old := age(s.Now.Sub(d.At))
		if w.stale(s, d.At) {
			old += " STALE"
		}
		fmt.Fprintf(t, "%s\t%s", plain(d.ID), old)
		for _, name := range metrics {
			fmt.Fprintf(t, "\t%s", w.cell(s, &d, name))
		}
		fmt.Fprintln(t)
	}
	_ = t.Flush()
	return strings.Split(strings.TrimRight(b.String(), "\n"), "\n")
}

// cell shows a value; in brackets if it is older than it should be.
func (w Wall) cell(s *live.State, d *live.Device, name string) string {
	v, ok := d.Values[name]
	switch {
	case !ok:
		return ""
	case !v.Value.Ok():
		return "--"
	case w.stale(s, v.At):
		return "(" + v.Value.String() + ")"
	}
	return v.Value.String()
}

func (w Wall) stale(s *live.State, at time.Time) bool {
	return !s.Connected || s.Now.Sub(at) > w.Stale
}

// Lines writes what changed between two states, a line for each alarm and each
// device, for who does not look at a screen.
func (w Wall) Lines(out io.Writer, before, s *live.State) error {
	var b strings.Builder
	now := "-"
	if !s.Now.IsZero() {
		now = s.Now.UTC().Format(time.RFC3339)
	}
	if before.Connected != s.Connected || before.Err == nil && s.Err != nil {
		fmt.Fprintf(&b, "%s %s\n", now, w.title(s))
	}
	had := map[string]string{}
	for _, a := range before.Alarms {
		had[a.ID] = string(a.Alert)
	}
	for _, a := range s.Alarms {
		var one alertLine
		if text, ok := had[a.ID]; (!ok || text != string(a.Alert)) && json.Unmarshal(a.Alert, &one) == nil {
			fmt.Fprintf(&b, "%s alarm %s\n", now, one.line(s.Now))
		}
		delete(had, a.ID)
	}
	for _, a := range before.Alarms {
		var one alertLine
		if text, ok := had[a.ID]; ok && json.Unmarshal([]byte(text), &one) == nil {
			fmt.Fprintf(&b, "%s alarm over: %s %s\n", now, plain(one.where()), plain(one.Condition))
		}
	}
	was := map[string]time.Time{}
	for _, d := range before.Devices {
		was[d.ID] = d.Received
	}
	for _, d := range s.Devices {
		if was[d.ID].Equal(d.Received) && !d.Received.IsZero() {
			continue
		}
		fmt.Fprintf(&b, "%s %s age=%s", now, plain(d.ID), age(s.Now.Sub(d.At)))
		if w.stale(s, d.At) {
			b.WriteString(" stale")
		}
		for _, m := range pleth.Metrics() {
			name := reading.FieldOf(m).Name
			if _, ok := d.Values[name]; ok {
				fmt.Fprintf(&b, " %s=%s", name, w.cell(s, &d, name))
			}
		}
		b.WriteByte('\n')
	}
	_, err := io.WriteString(out, b.String())
	return err
}

// age writes how long ago something was.
func age(d time.Duration) string {
	switch {
	case d < -time.Second:
		return "in " + age(-d)
	case d < 2*time.Minute:
		return fmt.Sprintf("%ds", int(max(d, 0).Seconds()))
	case d < 2*time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}

// plain takes out what would steer a terminal.
func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// cut shortens a line to a width.
func cut(s string, width int) string {
	if width <= 0 || utf8.RuneCountInString(s) <= width {
		return s
	}
	return string([]rune(s)[:width-1]) + "…"
}
