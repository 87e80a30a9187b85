package live

import (
	"fmt"

	"pleth/internal/eventlog"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Follow is what a road asks for who follows a partition.
type Follow = func(p reading.Partition, of road.Place, state []byte) (road.Follower, error)

// Follow returns who follows live streams for the hub, and lets inner follow
// all partitions as before; inner nil: nobody else does.
func (h *Hub) Follow(inner Follow) Follow {
	return func(p reading.Partition, of road.Place, state []byte) (road.Follower, error) {
		var f road.Follower = nobody{}
		if inner != nil {
			var err error
			if f, err = inner(p, of, state); err != nil {
				return nil, err
			}
		}
		if p.Recording != "" || p.Device == "" {
			return f, nil
		}
		return follower{f, h, p.Device}, nil
	}
}

// follower touches its device at the end of every group.
type follower struct {
	road.Follower
	hub    *Hub
	device string
}

// Settle implements road.Follower.
func (f follower) Settle() {
	f.Follower.Settle()
	f.hub.Touch(f.device)
}

// nobody follows nothing.
type nobody struct{}

func (nobody) Row(road.FollowedRow) {}
func (nobody) Prepare(c *eventlog.Control) (*eventlog.Control, error) {
	return nil, &road.ErrControl{What: fmt.Sprintf("%q is no kind of control record", c.Kind)}
}
func (nobody) Control(*eventlog.Control) {}
func (nobody) Drop()                     {}
func (nobody) Settle()                   {}
func (nobody) Snapshot() ([]byte, error) { return nil, nil }
