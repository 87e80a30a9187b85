package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"pleth/internal/intake/readings"
)

// refusedAll is the problem of a request of which nothing was taken.
func refusedAll(in *readings.Result, list bool) error {
	p := problem(http.StatusUnprocessableEntity, "nothing-accepted", "Nothing was accepted", "every field that is wrong stands in errors; what was sent lies in the dead letters")
	if len(in.Places) == 0 {
		p.Detail = "the list is empty: send one reading at least"
		return p
	}
	for i := range in.Refused {
		if len(p.Errors) >= maxListed {
			p.Detail += fmt.Sprintf("; only the first %d errors are listed", maxListed)
			break
		}
		p.Errors = append(p.Errors, fieldErrors(&in.Refused[i], list)...)
	}
	return p
}

// fieldErrors returns the problems of one reading with their place in the body.
func fieldErrors(r *readings.Refusal, list bool) []FieldError {
	prefix := ""
	if list {
		prefix = "/" + strconv.Itoa(r.Index)
	}
	out := make([]FieldError, 0, len(r.Problems))
	for _, p := range r.Problems {
		e := FieldError{Path: prefix, Code: string(p.Code), Detail: p.Detail, Allowed: p.Allowed}
		if p.Path != "" {
			e.Path += "/" + strings.NewReplacer("~", "~0", "/", "~1").Replace(p.Path)
		}
		if p.Value != "" {
			e.Value = p.Value
		}
		out = append(out, e)
	}
	return out
}

// appendRefused appends the rest of one result of a refused reading.
func appendRefused(dst []byte, r *readings.Refusal, list bool, listed *int) []byte {
	one := struct {
		Status string       `json:"status"`
		Code   string       `json:"code"`
		Errors []FieldError `json:"errors,omitempty"`
	}{Status: "refused"}
	if len(r.Problems) > 0 {
		one.Code = string(r.Problems[0].Code)
	}
	if *listed < maxListed {
		one.Errors = fieldErrors(r, list)
		*listed += len(one.Errors)
	}
	b, err := json.Marshal(one)
	if err != nil {
		panic(err) // text only
	}
	b[0] = ','
	return append(dst, b...)
}
