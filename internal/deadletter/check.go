package deadletter

import (
	"context"
	"database/sql"
	"encoding/binary"
	"fmt"
	"slices"

	"pleth/internal/sealed"
	"pleth/internal/sqlitefile"
)

// Check reads the letters in the file at path, which is not in use and lies
// under key, and calls flaw with everything that is wrong with them; it changes
// nothing. Where key is no key, what is sealed is not looked at.
func Check(ctx context.Context, path string, key sealed.Key, flaw func(string)) error {
	return sqlitefile.Check(ctx, path, flaw, func(db *sql.DB) error {
		if key.IsZero() {
			return nil
		}
		s := under(key)
		rows, err := db.QueryContext(ctx, `SELECT number, hash, door, device, readings, sealed FROM letter`)
		if err != nil {
			return fmt.Errorf("letters: %w", err)
		}
		defer rows.Close()
		for rows.Next() {
			var number int64
			var r row
			var hash []byte
			if err := rows.Scan(&number, &hash, &r.Door, &r.Device, &r.Readings, &r.sealed); err != nil {
				return fmt.Errorf("letters: %w", err)
			}
			items, err := s.open(r.sealed)
			switch {
			case err != nil:
				flaw(fmt.Sprintf("letter %d: what was refused cannot be opened", number))
			case len(items) != r.Readings || !slices.Equal(hash, s.nameOf(r.Door, r.Device, items)):
				flaw(fmt.Sprintf("letter %d: its door, device or count is not what was refused", number))
			}
		}
		if err := rows.Err(); err != nil {
			return fmt.Errorf("letters: %w", err)
		}
		return nil
	})
}

// nameOf returns what tells a letter with items from others.
func (s *Store) nameOf(door, device string, items []Item) []byte {
	content := slices.Concat([]byte(door), []byte{0}, []byte(device), []byte{0})
	for _, it := range items {
		content = binary.AppendUvarint(content, uint64(len(it.Bytes)))
		content = append(content, it.Bytes...)
	}
	hash := s.hash.Index(content)
	return hash[:]
}
