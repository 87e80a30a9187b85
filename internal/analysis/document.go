// Package analysis makes the analysis document: the JSON that is pleth's
// contract with the screens, the report, exports and other programs. It runs
// the core over sessions, computes the whole-session measures, and adds
// findings and the comparison of nights. The format is described in
// docs/formats/analysis.md and by the schema that ships with the program.
package analysis

// Format names the document and its version. A change that removes or
// redefines anything makes it the next one.
const Format = "pleth.analysis/1"

// Document is the analysis of one recording. Lists are never null.
type Document struct {
	Format     string      `json:"format"`
	Generator  Generator   `json:"generator"`
	Inputs     []Input     `json:"inputs"`
	Sessions   []*Session  `json:"sessions"`
	Comparison *Comparison `json:"comparison,omitempty"`
}

// Generator says what made the document and by which rules.
type Generator struct {
	Program      string `json:"program"`
	Version      string `json:"version"`
	Commit       string `json:"commit"`
	Rules        string `json:"rules"`
	ConfigSHA256 string `json:"config_sha256" pattern:"^[0-9a-f]{64}$"`
	Config       Config `json:"config"`
}

// Input is one file or stream that the document rests on.
type Input struct {
	Name     string             `json:"name"`
	SHA256   string             `json:"sha256" pattern:"^[0-9a-f]{64}$"`
	Bytes    int64              `json:"bytes"`
	Format   string             `json:"format"`
	Rows     int64              `json:"rows"`
	Warnings []Warning          `json:"warnings"`
	Reported map[string]float64 `json:"reported,omitempty"` // the device's own figures
	// Companions are files beside the input that were read with it.
	Companions []Companion `json:"companions,omitempty"`
}

// Companion is a file beside an input that belongs to its recording.
type Companion struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256" pattern:"^[0-9a-f]{64}$"`
	Bytes  int64  `json:"bytes"`
}

// Warning is something about an input that its user should know.
type Warning struct {
	At   string `json:"at"`
	Code string `json:"code"`
	Text string `json:"text"`
}

// Session is the analysis of one recording between long gaps. Times inside
// are seconds since its start.
type Session struct {
	ID          string             `json:"id" pattern:"^[0-9a-f]{32}$"`
	Key         string             `json:"key"`
	Start       *string            `json:"start"`
	End         *string            `json:"end"`
	Zone        *string            `json:"zone"`
	ZoneSource  string             `json:"zone_source" enum:"unknown|file|given"`
	Metric      string             `json:"metric" enum:"spo2|spo2_preductal|spo2_postductal"`
	IntervalS   float64            `json:"interval_s"`
	AveragingS  *float64           `json:"averaging_s"`
	Device      Device             `json:"device"`
	Segments    []Segment          `json:"segments"`
	Quality     Quality            `json:"quality"`
	Metrics     map[string]float64 `json:"metrics"`
	NotComputed map[string]string  `json:"not_computed"`
	ODI         ODI                `json:"odi"`
	Histogram   map[string]float64 `json:"histogram"`  // valid seconds at each whole percent
	Cumulative  map[string]float64 `json:"cumulative"` // % of valid time at or below 70..100
	Hours       []Hour             `json:"hours"`
	Episodes    []Episode          `json:"episodes"`
	Falls       []Fall             `json:"falls"`
	Clusters    []Cluster          `json:"clusters"`
	Trend       Trend              `json:"trend"`
	Bands       []Band             `json:"bands"`
	Findings    []Finding          `json:"findings"`
	Summary     Summary            `json:"summary"`
	Compat      map[string]any     `json:"compat,omitempty"`
}

// Device is what the recording says of the instrument; null where it does not.
type Device struct {
	Maker    *string `json:"maker"`
	Model    *string `json:"model"`
	Serial   *string `json:"serial"`
	Firmware *string `json:"firmware"`
}

// Segment is a stretch without long gaps.
type Segment struct {
	StartS float64 `json:"start_s"`
	EndS   float64 `json:"end_s"`
}

// Quality is how far the recording can be judged.
type Quality struct {
	Score         float64            `json:"score"`
	Grade         string             `json:"grade" enum:"good|adequate|limited|inadequate"`
	ValidS        float64            `json:"valid_s"`
	ValidPct      float64            `json:"valid_pct"`
	LongestGapS   float64            `json:"longest_gap_s"`
	SuspectS      float64            `json:"suspect_s"`
	InterpolatedS float64            `json:"interpolated_s"`
	Reasons       map[string]float64 `json:"reasons"`
	Factors       map[string]float64 `json:"factors"`
}

// ODI names the detector of the falls and its parameters.
type ODI struct {
	Method     string             `json:"method" enum:"abosa|luna|oscar|pobm"`
	Parameters map[string]float64 `json:"parameters"`
}

