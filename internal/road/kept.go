package road

import (
	"container/list"
	"sync"
)

// kept keeps what was last made of sessions, by a key and the revision that it
// was made of. Use newKept. It is safe for concurrent use; what is kept must not
// be changed by anybody.
type kept[T any] struct {
	most  int
	mu    sync.Mutex
	by    map[string]*list.Element
	order list.List // of keptOne[T], the last used first
}

type keptOne[T any] struct {
	key      string
	revision uint64
	v        T
}

func newKept[T any](most int) *kept[T] {
	return &kept[T]{most: most, by: map[string]*list.Element{}}
}

// get returns what was made of a revision, and whether it is there.
func (k *kept[T]) get(key string, revision uint64) (v T, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.by[key]
	if e == nil || e.Value.(keptOne[T]).revision != revision {
		return v, false
	}
	k.order.MoveToFront(e)
	return e.Value.(keptOne[T]).v, true
}

// put keeps v, and forgets what has not been asked for longest.
func (k *kept[T]) put(key string, revision uint64, v T) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.by[key]; e != nil {
		k.order.Remove(e)
	}
	k.by[key] = k.order.PushFront(keptOne[T]{key, revision, v})
	for k.order.Len() > k.most {
		last := k.order.Back()
		k.order.Remove(last)
		delete(k.by, last.Value.(keptOne[T]).key)
	}
}
