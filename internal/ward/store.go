package ward

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strings"
	"time"

	"pleth"
	"pleth/internal/reading"
	"pleth/internal/road"
)

// Rows hands out stored rows: a *road.Road.
type Rows interface {
	Rows(ctx context.Context, q road.Query, f func(*reading.Table) (bool, error)) error
}

// StoreOf returns a Store that reads from a road.
func StoreOf(r Rows) Store { return roadStore{r} }

type roadStore struct{ road Rows }

// Rows implements Store.
func (s roadStore) Rows(ctx context.Context, device string, f func(Row) error) error {
	live := ""
	q := road.Query{Devices: []string{device}, Recording: &live, From: math.MinInt64}
	return s.road.Rows(ctx, q, func(t *reading.Table) (bool, error) {
		for i := range t.Rows.Len() {
			if err := f(Row{At: t.Rows.Time(i), Seq: t.SeqOf(i), Hash: HashRow(&t.Rows, i)}); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// StoreAt returns a Store that asks a server.
func StoreAt(t Target) Store { return serverStore{t} }

type serverStore struct{ target Target }

// Rows implements Store.
func (s serverStore) Rows(ctx context.Context, device string, f func(Row) error) error {
	where := s.target.URL + "/api/v1/readings?recording=&device_id=" + url.QueryEscape(device)
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, where, nil)
	if err != nil {
		return err
	}
	req.Header.Set("Accept", "application/x-ndjson")
	if s.target.Token != "" {
		req.Header.Set("Authorization", "Bearer "+s.target.Token)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		text, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return fmt.Errorf("the server answers %s: %s", resp.Status, bytes.TrimSpace(text))
	}
	in := bufio.NewScanner(resp.Body)
	in.Buffer(nil, 1<<20)
	for in.Scan() {
		row, err := parseRow(in.Bytes())
		if err == nil {
			err = f(row)
		}
		if err != nil {
			return err
		}
	}
	return in.Err()
}

// parseRow reads one row as the server writes it. Fields that are no values
// do not count.
func parseRow(line []byte) (Row, error) {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		return Row{}, fmt.Errorf("row %.80q: %w", line, err)
	}
	at, err := time.Parse(time.RFC3339Nano, strings.Trim(string(fields["timestamp"]), `"`))
	if err != nil {
		return Row{}, fmt.Errorf("row %.80q: %w", line, err)
	}
	row := Row{At: at.UnixNano(), Seq: reading.NoSeq}
	if raw, ok := fields["seq"]; ok {
		if err := json.Unmarshal(raw, &row.Seq); err != nil {
			return Row{}, fmt.Errorf("row %.80q: seq: %w", line, err)
		}
	}
	h := newContent()
	for _, m := range hashed {
		raw, ok := fields[reading.FieldOf(m).Name]
		if !ok {
			continue
		}
		v := pleth.Missing()
		if string(raw) != "null" {
			if v, ok = pleth.ParseValue(raw); !ok {
				return Row{}, fmt.Errorf("row %.80q: %s is no number", line, m)
			}
		}
		h = h.with(m, v)
	}
	row.Hash = uint64(h)
	return row, nil
}
