package desk

import (
	"context"
	"database/sql"
	"errors"
)

// The states of a mend that is at no end yet, and of two ends that it did not
// come to by itself.
const (
	applying = "applying" // under way
	cutOff   = "cut off"  // it was when the server ended
	lapsed   = "lapsed"   // nobody confirmed it before its incident was over
)

// sweep writes down how mends of an integration ended, nil: of all, also of
// those that are not declared any more: mends whose end could not be stored when
// it came, and mends that were cut off when a server ended in the middle of them.
// The check that follows says what these did; done again they are the same
// change.
func (d *Desk) sweep(ctx context.Context, in *integration) error {
	where, args := `state = ?`, []any{applying}
	if in != nil {
		if err := d.writeEnds(ctx, in); err != nil {
			return err
		}
		if in.swept {
			return nil
		}
		where, args = where+` AND incident IN (SELECT id FROM incident WHERE integration = ?)`, append(args, in.name())
	}
	list, err := d.store.mends(ctx, where, args...)
	if err != nil {
		return err
	}
	for n := range list {
		if err := d.cutOff(ctx, &list[n]); err != nil {
			return err
		}
	}
	if in != nil {
		in.swept = true
	}
	return nil
}

// cutOff writes down that a mend was cut off, unless it is under way.
func (d *Desk) cutOff(ctx context.Context, m *Mend) error {
	const why = "the server ended in the middle of it; a check of the records says what was done"
	i, in, err := d.find(ctx, m.Incident)
	var gone *ActionError
	switch {
	case errors.As(err, &gone): // its integration is not declared any more
		i = nil
	case err != nil:
		return err
	default:
		in.write.Lock()
		defer in.write.Unlock()
		if in.isApplying(m.ID) {
			return nil
		}
		if i, _, err = d.find(ctx, m.Incident); err != nil {
			return err
		}
	}
	m.State, m.Error = cutOff, why
	step := Step{At: d.cfg.Clock(), Who: m.By, What: m.Action + " was cut off", Why: why, Mend: m.ID}
	return d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		if err := d.store.putMend(ctx, tx, m); err != nil {
			return err
		}
		if i != nil && i.State == Repairing {
			i.State, step.State = Verifying, Verifying
			if err := d.store.putIncident(ctx, tx, i); err != nil {
				return err
			}
		}
		return d.store.addStep(ctx, tx, m.Incident, &step)
	})
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
