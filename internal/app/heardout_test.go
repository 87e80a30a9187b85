package app

import (
	"bufio"
	"bytes"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"
)

// TestHeardOut: a client that sends all of its body before it reads learns why
// nobody wanted it.
func TestHeardOut(t *testing.T) {
	t.Parallel()
	s := httptest.NewServer(heardOut{http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}), time.Hour, time.Hour})
	defer s.Close()
	for _, length := range []string{"Content-Length: 12582912", "Transfer-Encoding: chunked"} {
		c, err := net.Dial("tcp", s.Listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		defer c.Close()
		w := bufio.NewWriter(c)
		fmt.Fprintf(w, "POST / HTTP/1.1\r\nHost: x\r\n%s\r\n\r\n", length)
		block := bytes.Repeat([]byte(" "), 1<<20)
		for range 12 {
			if length[0] == 'T' {
				fmt.Fprintf(w, "%x\r\n%s\r\n", len(block), block)
			} else {
				_, _ = w.Write(block)
			}
		}
		if length[0] == 'T' {
			fmt.Fprint(w, "0\r\n\r\n")
		}
		if err := w.Flush(); err != nil {
			t.Fatalf("%s: %v", length, err)
		}
		resp, err := http.ReadResponse(bufio.NewReader(c), nil)
		if err != nil {
			t.Fatalf("%s: %v", length, err)
		}
		resp.Body.Close()
		if resp.StatusCode != http.StatusTooManyRequests || resp.Header.Get("Retry-After") != "1" {
			t.Errorf("%s: %s", length, resp.Status)
		}
	}
}
