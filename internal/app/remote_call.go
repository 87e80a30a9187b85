package app

import (
	"context"
	"encoding/json"
	"net/http"
)

// Call sends body as JSON, nothing where it is nil, and reads the answer. It
// tries as long as the server is busy or cannot be reached.
func (r *Remote) Call(ctx context.Context, method, path string, body, into any) error {
	var text []byte
	header := http.Header{}
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			return err
		}
		header.Set("Content-Type", "application/json")
	}
	_, err := r.insist(ctx, method, path, header, text, into)
	return err
}
