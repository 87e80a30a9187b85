package simulate

import (
	"time"

	"pleth/internal/signal"
)

// Parts of one percent, and of one beat per minute.
const (
	tenth     = signal.One / 10
	hundredth = signal.One / 100
)

// physiology is how patients of a profile are. Times are in seconds. Sources
// and what is assumed: docs/simulator.md.
type physiology struct {
	age     time.Duration
	person  signal.Fixed // sd of the level between persons
	drift   signal.Fixed // sd of the slow wander of the level
	breath  signal.Fixed // sd of the fast wander in quiet sleep; half as much again in active sleep
	quiet   span         // length of a stretch of quiet sleep
	active  span         // of active (REM) sleep
	wake    span         // of being awake
	wakes   int64        // per mille of stretches that being awake follows
	perHour span         // events an hour of active sleep; half of it in quiet sleep, none awake

	kinds [groups]int64 // weights of what happens, by group

	shallow signal.Fixed // least depth of a fall
	deeper  int64        // mean of the exponential that is added to it
	deepest signal.Fixed
	fastest signal.Fixed // most mean fall, %/s
	over    span         // from the start of a fall to its bottom
	hold    span         // of the kind that stays there
	back    span         // from there to the level

	many   span // falls of a cluster or sawtooth
	every  span // from one to the next
	level  span // percent, of a prolonged one
	length span // how long it stays there

	slowing signal.Fixed // of the pulse, beats per minute and point of depth, while it falls
	surge   signal.Fixed // the same after the bottom
}

// What happens at once: a single fall, one that stays at its bottom, falls in
// a row that come back fully or in part, time at a low level.
const (
	single = iota
	plateau
	cluster
	sawtooth
	prolonged
	groups
)

var physiologies = map[Profile]physiology{
	Adult: {age: 45 * year, person: tenth * 9, drift: tenth * 8, breath: hundredth * 45,
		quiet: span{1500, 4200}, active: span{600, 1800}, wake: span{60, 600}, wakes: 250, perHour: span{6, 30},
		kinds:   [groups]int64{800, 100, 60, 20, 20},
		shallow: 2 * signal.One, deeper: int64(35 * tenth), deepest: 25 * signal.One, fastest: 15 * tenth,
		over: span{14, 55}, hold: span{10, 40}, back: span{6, 25},
		many: span{5, 15}, every: span{40, 100}, level: span{82, 89}, length: span{70, 420},
		slowing: tenth * 5, surge: tenth * 12},
	Child: {age: 9 * year, person: tenth * 6, drift: tenth * 4, breath: hundredth * 35,
		quiet: span{1500, 3600}, active: span{600, 1800}, wake: span{60, 300}, wakes: 150, perHour: span{2, 16},
		kinds:   [groups]int64{820, 60, 90, 15, 15},
		shallow: 2 * signal.One, deeper: int64(35 * tenth), deepest: 30 * signal.One, fastest: 20 * tenth,
		over: span{10, 40}, hold: span{8, 25}, back: span{5, 18},
		many: span{5, 14}, every: span{30, 90}, level: span{82, 89}, length: span{70, 300},
		slowing: tenth * 6, surge: tenth * 15},
	Infant: {age: 2 * month, person: tenth * 6, drift: tenth * 5, breath: hundredth * 45,
		quiet: span{900, 1800}, active: span{900, 1800}, wake: span{120, 900}, wakes: 300, perHour: span{6, 30},
		kinds:   [groups]int64{840, 60, 60, 30, 10},
		shallow: 2 * signal.One, deeper: int64(45 * tenth), deepest: 35 * signal.One, fastest: 30 * tenth,
		over: span{6, 25}, hold: span{6, 20}, back: span{4, 14},
		many: span{5, 12}, every: span{24, 70}, level: span{78, 88}, length: span{70, 200},
		slowing: tenth * 15, surge: tenth * 8},
	Preterm: {age: month, person: tenth * 10, drift: tenth * 8, breath: hundredth * 60,
		quiet: span{900, 1500}, active: span{1200, 2700}, wake: span{60, 600}, wakes: 250, perHour: span{12, 50},
		kinds:   [groups]int64{800, 90, 50, 40, 20},
		shallow: 2 * signal.One, deeper: int64(60 * tenth), deepest: 40 * signal.One, fastest: 35 * tenth,
		over: span{6, 25}, hold: span{6, 30}, back: span{4, 20},
		many: span{5, 12}, every: span{24, 80}, level: span{70, 86}, length: span{70, 300},
		slowing: tenth * 25, surge: tenth * 6},
}

// disturbance is what an activity does to the recording. Means are those of
// exponential waits, in seconds.
type disturbance struct {
	bout    int64        // mean wait for motion while awake
	asleep  [3]int64     // per mille of motion that is kept, by state of sleep
	length  span         // of the motion
	arousal int64        // per mille of events that end in motion
	dips    int64        // per mille of bouts with a false low reading
	holds   int64        // per mille of the other bouts in which the oximeter holds its value
	shake   signal.Fixed // sd of the noise of a second in the rest
	lose    int64        // per mille of bouts with a dropout
	off     int64        // per mille of bouts that take the probe off
	spike   int64        // mean wait for a lone wrong row
	gap     int64        // mean wait for rows that are not there
	poor    int64        // mean wait for low perfusion
}

var disturbances = map[Activity]disturbance{
	Quiet: {bout: 240, asleep: [3]int64{Awake: 1000, QuietSleep: 250, ActiveSleep: 450}, length: span{2, 40}, arousal: 150,
		dips: 5, holds: 800, shake: 8 * tenth, lose: 30, off: 6, spike: 40000, gap: 20000, poor: 40000},
	Restless: {bout: 90, asleep: [3]int64{Awake: 1000, QuietSleep: 350, ActiveSleep: 700}, length: span{4, 120}, arousal: 500,
		dips: 20, holds: 500, shake: 12 * tenth, lose: 120, off: 25, spike: 6000, gap: 8000, poor: 12000},
}

// noise is the sd of the noise of every second before it is averaged.
const noise = 3 * tenth

// point is one support of a table over age, linear in between.
type point struct {
	age   time.Duration
	value signal.Fixed
}

// levelByAge is the median SpO2 asleep, percent. Sources: docs/simulator.md.
var levelByAge = []point{
	{0, 954 * tenth}, {2 * day, 954 * tenth}, {month, 9705 * hundredth}, {3*month + month/2, 9765 * hundredth},
	{year, 978 * tenth}, {9 * year, 98 * signal.One}, {18 * year, 97 * signal.One}, {45 * year, 96 * signal.One}, {80 * year, 945 * tenth},
}

// pulseByAge is the usual pulse asleep, beats per minute.
var pulseByAge = []point{
	{0, 125 * signal.One}, {month, 130 * signal.One}, {6 * month, 118 * signal.One}, {year, 108 * signal.One},
	{4 * year, 90 * signal.One}, {9 * year, 76 * signal.One}, {18 * year, 62 * signal.One}, {80 * year, 60 * signal.One},
}

// pretermLess is how much lower the level of preterm infants lies.
const pretermLess = 10 * tenth

// at returns the value of a table at an age.
func at(table []point, age time.Duration) signal.Fixed {
	for i := 1; i < len(table); i++ {
		a, b := table[i-1], table[i]
		if age <= b.age {
			hours := int64((b.age - a.age) / time.Hour)
			return a.value + signal.Fixed(int64(b.value-a.value)*int64((age-a.age)/time.Hour)/hours)
		}
	}
	return table[len(table)-1].value
}
