package notify

import (
	"context"
	"database/sql"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"time"
)

// sealedPrefix begins every text of the outbox that is sealed.
const sealedPrefix = "sealed:"

// forOutbox is the context of what is sealed in the outbox.
const forOutbox = "outbox"

// seal returns a text as it stands in the file; an empty one stays.
func (o *Outbox) seal(text string) string {
	if text == "" {
		return ""
	}
	return sealedPrefix + base64.RawStdEncoding.EncodeToString(o.box.Seal([]byte(text), forOutbox))
}

// open returns a text of the file; one of an earlier version is plain.
func (o *Outbox) open(text string) (string, error) {
	rest, ok := strings.CutPrefix(text, sealedPrefix)
	if !ok {
		return text, nil
	}
	b, err := base64.RawStdEncoding.DecodeString(rest)
	if err == nil {
		b, err = o.box.Open(b, forOutbox)
	}
	if err != nil {
		return "", fmt.Errorf("the outbox cannot be read: %w", err)
	}
	return string(b), nil
}

// message returns a message of the file.
func (o *Outbox) message(body string) (Message, error) {
	text, err := o.open(body)
	if err != nil {
		return Message{}, err
	}
	var s stored
	if err := json.Unmarshal([]byte(text), &s); err != nil {
		return Message{}, err
	}
	s.Message.Priority = s.Level
	return s.Message, nil
}

// sealAll seals what an earlier version wrote in plain text.
func (o *Outbox) sealAll(ctx context.Context) error {
	return o.file.InTx(ctx, func(tx *sql.Tx) error {
		for _, c := range []struct{ table, column string }{{"deliveries", "body"}, {"deliveries", "receipt"}, {"attempts", "error"}} {
			if err := o.sealColumn(ctx, tx, c.table, c.column); err != nil {
				return err
			}
		}
		return nil
	})
}

func (o *Outbox) sealColumn(ctx context.Context, tx *sql.Tx, table, column string) error {
	rows, err := tx.QueryContext(ctx, fmt.Sprintf("SELECT rowid, %[1]s FROM %[2]s WHERE %[1]s <> '' AND %[1]s NOT LIKE '%[3]s%%'", column, table, sealedPrefix))
	if err != nil {
		return err
	}
	defer rows.Close()
	plain := map[int64]string{}
	for rows.Next() {
		var id int64
		var text string
		if err := rows.Scan(&id, &text); err != nil {
			return err
		}
		plain[id] = text
	}
	if err := rows.Err(); err != nil {
		return err
	}
	for id, text := range plain {
		if _, err := tx.ExecContext(ctx, fmt.Sprintf("UPDATE %s SET %s = ? WHERE rowid = ?", table, column), o.seal(text), id); err != nil {
			return err
		}
	}
	return nil
}

// Forget deletes deliveries that ended before a time.
func (o *Outbox) Forget(ctx context.Context, before time.Time) error {
	return o.file.InTx(ctx, func(tx *sql.Tx) error {
		at := before.UnixNano()
		if _, err := tx.ExecContext(ctx, `DELETE FROM attempts WHERE delivery IN (SELECT number FROM deliveries WHERE ended < ?)`, at); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `DELETE FROM deliveries WHERE ended < ?`, at)
		return err
	})
}

// Backlog returns how many deliveries wait, and how many were given up.
func (o *Outbox) Backlog(ctx context.Context) (waiting, givenUp int64, err error) {
	err = o.file.Read.QueryRowContext(ctx, `SELECT COALESCE(SUM(state = 'waiting'), 0), COALESCE(SUM(state = 'given_up'), 0) FROM deliveries`).Scan(&waiting, &givenUp)
	return waiting, givenUp, err
}
