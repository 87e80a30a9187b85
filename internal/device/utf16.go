package device

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

const (
	// utf16Sample is how many bytes a text is judged by.
	utf16Sample = 512
	// utf16Least is how many bytes a text without a byte order mark must have.
	utf16Least = 16
)

// utf16Order returns the byte order if the text that r begins with is UTF-16,
// by its byte order mark or because nothing but ASCII in two bytes each stands
// there, and discards the mark. Otherwise it returns nil. A binary file that
// happens to begin with a mark is told by characters that no text has.
func utf16Order(r *bufio.Reader) binary.ByteOrder {
	b, _ := r.Peek(utf16Sample)
	for _, o := range []struct {
		order binary.ByteOrder
		mark  []byte
	}{{binary.LittleEndian, []byte{0xff, 0xfe}}, {binary.BigEndian, []byte{0xfe, 0xff}}} {
		text, marked := bytes.CutPrefix(b, o.mark)
		if marked && len(text) >= 2 && utf16Text(text, o.order, false) {
			_, _ = r.Discard(2)
			return o.order
		}
		if len(b) >= utf16Least && utf16Text(b, o.order, true) {
			return o.order
		}
	}
	return nil
}

// utf16Text reports whether b is text in UTF-16: no control characters but
// tab, CR and LF, no halves of pairs, and at least one ASCII character. With
// strict, the beginning must be ASCII, the rest Latin-1, and a line end must
// be there, so that samples of 16 bits are not taken for letters.
func utf16Text(b []byte, order binary.ByteOrder, strict bool) bool {
	ascii, lineEnd := false, false
	high := false
	for i := 0; i+1 < len(b); i += 2 {
		c := order.Uint16(b[i:])
		if high != (c >= 0xdc00 && c < 0xe000) {
			return false
		}
		high = c >= 0xd800 && c < 0xdc00
		switch {
		case c == '\r' || c == '\n':
			lineEnd = true
		case c == '\t':
		case c < ' ' || c >= 0x7f && c < 0xa0 || c >= 0xfffe:
			return false
		case c < 0x7f:
			ascii = true
		case strict && (i < utf16Least || c > 0xff):
			return false
		}
	}
	return ascii && (lineEnd || !strict)
}

// utf16Reader turns UTF-16 into UTF-8. Half a pair becomes U+FFFD; half a
// character at the end, as of a text that was cut off, is dropped.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [4096]byte
	have  int  // bytes of in not decoded yet
	high  rune // first half of a pair whose second is still to come, 0: none
	text  [4096 * 2]byte
	out   []byte // part of text not handed out yet
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for idle := 0; len(u.out) == 0; idle++ {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in[u.have:])
		u.have += n
		u.err = err
		u.decode()
		if n == 0 && err == nil && idle > 100 {
			u.err = readError(io.ErrNoProgress)
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) decode() {
	out := u.text[:0]
	i := 0
	for ; i+1 < u.have; i += 2 {
		c := rune(u.order.Uint16(u.in[i:]))
		if u.high != 0 {
			pair := utf16.DecodeRune(u.high, c)
			out = utf8.AppendRune(out, pair)
			u.high = 0
			if pair != utf8.RuneError {
				continue
			}
		}
		if c >= 0xd800 && c < 0xdc00 {
			u.high = c
			continue
		}
		out = utf8.AppendRune(out, c)
	}
	u.have = copy(u.in[:], u.in[i:u.have])
	if u.err != nil && u.high != 0 {
		out, u.high = utf8.AppendRune(out, utf8.RuneError), 0
	}
	u.out = out
}
