package folder

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"pleth/internal/reconcile"
)

// Spool reads a stream to its end into a file of its owner alone, because sides
// are read more than once, and returns it as a side of that name: Parquet or
// CSV, as its first bytes say. done takes the file away.
func Spool(in io.Reader, name string) (_ reconcile.Source, done func(), err error) {
	file, err := os.CreateTemp("", "pleth-side-*")
	if err != nil {
		return nil, nil, err
	}
	done = func() { _ = os.Remove(file.Name()) }
	first := bufio.NewReader(in)
	mark, _ := first.Peek(4)
	_, err = io.Copy(file, first)
	if err = errors.Join(err, file.Close()); err != nil {
		done()
		return nil, nil, fmt.Errorf("%s: %w", name, err)
	}
	if bytes.Equal(mark, []byte("PAR1")) {
		return named{parquetFile{file.Name()}, name}, done, nil
	}
	return reconcile.CSVFile{Path: file.Name(), Label: name}, done, nil
}
