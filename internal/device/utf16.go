package device

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// utf16Order returns the byte order if the text that r begins with is UTF-16:
// by its byte order mark, or because its first 16 characters are printable
// ASCII in two bytes each. Otherwise it returns nil.
func utf16Order(r *bufio.Reader) binary.ByteOrder {
	b, _ := r.Peek(32)
	if len(b) >= 4 && bytes.Equal(b[:2], []byte{0xff, 0xfe}) && b[3] == 0 {
		_, _ = r.Discard(2)
		return binary.LittleEndian
	}
	if len(b) >= 4 && bytes.Equal(b[:2], []byte{0xfe, 0xff}) && b[2] == 0 {
		_, _ = r.Discard(2)
		return binary.BigEndian
	}
	if len(b) < 32 {
		return nil
	}
	for _, order := range []binary.ByteOrder{binary.LittleEndian, binary.BigEndian} {
		text := true
		for i := 0; i < len(b); i += 2 {
			c := order.Uint16(b[i:])
			text = text && (c >= ' ' && c < 0x7f || c == '\t' || c == '\r' || c == '\n')
		}
		if text {
			return order
		}
	}
	return nil
}

// utf16Reader turns UTF-16 into UTF-8.
type utf16Reader struct {
	r     io.Reader
	order binary.ByteOrder
	in    [4096]byte
	have  int // bytes of in not decoded yet
	high  rune
	out   []byte
	err   error
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	for len(u.out) == 0 {
		if u.err != nil {
			return 0, u.err
		}
		n, err := u.r.Read(u.in[u.have:])
		u.have += n
		u.err = err
		u.decode()
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	return n, nil
}

func (u *utf16Reader) decode() {
	u.out = u.out[:0]
	i := 0
	for ; i+1 < u.have; i += 2 {
		c := rune(u.order.Uint16(u.in[i:]))
		switch {
		case u.high != 0:
			u.out = utf8.AppendRune(u.out, utf16.DecodeRune(u.high, c))
			u.high = 0
		case c >= 0xd800 && c < 0xdc00:
			u.high = c
		default:
			u.out = utf8.AppendRune(u.out, c)
		}
	}
	u.have = copy(u.in[:], u.in[i:u.have])
}
