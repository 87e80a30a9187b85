// Package jsondiff compares two JSON values and names every place where they
// differ. Numbers are compared as decimals, digit by digit, so that a change
// too small for a float64 is found; key order and white space do not count.
package jsondiff

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Difference is one place where the values differ. Want or Got is empty where
// the place exists on one side only.
type Difference struct {
	Path string // sessions[0].metrics["spo2.mean"]
	Want string // JSON
	Got  string
}

// Compare compares got with want. It returns the differences in the order of
// want, then what only got has, and the number of values compared.
func Compare(want, got []byte) ([]Difference, int, error) {
	a, err := parse(want)
	if err != nil {
		return nil, 0, err
	}
	b, err := parse(got)
	if err != nil {
		return nil, 0, err
	}
	c := &comparison{}
	c.compare("", a, b)
	return c.found, c.n, nil
}

type node struct {
	keys  []string // of an object, in order
	kids  []*node  // of an object or array
	text  string   // of anything else; "{" or "["
	twice []string // keys that an object has more than once
}

func parse(b []byte) (*node, error) {
	dec := json.NewDecoder(bytes.NewReader(b))
	dec.UseNumber()
	n, err := value(dec)
	if err != nil {
		return nil, err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("more than one JSON value")
	}
	return n, nil
}

func value(dec *json.Decoder) (*node, error) {
	t, err := dec.Token()
	if err != nil {
		return nil, err
	}
	switch t := t.(type) {
	case json.Delim:
		n := &node{text: t.String()}
		seen := map[string]bool{}
		for dec.More() {
			if t == '{' {
				key, err := dec.Token()
				if err != nil {
					return nil, err
				}
				k := key.(string)
				if seen[k] {
					n.twice = append(n.twice, k)
				}
				seen[k] = true
				n.keys = append(n.keys, k)
			}
			kid, err := value(dec)
			if err != nil {
				return nil, err
			}
			n.kids = append(n.kids, kid)
		}
		_, err := dec.Token()
		return n, err
	case json.Number:
		return &node{text: t.String()}, nil
	case nil:
		return &node{text: "null"}, nil
	default:
		b, err := json.Marshal(t)
		return &node{text: string(b)}, err
	}
}

type comparison struct {
	found []Difference
	n     int
}

func (c *comparison) differ(path, want, got string) {
	if path == "" {
		path = "the document"
	}
	c.found = append(c.found, Difference{strings.TrimPrefix(path, "."), want, got})
}

func (c *comparison) compare(path string, a, b *node) {
	for _, k := range b.twice {
		c.differ(path+member(k), "once", "twice")
	}
	isObject, isArray := a.text == "{", a.text == "["
	if isObject != (b.text == "{") || isArray != (b.text == "[") {
		c.differ(path, a.brief(), b.brief())
		return
	}
	switch {
	case isObject:
		c.objects(path, a, b)
	case isArray:
		for i := range max(len(a.kids), len(b.kids)) {
			at := fmt.Sprintf("%s[%d]", path, i)
			switch {
			case i >= len(b.kids):
				c.differ(at, a.kids[i].brief(), "")
			case i >= len(a.kids):
				c.differ(at, "", b.kids[i].brief())
			default:
				c.compare(at, a.kids[i], b.kids[i])
			}
		}
	default:
		c.n++
		if a.text != b.text && decimal(a.text) != decimal(b.text) {
			c.differ(path, a.text, b.text)
		}
	}
}

func (c *comparison) objects(path string, a, b *node) {
	other := make(map[string]*node, len(b.keys))
	for i, k := range b.keys {
		other[k] = b.kids[i]
	}
	known := make(map[string]bool, len(a.keys))
	for i, k := range a.keys {
		known[k] = true
		if kid, ok := other[k]; ok {
			c.compare(path+member(k), a.kids[i], kid)
		} else {
			c.differ(path+member(k), a.kids[i].brief(), "")
		}
	}
	for i, k := range b.keys {
		if !known[k] {
			c.differ(path+member(k), "", b.kids[i].brief())
		}
	}
}

func member(key string) string {
	for _, r := range key {
		if !(r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9') {
			return fmt.Sprintf("[%q]", key)
		}
	}
	return "." + key
}

func (n *node) brief() string {
	switch n.text {
	case "{":
		return fmt.Sprintf("an object of %d", len(n.keys))
	case "[":
		return fmt.Sprintf("a list of %d", len(n.kids))
	}
	return n.text
}

// decimal brings a JSON number into one form: sign, digits without zeros at
// either end, exponent. Any other text is returned as it is.
func decimal(s string) string {
	if s == "" || s[0] != '-' && (s[0] < '0' || s[0] > '9') {
		return s
	}
	sign, rest := "", s
	if rest[0] == '-' {
		sign, rest = "-", rest[1:]
	}
	mantissa, exponent := rest, 0
	if i := strings.IndexAny(rest, "eE"); i >= 0 {
		mantissa = rest[:i]
		if _, err := fmt.Sscanf(rest[i+1:], "%d", &exponent); err != nil {
			return s
		}
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	digits := whole + fraction
	exponent -= len(fraction)
	trimmed := strings.TrimRight(digits, "0")
	exponent += len(digits) - len(trimmed)
	trimmed = strings.TrimLeft(trimmed, "0")
	if trimmed == "" {
		return "0"
	}
	return fmt.Sprintf("%s%se%d", sign, trimmed, exponent)
}
