package notify

import (
	"context"
	"database/sql"
	"time"
)

// Health is how a channel does.
type Health struct {
	Channel   string
	Waiting   int64     // deliveries that are not taken yet
	Oldest    time.Time // when the oldest of them was put; zero: none waits
	GivenUp   int64     // since a time
	Delivered time.Time // when the last one was taken; zero: none was
}

// Health returns how the channels do that have deliveries, by name; what was
// given up is counted since a time.
func (o *Outbox) Health(ctx context.Context, since time.Time) ([]Health, error) {
	rows, err := o.file.Read.QueryContext(ctx, `SELECT channel, count(*) FILTER (WHERE state = 'waiting'), min(created) FILTER (WHERE state = 'waiting'),
		count(*) FILTER (WHERE state = 'given_up' AND ended >= ?), max(ended) FILTER (WHERE state = 'delivered') FROM deliveries GROUP BY channel ORDER BY channel`, since.UnixNano())
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Health
	for rows.Next() {
		var h Health
		var oldest, delivered sql.NullInt64
		if err := rows.Scan(&h.Channel, &h.Waiting, &oldest, &h.GivenUp, &delivered); err != nil {
			return nil, err
		}
		if oldest.Valid {
			h.Oldest = time.Unix(0, oldest.Int64)
		}
		if delivered.Valid {
			h.Delivered = time.Unix(0, delivered.Int64)
		}
		out = append(out, h)
	}
	return out, rows.Err()
}
