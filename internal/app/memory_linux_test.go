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

// TestAlone: what a dynamic linker has written into stays.
func TestAlone(t *testing.T) {
	t.Parallel()
	const static = "00400000-00411000 r--p 00000000 fe:00 7 /bin/pleth\n00411000-01000000 r-xp 00011000 fe:00 7 /bin/pleth\n7f0000000000-7f0000001000 rw-p 00000000 00:00 0 [stack]\n"
	if !alone([]byte(static)) {
		t.Error("a program without a linker is not alone")
	}
	for _, maps := range []string{"", static + "7f1000000000-7f1000001000 r-xp 00000000 fe:00 9 /lib64/ld-linux-x86-64.so.2\n"} {
		if alone([]byte(maps)) {
			t.Errorf("alone: %q", maps)
		}
	}
}
