package desk

import (
	"context"
	"database/sql"
)

// The states of a mend that is not over: one that is under way, and one that
// was when the server ended.
const (
	applying = "applying"
	cutOff   = "cut off"
)

// sweep writes down which mends of an integration were cut off when the server
// ended in the middle of them. The check that follows says what they did; done
// again they are the same change.
func (d *Desk) sweep(ctx context.Context, in *integration) error {
	if in.swept {
		return nil
	}
	list, err := d.store.mends(ctx, `state = ? AND incident IN (SELECT id FROM incident WHERE integration = ?)`, applying, in.name())
	if err != nil {
		return err
	}
	for n := range list {
		m := &list[n]
		m.State = cutOff
		err := d.store.file.InTx(ctx, func(tx *sql.Tx) error {
			if err := d.store.putMend(ctx, tx, m); err != nil {
				return err
			}
			return d.store.addStep(ctx, tx, m.Incident, &Step{At: d.cfg.Clock(), Who: m.By, What: m.Action + " was cut off", Why: "the server ended in the middle of it; a check of the records says what was done", Mend: m.ID})
		})
		if err != nil {
			return err
		}
	}
	in.swept = true
	return nil
}

// storedMend is a mend with what its JSON leaves out.
type storedMend struct {
	Mend
	Request MendRequest
}

func (s *store) putMend(ctx context.Context, tx execer, m *Mend) error {
	body, err := s.seal(storedMend{*m, m.Request}, "mend")
	if err != nil {
		return err
	}
	if m.ID != 0 {
		_, err = tx.ExecContext(ctx, `UPDATE mend SET state = ?, body = ? WHERE id = ?`, m.State, body, m.ID)
		return err
	}
	res, err := tx.ExecContext(ctx, `INSERT INTO mend (incident, action, state, at, records, body) VALUES (?, ?, ?, ?, ?, ?)`, m.Incident, m.Action, m.State, m.At.UnixNano(), len(m.Effects), body)
	if err == nil {
		m.ID, err = res.LastInsertId()
	}
	return err
}

func (s *store) mends(ctx context.Context, where string, args ...any) ([]Mend, error) {
	rows, err := s.file.Read.QueryContext(ctx, `SELECT id, body FROM mend WHERE `+where+` ORDER BY id`, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Mend
	for rows.Next() {
		var id int64
		var body []byte
		var m storedMend
		if err := rows.Scan(&id, &body); err != nil {
			return nil, err
		}
		if err := s.open(body, "mend", &m); err != nil {
			return nil, err
		}
		m.Mend.ID, m.Mend.Request = id, m.Request
		out = append(out, m.Mend)
	}
	return out, rows.Err()
}
