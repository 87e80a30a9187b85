package signalfile

import (
	"pleth"
	"pleth/internal/device"
)

// MaxPerBlock is the largest number of samples of one channel in a block that
// readers take: 64 MB of one vital sign.
const MaxPerBlock = 32 << 20

// Channel is one wanted channel of a file that stores samples in blocks.
type Channel struct {
	Metric   pleth.Metric
	Scale    *Scale
	PerBlock int     // samples in a whole block, 1 to MaxPerBlock
	Samples  []int16 // of the current block; fewer than PerBlock where it is cut

	next       int   // the sample to write
	at, part   int64 // its time from the start of the block, in ns and 1/PerBlock ns
	step, rest int64 // between samples, likewise
}

// begin puts c before its first sample in a block of the given duration.
func (c *Channel) begin(duration int64) {
	n := int64(c.PerBlock)
	c.next, c.at, c.part = 0, 0, 0
	c.step, c.rest = duration/n, duration%n
}

// advance moves c to its next sample: sample i stands at i x duration /
// PerBlock, cut to whole ns.
func (c *Channel) advance() {
	c.next++
	c.at += c.step
	if c.part += c.rest; c.part >= int64(c.PerBlock) {
		c.at++
		c.part -= int64(c.PerBlock)
	}
}

// end returns the time from the start of the block at which the samples of c end.
func (c *Channel) end() int64 {
	n := int64(len(c.Samples))
	return c.step*n + c.rest*n/int64(c.PerBlock)
}

// set gives the current row of w sample i.
func (c *Channel) set(w *device.Writer, i int) { w.Set(c.Metric, c.Scale.Value(c.Samples[i])) }

// WriteBlock writes the samples of one block that begins at start and lasts
// duration (both ns, duration not negative) as rows. The samples of a channel
// are spread evenly; those of one instant are one row. The first channel makes
// the timeline: where its samples are cut, the others end with it. It returns
// false when the Writer wants no more.
func WriteBlock(w *device.Writer, start, duration int64, channels []Channel) bool {
	same := true
	for i := range channels {
		channels[i].begin(duration)
		same = same && channels[i].PerBlock == channels[0].PerBlock
	}
	if same {
		return writeSame(w, start, channels)
	}
	timeline := &channels[0]
	cut, end := len(timeline.Samples) < timeline.PerBlock, timeline.end()
	for {
		at, found := int64(0), false
		for i := range channels {
			if c := &channels[i]; c.next < len(c.Samples) && (!found || c.at < at) {
				at, found = c.at, true
			}
		}
		if !found || cut && at >= end {
			return true
		}
		if !w.Row(start + at) {
			return false
		}
		for i := range channels {
			if c := &channels[i]; c.next < len(c.Samples) && c.at == at {
				c.set(w, c.next)
				c.advance()
			}
		}
	}
}

// writeSame is WriteBlock for channels that have their samples at the same times.
func writeSame(w *device.Writer, start int64, channels []Channel) bool {
	timeline, others := &channels[0], channels[1:]
	for i := range timeline.Samples {
		if !w.Row(start + timeline.at) {
			return false
		}
		timeline.set(w, i)
		for j := range others {
			if i < len(others[j].Samples) {
				others[j].set(w, i)
			}
		}
		timeline.advance()
	}
	return true
}
