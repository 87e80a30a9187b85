//go:build unix

package servicetest

import (
	"os"
	"os/exec"
	"os/user"
	"strconv"
	"syscall"
	"testing"

	"pleth/internal/plethtest"
)

// as lets a command run as another user where we are root, whom servers refuse.
func as(t testing.TB, name string, cmd *exec.Cmd, dir string) {
	t.Helper()
	plethtest.EndsWithTests(cmd)
	if os.Getuid() != 0 {
		return
	}
	u, err := user.Lookup(name)
	if err != nil {
		t.Fatal(err)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := os.Chown(dir, uid, gid); err != nil {
		t.Fatal(err)
	}
	cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
}
