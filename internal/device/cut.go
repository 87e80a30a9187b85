package device

import (
	"context"
	"errors"
	"io"
)

// CutOff ends the reading of a recording whose end is missing or cannot be
// read: err is what the bytes ended with. Where rows were read it warns with
// the code "truncated" and returns nil; text says how much was read and how
// much is missing. Where none were, it returns an Error of the same text, or
// err if that says more. The end of ctx is returned as it is.
func CutOff(ctx context.Context, w *Writer, at, text string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	ended := err == nil || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
	if w.RowCount() == 0 {
		if !ended {
			return err
		}
		return &Error{At: at, What: text, Do: "copy the file again from the device"}
	}
	if !ended {
		text += "; reading stopped there: " + err.Error()
	}
	w.Warn(at, "truncated", text)
	return nil
}
