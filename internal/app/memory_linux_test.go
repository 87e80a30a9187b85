package app

import (
	"slices"
	"testing"
)

// TestProgramMaps: of the program file alone, and only what cannot be written to.
func TestProgramMaps(t *testing.T) {
	t.Parallel()
	got := programMaps([]byte(`00410000-00412000 r--p 00000000 fe:00 77                           /opt/two words/pleth
00412000-01c0d000 r-xp 00002000 fe:00 77                           /opt/two words/pleth
01c0d000-01c0e000 rw-p 017fd000 fe:00 77                           /opt/two words/pleth
01c0e000-01c0f000 r--s 00000000 fe:00 77                           /opt/two words/pleth
7f0000000000-7f0000001000 r-xp 00000000 fe:00 78                   /opt/two words
7f0000001000-7f0000002000 r--p 00000000 fe:00 79                   /usr/lib/libc.so.6
7ffd00000000-7ffd00002000 r-xp 00000000 00:00 0                    [vdso]
7ffd00003000-7ffd00004000 r--p 00000000 00:00 0
`))
	want := []extent{{0x410000, 0x412000}, {0x412000, 0x1c0d000}}
	if !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	if programMaps(nil) != nil {
		t.Error("maps of nothing")
	}
}
