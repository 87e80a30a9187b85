package watch

import (
	"cmp"
	"slices"
	"strings"
	"sync"
)

// Store keeps alerts. Implementations are safe for concurrent use.
type Store interface {
	// Put keeps an alert in the place of one of the same id. It is on disk as
	// soon as anything is that the road writes afterwards.
	Put(a *Alert) error
	// Get returns the alert with an id, nil if there is none.
	Get(id string) (*Alert, error)
	// List calls f with alerts of a device (empty: of all) by onset, the newest
	// first, those of one onset by id, that come behind (before, id) where
	// before is not 0, until f returns false.
	List(device string, before int64, id string, f func(*Alert) (bool, error)) error
}

// compareAlerts orders alerts as List does.
func compareAlerts(a, b *Alert) int {
	return cmp.Or(cmp.Compare(b.Onset, a.Onset), strings.Compare(a.ID, b.ID))
}

// behind reports whether a comes behind the place (before, id) of a list.
func behind(a *Alert, before int64, id string) bool {
	return before == 0 && id == "" || a.Onset < before || a.Onset == before && a.ID > id
}

// Memory is a Store in memory, for replays and tests. The zero Memory is empty.
type Memory struct {
	mu  sync.Mutex
	all map[string]*Alert
}

// Put implements Store.
func (m *Memory) Put(a *Alert) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.all == nil {
		m.all = map[string]*Alert{}
	}
	m.all[a.ID] = a.clone()
	return nil
}

// Get implements Store.
func (m *Memory) Get(id string) (*Alert, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if a := m.all[id]; a != nil {
		return a.clone(), nil
	}
	return nil, nil
}

// List implements Store.
func (m *Memory) List(device string, before int64, id string, f func(*Alert) (bool, error)) error {
	m.mu.Lock()
	var list []*Alert
	for _, a := range m.all {
		if (device == "" || a.Device == device) && behind(a, before, id) {
			list = append(list, a.clone())
		}
	}
	m.mu.Unlock()
	slices.SortFunc(list, compareAlerts)
	for _, a := range list {
		if more, err := f(a); err != nil || !more {
			return err
		}
	}
	return nil
}
