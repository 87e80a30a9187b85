package road

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"sync"

	"github.com/klauspost/compress/flate"
)

// A state is written with every seal, and is mostly the same words again: it is
// packed, because otherwise it is most of what is written for a reading.
//
//	version 1, deflate(length of the JSON as uvarint | the JSON | snapshot of the follower)
//
// The states of earlier versions are JSON alone and begin with a brace.
const packedState = 1

// maxState bounds what is believed of damaged bytes.
const maxState = 256 << 20

// packers are writers for packState. Those of zstd wait on channels, which do
// not leave the bubble of a test; these keep nothing but memory.
var packers = sync.Pool{New: func() any {
	w, err := flate.NewWriter(nil, packLevel)
	if err != nil {
		panic(err) // the level is a constant
	}
	return w
}}

// packLevel is a middle one: states are small, and packed once in 600 readings.
const packLevel = 4

// packState returns a state as it is written.
func packState(text, followed []byte) []byte {
	out := bytes.NewBuffer(make([]byte, 0, 1024))
	out.WriteByte(packedState)
	w := packers.Get().(*flate.Writer)
	defer packers.Put(w)
	w.Reset(out)
	for _, part := range [][]byte{binary.AppendUvarint(nil, uint64(len(text))), text, followed} {
		if _, err := w.Write(part); err != nil {
			panic(err) // a buffer takes everything
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

// unpackState returns what packState was given; followed is nil where nobody
// followed.
func unpackState(b []byte) (text, followed []byte, err error) {
	if bytes.HasPrefix(b, []byte("{")) {
		return b, nil, nil
	}
	if len(b) == 0 || b[0] != packedState {
		return nil, nil, fmt.Errorf("it is of a later version of pleth, or damaged")
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(b[1:])), maxState))
	if err != nil {
		return nil, nil, err
	}
	n, k := binary.Uvarint(plain)
	if k <= 0 || n > uint64(len(plain)-k) {
		return nil, nil, fmt.Errorf("it is damaged")
	}
	plain = plain[k:]
	if followed = plain[n:]; len(followed) == 0 {
		followed = nil
	}
	return plain[:n:n], followed, nil
}
