package analysis

import (
	"encoding/json"
	"reflect"
	"strings"
)

// Schema returns the JSON Schema (draft 2020-12) of the document. It is made
// from the types of this package: the tag `doc` is the description of a field,
// `enum` its values, `pattern` its form.
func Schema() ([]byte, error) {
	b := &schemaBuilder{defs: map[string]any{}}
	root := b.object(reflect.TypeFor[Document]())
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["$id"] = "urn:pleth:schema:analysis:1"
	root["title"] = Format
	root["description"] = "The analysis of one recording of oximetry. Times inside a session are seconds since its start. It summarises and flags, it never diagnoses."
	root["$defs"] = b.defs
	return json.MarshalIndent(root, "", "  ")
}

// schemaBuilder turns types into schemas; named structs go to defs.
type schemaBuilder struct {
	defs map[string]any
}

func (b *schemaBuilder) object(t reflect.Type) map[string]any {
	properties := map[string]any{}
	required := []string{}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		property := b.schema(f.Type)
		if enum := f.Tag.Get("enum"); enum != "" {
			property["enum"] = values(enum)
		}
		if pattern := f.Tag.Get("pattern"); pattern != "" {
			property["pattern"] = pattern
		}
		if text := f.Tag.Get("doc"); text != "" {
			property["description"] = text
		}
		properties[name] = property
		if !strings.Contains(options, "omitempty") {
			required = append(required, name)
		}
	}
	return map[string]any{"type": "object", "properties": properties, "required": required, "additionalProperties": false}
}

func values(enum string) []any {
	var out []any
	for _, v := range strings.Split(enum, "|") {
		out = append(out, v)
	}
	return out
}

func (b *schemaBuilder) schema(t reflect.Type) map[string]any {
	switch t.Kind() {
	case reflect.Pointer:
		inner := b.schema(t.Elem())
		if ref, ok := inner["$ref"]; ok {
			return map[string]any{"anyOf": []any{map[string]any{"$ref": ref}, map[string]any{"type": "null"}}}
		}
		inner["type"] = []any{inner["type"], "null"}
		return inner
	case reflect.Slice:
		items := b.schema(deref(t.Elem()))
		return map[string]any{"type": "array", "items": items}
	case reflect.Map:
		s := map[string]any{"type": "object"}
		if t.Elem().Kind() != reflect.Interface {
			s["additionalProperties"] = b.schema(t.Elem())
		}
		return s
	case reflect.Struct:
		if _, ok := b.defs[t.Name()]; !ok {
			b.defs[t.Name()] = nil // breaks a circle
			b.defs[t.Name()] = b.object(t)
		}
		return map[string]any{"$ref": "#/$defs/" + t.Name()}
	case reflect.String:
		return map[string]any{"type": "string"}
	case reflect.Bool:
		return map[string]any{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return map[string]any{"type": "integer"}
	case reflect.Float64:
		return map[string]any{"type": "number"}
	}
	return map[string]any{}
}

func deref(t reflect.Type) reflect.Type {
	if t.Kind() == reflect.Pointer {
		return t.Elem()
	}
	return t
}
