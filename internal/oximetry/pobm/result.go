package pobm

import (
	"encoding/json"
	"math"
)

// Number is a figure of a block. In JSON one that is not finite is the string
// "NaN", "+Inf" or "-Inf".
type Number float64

// MarshalJSON implements json.Marshaler.
func (n Number) MarshalJSON() ([]byte, error) {
	switch f := float64(n); {
	case math.IsNaN(f):
		return []byte(`"NaN"`), nil
	case math.IsInf(f, 1):
		return []byte(`"+Inf"`), nil
	case math.IsInf(f, -1):
		return []byte(`"-Inf"`), nil
	default:
		return json.Marshal(f)
	}
}

// Result holds the blocks of one session by input.
type Result struct {
	DropNaN   *Blocks `json:"range_dropnan"`           // the series
	Median9   *Blocks `json:"range_dropnan_median9"`   // after a median of nine
	First3600 *Blocks `json:"range_dropnan_first3600"` // its first 3600 samples
}

// Blocks are the biomarkers of one input.
type Blocks struct {
	General       Block[General]           `json:"general"`
	GeneralZC90M1 Block[General]           `json:"general_zc90_m1"`
	Desat         map[string]*Desat        `json:"desat"`  // by setting
	Burden        map[string]Block[Burden] `json:"burden"` // by setting
	PRSA          Block[PRSA]              `json:"prsa"`
	PSD           Block[PSD]               `json:"psd"`
	Complexity    ComplexityBlock          `json:"complexity"`
}

// Params are the parameters of a block by pobm's names.
type Params map[string]any

// Block is one group of biomarkers with its parameters.
type Block[V any] struct {
	Params Params `json:"params"`
	Values V      `json:"values"`
}

// General are the measures of level and spread, in % unless said otherwise.
type General struct {
	AV  Number // mean
	MED Number // median
	Min Number
	SD  Number // population standard deviation
	RG  Number // range
	P   Number // percentile
	M   Number // share more than M_Threshold below the median, % of samples
	ZC  int    // crossings of ZC_Baseline
	DI  Number // mean absolute difference between means of neighbouring blocks
	K   Number // excess kurtosis, 1
	SK  Number // skewness, 1
	MAD Number // median absolute deviation
}

// Desat is what one detector of desaturations came to.
type Desat struct {
	Params Params      `json:"params"`
	Events int         `json:"n_events"`
	Before int         `json:"n_events_before_grouping"`
	Values DesatValues `json:"values"`
	Begin  []int       `json:"begin"` // indices into the input
	End    []int       `json:"end"`   // the last sample of each event
}

// DesatValues are the means (u) and population standard deviations (sd) over
// the events; all 0 without an event. Times are in samples of 1 s.
type DesatValues struct {
	ODI     Number // events per hour of samples
	DLu     Number `json:"DL_u"` // length
	DLsd    Number `json:"DL_sd"`
	DA100u  Number `json:"DA100_u"` // area below 100, %*s
	DA100sd Number `json:"DA100_sd"`
	DAmaxu  Number `json:"DAmax_u"` // area below the highest sample, %*s
	DAmaxsd Number `json:"DAmax_sd"`
	DD100u  Number `json:"DD100_u"` // depth below 100, %
	DD100sd Number `json:"DD100_sd"`
	DDmaxu  Number `json:"DDmax_u"` // depth below the highest sample, %
	DDmaxsd Number `json:"DDmax_sd"`
	DSu     Number `json:"DS_u"` // slope from the highest to the lowest sample, %/s
	DSsd    Number `json:"DS_sd"`
	TDu     Number `json:"TD_u"` // between the begins of two events
	TDsd    Number `json:"TD_sd"`
	DLau    Number `json:"DL_a_u"` // from begin to nadir
	DLasd   Number `json:"DL_a_sd"`
	DLbu    Number `json:"DL_b_u"` // from nadir to end
	DLbsd   Number `json:"DL_b_sd"`
}

// Burden are the measures of hypoxic burden, per sample of the input.
type Burden struct {
	CA     Number // area below CA_Baseline, %
	CT     Number // share at or below CT_Threshold, % of samples
	POD    Number // share of samples inside events, 1
	AODmax Number // area of the events below their highest sample, %
	AOD100 Number // area of the events below 100, %
}

// PRSA are the measures of the phase-rectified average around falls.
type PRSA struct {
	PRSAc  Number // capacity, %
	PRSAad Number // amplitude, %
	PRSAos Number // slope over the whole average, %/s
	PRSAsb Number // slope before the anchor, %/s
	PRSAsa Number // slope from the anchor on, %/s
	AC     Number // sum of products eight samples apart, %^2
}

// PSD are the measures of the spectrum divided by the number of samples.
type PSD struct {
	Total Number `json:"PSD_total"`
	Band  Number `json:"PSD_band"`
	Ratio Number `json:"PSD_ratio"`
	Peak  Number `json:"PSD_peak"`
}

// ComplexityBlock is the block of complexity with what the reference files
// say beside it.
type ComplexityBlock struct {
	Params         Params     `json:"params"`
	Values         Complexity `json:"values"`
	EntropyBy      string     `json:"entropy_by"`
	RichmanMoorman Number     `json:"SampEn_RichmanMoorman"`
}

// Complexity are the measures of complexity.
type Complexity struct {
	LZ     int    // phrases, two symbols
	LZ4    int    `json:"LZ_4level"` // phrases, four symbols
	CTM    Number // share of three equal samples in a row, 1
	DFA    Number // fluctuation in windows of DFA_Window, %*s
	ApEn   Number // nat
	SampEn Number // nat
}
