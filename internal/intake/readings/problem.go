// Package readings turns what a sender wrote into batches for the road, and
// says what is wrong with the rest. It is the one check that every door for
// readings uses: names, types, ranges, stamps, devices. It has no clock and
// does no I/O; people's identifiers leave it as pseudonyms only.
package readings

import (
	"bytes"
	"fmt"
)

// Code says what is wrong with a field, for programs. Codes never change.
type Code string

// The codes of problems.
const (
	OutOfRange       Code = "out_of_range"      // a number no such sensor can say
	WrongType        Code = "wrong_type"        // text for a number, a fraction for a count, a list for a value
	NotFinite        Code = "not_finite"        // NaN or an infinity
	MissingTimestamp Code = "missing_timestamp" // no event time
	BadTimestamp     Code = "bad_timestamp"     // no zone, no such date, not a stamp
	FutureTimestamp  Code = "future_timestamp"  // further ahead of the server's clock than it tolerates
	UnknownField     Code = "unknown_field"     // a number, list or object under a name that is not a field
	DuplicateField   Code = "duplicate_field"   // said twice in one reading
	MissingDevice    Code = "missing_device"    // no device stated
	BadDevice        Code = "bad_device"        // not a device id
	UnknownDevice    Code = "unknown_device"    // the server takes devices it knows only
	DeviceMismatch   Code = "device_mismatch"   // the reading names another device than the address it was sent to
	NoValues         Code = "no_values"         // nothing was measured, nor said to be missing
	TooLong          Code = "too_long"          // text above its limit
	TooManyTags      Code = "too_many_tags"     // more than MaxTags
	BadText          Code = "bad_text"          // characters that the field cannot hold
	UnknownMark      Code = "unknown_mark"      // not a reason the device can state
	Malformed        Code = "malformed"         // not JSON
	TooManyProblems  Code = "too_many_problems" // the list of problems was cut here
)

// Codes returns every code.
func Codes() []Code {
	return []Code{OutOfRange, WrongType, NotFinite, MissingTimestamp, BadTimestamp, FutureTimestamp, UnknownField, DuplicateField, MissingDevice, BadDevice,
		UnknownDevice, DeviceMismatch, NoValues, TooLong, TooManyTags, BadText, UnknownMark, Malformed, TooManyProblems}
}

// Problem is one thing wrong with one reading. Value is as the sender wrote
// it, cut to 64 bytes, and may be anything, a person's name too: it goes back
// to the sender and into sealed dead letters, never into logs. It is empty for
// fields that hold identifiers.
type Problem struct {
	Path    string `json:"path"` // of the field within the reading; empty: the reading
	Value   string `json:"value,omitempty"`
	Code    Code   `json:"code"`
	Allowed string `json:"allowed,omitempty"` // "0..100 %"
	Detail  string `json:"detail"`            // what to do
}

// Refusal is a reading that was not taken, with everything wrong with it.
type Refusal struct {
	Index    int    // of the reading in the order of the input, from 0
	Device   string // a valid device id, or empty
	From, To int    // where the reading stands in its input
	Problems []Problem
}

// RefusalBytes is about what a refusal takes in memory: more than the bytes it
// speaks of may.
const RefusalBytes = 256

// SyntaxError says where bytes stop being JSON. Nothing of such an input is
// taken.
type SyntaxError struct {
	Offset int // bytes before the trouble
	Line   int // from 1
	Column int // bytes from 1
	What   string
}

// Error says what is wrong and where. It quotes nothing of the input.
func (e *SyntaxError) Error() string {
	return fmt.Sprintf("malformed JSON at byte %d (line %d, column %d): %s", e.Offset, e.Line, e.Column, e.What)
}

func syntaxError(data []byte, at int, what string) *SyntaxError {
	at = min(at, len(data))
	line := bytes.Count(data[:at], []byte{'\n'})
	column := at - (bytes.LastIndexByte(data[:at], '\n') + 1)
	return &SyntaxError{Offset: at, Line: line + 1, Column: column + 1, What: what}
}

// TooManyError says that an input holds more readings than are taken at once.
// Nothing of it is taken.
type TooManyError struct{ Limit int }

// Error says what to do.
func (e *TooManyError) Error() string {
	return fmt.Sprintf("more than %d readings at once: send them in parts", e.Limit)
}
