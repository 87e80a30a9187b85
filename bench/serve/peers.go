//go:build linux

package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
)

// peer is another server that takes line protocol.
type peer struct {
	name, pkg, bin string
	query          string // added to /write
	start          func(ctx context.Context, bin, dir string) (*process, error)
}

var peers = []peer{
	{"InfluxDB 1.6", "influxdb", "influxd", "&db=bench", startInflux},
	{"VictoriaMetrics", "victoria-metrics", "victoria-metrics", "", startVictoria},
}

// find returns the program of the peer: the one that is installed, or the one
// of Debian's package, unpacked under cache and not installed.
func (p peer) find(cache string) (string, error) {
	if path, err := exec.LookPath(p.bin); err == nil {
		return path, nil
	}
	dir, err := filepath.Abs(filepath.Join(cache, p.pkg))
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "usr/bin", p.bin)
	if _, err := os.Stat(path); err == nil {
		return path, nil
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	for _, args := range [][]string{{"apt-get", "download", p.pkg}, {"sh", "-c", "dpkg -x " + p.pkg + "_*.deb ."}} {
		c := exec.Command(args[0], args[1:]...)
		c.Dir = dir
		if out, err := c.CombinedOutput(); err != nil {
			return "", fmt.Errorf("%v: %w: %s", args, err, out)
		}
	}
	_, err = os.Stat(path)
	return path, err
}
