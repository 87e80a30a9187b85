// Package device is the contract between pleth and the readers of device
// files. A reader (one folder below device or signalfile) knows one family of
// formats: how to recognise it by its content and how to turn its bytes into
// rows. It has no clock of its own, opens nothing but what it is handed, and
// never guesses: what it cannot read it says, with the place, and what it could
// read up to there it has already written.
//
// The nouns: a Format is an entry of the list of readers, a Source the bytes
// of one recording after decompression, a Writer takes the rows, a Header what
// the file says about itself, a Warning something the user should know, and an
// Error says what is wrong, where, and what to do.
package device

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"
)

// Format describes one reader. The fields up to Reads are what `pleth formats` prints.
type Format struct {
	Name       string // "viatom-csv"; stands in documents, never changes its meaning
	Maker      string
	Models     string
	Extensions string // ".csv", "none"
	Reads      string // what is read, in a few words

	// Sniff says how surely head, the first bytes of a recording, is of this format.
	Sniff func(head Head) Match

	// Read reads src and writes its rows to w in file order. Rows written
	// before an error are kept: a truncated file gives what it holds. Where the
	// end is missing, Read warns with the code "truncated" and returns nil.
	// Read must not keep src or w. It stops soon after ctx ends.
	Read func(ctx context.Context, src *Source, w *Writer) error
}

// Match is how surely a head is of a format.
type Match int

// The grades of a match. The highest wins; of equals the first in the list.
const (
	No       Match = iota
	Possible       // the shape fits, as it would fit other formats
	Likely         // a header or a signature of several bytes fits
	Certain        // nothing else looks like this
	Told           // the user described the file, and it is as described
)

// HeadBytes is how much of a recording a reader gets to recognise it by.
const HeadBytes = 64 << 10

// Head is the beginning of a recording.
type Head struct {
	Bytes []byte // the first HeadBytes, or everything if Whole
	Whole bool   // Bytes is the whole recording
	Name  string // base name; a hint between equals, never the reason
	Size  int64  // bytes of the recording, -1 if unknown
	Given Given  // what the user said about the file
}

// Given is what the user said about a file that the file does not say itself.
type Given struct {
	Columns  string        // --columns, empty if not given
	Interval time.Duration // --interval, 0 if not given
}

// Source is one recording's bytes.
type Source struct {
	Name  string    // base name, for messages and hints
	Size  int64     // bytes after decompression, -1 if unknown
	R     io.Reader // from the first byte
	Given Given

	// Sibling opens a file of that base name in the same folder or archive.
	// It is nil where there is no folder, as for standard input.
	Sibling func(name string) (io.ReadCloser, error)
	// Look is Sibling for a file that may turn out not to belong to the
	// recording; those opened by Sibling count as parts of it.
	Look func(name string) (io.ReadCloser, error)
	// Siblings lists the base names in the same folder or archive. It is nil
	// where there is no folder.
	Siblings func() []string
}

// All returns the whole recording, for formats that cannot be read in order.
// A recording larger than max bytes is an Error.
func (s *Source) All(max int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(s.R, max+1))
	if err != nil {
		return b, err
	}
	if int64(len(b)) > max {
		return nil, &Error{
			What: fmt.Sprintf("the recording is larger than %d MB, more than a device of this kind can write", max>>20),
			Do:   "check that this is the file the oximeter wrote",
		}
	}
	return b, nil
}

// Warning is something about an input that its user should know.
type Warning struct {
	At   string // "line 12", "byte 1084", empty for the whole input
	Code string // stable, lower case with dashes
	Text string // one sentence
}

// Error says that an input, or the rest of it, cannot be read. Its text never
// holds values of the recording.
type Error struct {
	At   string // "line 12", "byte 1084", empty for the whole input
	What string // what is wrong
	Do   string // what to do about it
	Kind error  // ErrNoOximetry or nil
}

// ErrNoOximetry is the Kind of an Error about an input that is sound and holds
// no oximetry.
var ErrNoOximetry = errors.New("no oximetry in this file")

// Unwrap returns the Kind.
func (e *Error) Unwrap() error { return e.Kind }

// Error returns place, cause and advice in one line.
func (e *Error) Error() string {
	s := e.What
	if e.At != "" {
		s = e.At + ": " + s
	}
	if e.Do != "" {
		s += "; " + e.Do
	}
	return s
}

// Line returns the place of line n, counted from 1.
func Line(n int) string { return fmt.Sprintf("line %d", n) }

// Byte returns the place of the byte at offset n.
func Byte(n int64) string { return fmt.Sprintf("byte %d", n) }
