package client

// memory is the queue of a client without a spool.
type memory struct {
	records [][]byte
	cursor  uint64
	size    int64
	limit   int64
}

func (m *memory) append(payload []byte) error {
	if m.size+int64(len(payload)) > m.limit {
		return ErrFull
	}
	m.records = append(m.records, payload)
	m.size += int64(len(payload))
	return nil
}

func (m *memory) next() uint64   { return m.cursor + uint64(len(m.records)) }
func (m *memory) first() uint64  { return m.cursor }
func (m *memory) bytes() int64   { return m.size }
func (m *memory) damaged() int64 { return 0 }
func (m *memory) sync() error    { return nil }
func (m *memory) close() error   { return nil }

func (m *memory) read(from uint64, n int) ([][]byte, error) {
	at := min(int(from-m.cursor), len(m.records))
	end := min(at+n, len(m.records))
	return append([][]byte(nil), m.records[at:end]...), nil
}

func (m *memory) acknowledge(to uint64) error {
	n := int(to - m.cursor)
	for i := range n {
		m.size -= int64(len(m.records[i]))
		m.records[i] = nil
	}
	m.records, m.cursor = m.records[n:], to
	return nil
}
