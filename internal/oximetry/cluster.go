package oximetry

import (
	"fmt"

	"pleth/internal/signal"
)

// The numbers of a cluster. Source: docs/definitions/clusters.md.
const (
	ClusterLeast  = 5       // falls
	clusterWindow = 30 * 60 // seconds that any ClusterLeast in a row span at most
	clusterPause  = 10 * 60 // seconds between the starts of two in a row at most
)

// Cluster is a group of falls close together. Times are seconds since the
// start of the session.
type Cluster struct {
	Start  int // of the first fall
	End    int // of the last recovery
	N      int
	Lowest signal.Fixed
}

// ID names the cluster inside its session.
func (c *Cluster) ID() string { return fmt.Sprintf("c%d", c.Start) }

// Clusters groups falls of at least four points, in order of their start, into
// clusters: as many in a row as keep to the numbers above. A fall is in one
// cluster at most; of two that overlap the earlier one keeps the falls.
func Clusters(falls []Fall) []Cluster {
	var out []Cluster
	for i := 0; i+ClusterLeast <= len(falls); {
		n := 1
		for i+n < len(falls) && joins(falls[i:i+n+1]) {
			n++
		}
		if n < ClusterLeast {
			i++
			continue
		}
		out = append(out, clusterOf(falls[i:i+n]))
		i += n
	}
	return out
}

// joins reports whether the last of falls continues the group before it.
func joins(falls []Fall) bool {
	last := len(falls) - 1
	if falls[last].Start-falls[last-1].Start > clusterPause {
		return false
	}
	return last < ClusterLeast-1 || falls[last].Start-falls[last-ClusterLeast+1].Start <= clusterWindow
}

func clusterOf(falls []Fall) Cluster {
	c := Cluster{Start: falls[0].Start, End: falls[len(falls)-1].End, N: len(falls), Lowest: falls[0].Low}
	for i := range falls {
		c.Lowest = min(c.Lowest, falls[i].Low)
		c.End = max(c.End, falls[i].End)
	}
	return c
}

// PerHour returns the falls of the cluster per hour of its own length.
func (c *Cluster) PerHour() float64 { return float64(c.N) * 3600 / float64(max(c.End-c.Start, 1)) }