// Hour is one hour since the start of the session; the last may be shorter.
type Hour struct {
	StartS    float64  `json:"start_s"`
	EndS      float64  `json:"end_s"`
	ValidS    float64  `json:"valid_s"`
	Mean      *float64 `json:"mean"`
	Min       *float64 `json:"min"`
	Below90S  float64  `json:"below_90_s"`
	Falls4    int      `json:"falls4"`
	PulseMean *float64 `json:"pulse_mean"`
}

// Episode is time below an absolute limit.
type Episode struct {
	ID            string   `json:"id"`
	Limit         int      `json:"limit"`
	StartS        float64  `json:"start_s"`
	EndS          float64  `json:"end_s"`
	BelowS        float64  `json:"below_s"`
	Nadir         float64  `json:"nadir"`
	NadirS        float64  `json:"nadir_s"`
	AreaPctS      float64  `json:"area_pct_s"`
	Severity      string   `json:"severity" enum:"mild|moderate|severe"`
	Prolonged     bool     `json:"prolonged"`
	Truncated     bool     `json:"truncated"`
	MaxFallRate   *float64 `json:"max_fall_rate"`
	RecoveryS     *float64 `json:"recovery_s"`
	PulseResponse *float64 `json:"pulse_response"`
	SuspectPct    float64  `json:"suspect_pct"`
}

// Fall is a drop from the signal's own level.
type Fall struct {
	ID       string  `json:"id"`
	StartS   float64 `json:"start_s"`
	NadirS   float64 `json:"nadir_s"`
	EndS     float64 `json:"end_s"`
	From     float64 `json:"from"`
	Nadir    float64 `json:"nadir"`
	Drop     float64 `json:"drop"`
	MeanRate float64 `json:"mean_rate"`
	AreaPctS float64 `json:"area_pct_s"`
}

// Cluster is a group of falls close together.
type Cluster struct {
	ID         string  `json:"id"`
	StartS     float64 `json:"start_s"`
	EndS       float64 `json:"end_s"`
	N          int     `json:"n"`
	WorstNadir float64 `json:"worst_nadir"`
	PerH       float64 `json:"per_h"`
}

// Trend is the course of the level over the session; null without enough signal.
type Trend struct {
	TheilSen     *float64 `json:"theil_sen_pct_per_h"`
	MannKendallP *float64 `json:"mann_kendall_p"`
	Change       *float64 `json:"change"`
}

// Band is a pair of published figures of one metric, in a group whose age and
// method fit this session.
type Band struct {
	Metric string  `json:"metric"`
	Low    float64 `json:"low"`
	High   float64 `json:"high"`
	What   string  `json:"what"`   // what the figures are
	Bounds bool    `json:"bounds"` // they bound most of the group
	Group  string  `json:"group"`
	Method string  `json:"method"`
	Source string  `json:"source"`
}

// Finding is one rule of the evaluation that has something to say.
type Finding struct {
	Rule     string   `json:"rule" pattern:"^R-[0-9]{2}$"`
	Level    string   `json:"level" enum:"info|note|attention|urgent"`
	Text     string   `json:"text"`
	Metrics  []string `json:"metrics"`
	Evidence []string `json:"evidence"`
}

// Summary is the evaluation in words.
type Summary struct {
	Headline   string   `json:"headline"`
	Sentences  []string `json:"sentences"`
	Questions  []string `json:"questions"` // for the visit
	Disclaimer string   `json:"disclaimer"`
}

// Config is what the result depends on besides the inputs.
type Config struct {
	ODI       string   `json:"odi"`
	Age       *string  `json:"age"`
	Zone      *string  `json:"zone"`
	From      *string  `json:"from"`
	To        *string  `json:"to"`
	IntervalS *float64 `json:"interval_s"`
	Columns   *string  `json:"columns"`
	Quantize  bool     `json:"quantize"`
	Compat    []string `json:"compat"`
}

// Comparison sets each session of the document beside the other nights of the
// same run.
type Comparison struct {
	Nights   []Night           `json:"nights"`
	Sessions []SessionPosition `json:"sessions"`
}

// Night is one session of the run, in order of time.
type Night struct {
	ID      string             `json:"id"`
	Start   *string            `json:"start"`
	Inputs  []string           `json:"inputs"` // SHA-256
	Metrics map[string]float64 `json:"metrics"`
}

// SessionPosition is where one session stands among its reference nights.
type SessionPosition struct {
	ID        string              `json:"id"`
	Reference []string            `json:"reference"` // session ids, at most 13
	Metrics   map[string]Position `json:"metrics"`
}

// Position is where one value stands among those of the reference nights.
type Position struct {
	Value  float64 `json:"value"`
	Median float64 `json:"median"`
	Q1     float64 `json:"q1"`
	Q3     float64 `json:"q3"`
	Rank   int     `json:"rank"` // 1 is the lowest; of equals the lowest
	Of     int     `json:"of"`   // reference nights and this one
}
