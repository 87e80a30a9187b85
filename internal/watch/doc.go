// Package watch brings the alarms of package alarm onto the road: it follows
// the live stream and the imports of every device, in the order of their logs,
// and keeps what became of each alarm, with every step and who did what.
//
// An alarm is named by device, recording, rule and onset; its id is a digest of
// these. What the watch says of the newest readings may still change until the
// lateness bound has passed; then it is final and goes to the store. The final
// record depends on the log alone: a replay makes the same bytes. What only
// the clock tells, that a device has fallen silent, is told at once and becomes
// final with the next reading.
package watch
