package api

import (
	"net/http"
	"strconv"
	"strings"
)

// The media types of rows.
const (
	mediaJSON    = "application/json"
	mediaNDJSON  = "application/x-ndjson"
	mediaCSV     = "text/csv"
	mediaArrow   = "application/vnd.apache.arrow.stream"
	mediaParquet = "application/vnd.apache.parquet"
)

// accepts maps what clients ask for to what they get.
var accepts = map[string]string{
	"*/*": mediaJSON, "application/*": mediaJSON, mediaJSON: mediaJSON, "text/html": mediaJSON,
	mediaNDJSON: mediaNDJSON, "application/ndjson": mediaNDJSON, "application/jsonl": mediaNDJSON, "application/x-jsonlines": mediaNDJSON,
	mediaCSV: mediaCSV, "text/*": mediaCSV, mediaArrow: mediaArrow, mediaParquet: mediaParquet, "application/x-parquet": mediaParquet, "application/parquet": mediaParquet,
}

// negotiate returns the media type that the client likes best of those we have.
func negotiate(r *http.Request) (string, error) {
	header := strings.Join(r.Header.Values("Accept"), ",")
	if strings.TrimSpace(header) == "" {
		return mediaJSON, nil
	}
	best, weight := "", 0.0
	for part := range strings.SplitSeq(header, ",") {
		media, rest, _ := strings.Cut(part, ";")
		q := 1.0
		for p := range strings.SplitSeq(rest, ";") {
			if v, ok := strings.CutPrefix(strings.TrimSpace(p), "q="); ok {
				if f, err := strconv.ParseFloat(v, 64); err == nil {
					q = f
				}
			}
		}
		if got, ok := accepts[strings.ToLower(strings.TrimSpace(media))]; ok && q > weight {
			best, weight = got, q
		}
	}
	if best == "" {
		return "", problem(http.StatusNotAcceptable, "not-acceptable", "No such form",
			"readings come as "+strings.Join([]string{mediaJSON, mediaNDJSON, mediaCSV, mediaArrow, mediaParquet}, ", "))
	}
	return best, nil
}
