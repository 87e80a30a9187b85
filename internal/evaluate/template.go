package evaluate

import (
	"slices"
	"strings"
)

// A template is words with slots:
//
//	{ref}           the reference, printed by its kind
//	{ref|one|many}  a count with its noun
//	{>key}          another template
//	[...]           a part that is left out if a slot in it has no value
//
// In references and keys $name is replaced by what the rule has bound to it,
// up to the next dot. A template whose slot outside of [] has no value cannot
// be said. Templates have no digits: a number is always a slot.

// binds are the names that a rule gives to what it speaks about.
type binds map[string]string

// fill replaces the $names in ref.
func (b binds) fill(ref string) string {
	if !strings.Contains(ref, "$") {
		return ref
	}
	parts := strings.Split(ref, ".")
	for i, p := range parts {
		if name, ok := strings.CutPrefix(p, "$"); ok {
			parts[i] = b[name]
		}
	}
	return strings.Join(parts, ".")
}

// line is a template said: its text and the references whose values are in it.
type line struct {
	text string
	refs []string // constants included
}

// say fills a template; ok is false if a slot has no value.
func (f *facts) say(template string, b binds) (l line, ok bool) {
	var text strings.Builder
	for template != "" {
		i := strings.IndexAny(template, "{[")
		if i < 0 {
			text.WriteString(template)
			break
		}
		text.WriteString(template[:i])
		inner, rest := bracketed(template[i:])
		if template[i] == '[' {
			if part, ok := f.say(inner, b); ok {
				text.WriteString(part.text)
				l.add(part.refs...)
			}
		} else {
			slot, ok := f.slot(inner, b)
			if !ok {
				return line{}, false
			}
			text.WriteString(slot.text)
			l.add(slot.refs...)
		}
		template = rest
	}
	l.text = text.String()
	return l, true
}

// bracketed splits s, which begins with an opening bracket, into what is
// inside it and what follows. Groups do not nest; slots may stand in a group.
func bracketed(s string) (inner, rest string) {
	closing := byte('}')
	if s[0] == '[' {
		closing = ']'
	}
	end := strings.IndexByte(s, closing)
	if end < 0 {
		panic("evaluate: a template has an open bracket: " + s)
	}
	return s[1:end], s[end+1:]
}

// slot prints what stands between { and }.
func (f *facts) slot(inner string, b binds) (line, bool) {
	if key, ok := strings.CutPrefix(inner, ">"); ok {
		template, ok := f.lang.texts[b.fill(key)]
		if !ok {
			return line{}, false
		}
		return f.say(template, b)
	}
	ref, nouns, counted := strings.Cut(inner, "|")
	ref = b.fill(ref)
	l := line{refs: []string{ref}}
	if counted {
		n, ok := f.shown(ref)
		l.text = plural(n, nouns)
		return l, ok
	}
	text, ok := f.text(ref)
	if _, word := f.words(ref); f.lang.local != nil && !word {
		text = f.lang.local(text)
	}
	l.text = text
	return l, ok
}

// add adds references that are not there yet.
func (l *line) add(refs ...string) {
	for _, r := range refs {
		if !slices.Contains(l.refs, r) {
			l.refs = append(l.refs, r)
		}
	}
}

// slots calls each for every slot of template and of the templates it
// includes: the reference, and the nouns of a count.
func slots(template string, each func(ref, nouns string)) {
	for {
		i := strings.IndexByte(template, '{')
		if i < 0 {
			return
		}
		inner, rest := bracketed(template[i:])
		if key, ok := strings.CutPrefix(inner, ">"); ok {
			slots(english[key], each) // a key with a $name has no fixed template
		} else {
			ref, nouns, _ := strings.Cut(inner, "|")
			each(ref, nouns)
		}
		template = rest
	}
}
