package watch

import (
	"bytes"
	"errors"
	"iter"
)

// Aside is a Store that begins with what another one holds, and keeps what is
// put in memory. It is safe for concurrent use.
type Aside struct {
	Under Store // only read
	own   Memory
}

// Put implements Store.
func (s *Aside) Put(a *Alert) error { return s.own.Put(a) }

// Get implements Store.
func (s *Aside) Get(id string) (*Alert, error) {
	if a, err := s.own.Get(id); a != nil || err != nil {
		return a, err
	}
	return s.Under.Get(id)
}

// List implements Store.
func (s *Aside) List(device string, before int64, id string, f func(*Alert) (bool, error)) error {
	var own []*Alert
	err := s.own.List(device, before, id, func(a *Alert) (bool, error) {
		own = append(own, a)
		return true, nil
	})
	if err != nil {
		return err
	}
	more := true
	err = s.Under.List(device, before, id, func(a *Alert) (bool, error) {
		for more && len(own) > 0 && compareAlerts(own[0], a) <= 0 {
			first := own[0]
			own = own[1:]
			if more, err = f(first); err != nil || !more {
				return false, err
			}
			if first.ID == a.ID {
				return true, nil
			}
		}
		more, err = f(a)
		return more, err
	})
	for _, a := range own {
		if err != nil || !more {
			return err
		}
		more, err = f(a)
	}
	return err
}

// FirstDifference returns the first alert, in the order of List, in which two
// stores differ, as each has it: nil where it has none. Both nil: there is no
// difference. Alerts for which leave is true are left out.
func FirstDifference(a, b Store, leave func(*Alert) bool) (inA, inB *Alert, err error) {
	next, stop := iter.Pull2(alerts(b, leave))
	defer stop()
	other, err, ok := next()
	for one, failed := range alerts(a, leave) {
		if err != nil || failed != nil {
			return nil, nil, errors.Join(err, failed)
		}
		c := -1
		if ok {
			c = compareAlerts(one, other)
		}
		switch {
		case c < 0:
			return one, nil, nil
		case c > 0:
			return nil, other, nil
		case !bytes.Equal(encode(one), encode(other)):
			return one, other, nil
		}
		other, err, ok = next()
	}
	if err != nil || !ok {
		return nil, nil, err
	}
	return nil, other, nil
}

// alerts are those of a store in the order of List, without those that are left.
func alerts(s Store, leave func(*Alert) bool) iter.Seq2[*Alert, error] {
	return func(yield func(*Alert, error) bool) {
		err := s.List("", 0, "", func(a *Alert) (bool, error) { return leave(a) || yield(a, nil), nil })
		if err != nil {
			yield(nil, err)
		}
	}
}
