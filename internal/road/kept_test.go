package road

import (
	"fmt"
	"testing"
)

// TestKept: only what was made of the same revision comes back, and what was
// not asked for longest goes first.
func TestKept(t *testing.T) {
	t.Parallel()
	k := newKept[int](3)
	for i := range 3 {
		k.put(fmt.Sprint(i), 1, i)
	}
	if _, ok := k.get("0", 2); ok {
		t.Error("another revision came back")
	}
	if v, ok := k.get("0", 1); !ok || v != 0 {
		t.Errorf("%d, %v", v, ok)
	}
	k.put("3", 1, 3) // 1 goes
	k.put("2", 2, 20)
	for key, want := range map[string]bool{"0": true, "1": false, "3": true} {
		if _, ok := k.get(key, 1); ok != want {
			t.Errorf("%s is kept: %v, want %v", key, ok, want)
		}
	}
	if v, ok := k.get("2", 2); !ok || v != 20 {
		t.Errorf("%d, %v", v, ok)
	}
}
