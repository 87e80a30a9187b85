package evaluate

// language is what an evaluation is written in.
type language struct {
	texts map[string]string   // by key
	and   string              // between clauses
	local func(string) string // makes a printed number of it; nil: it stays
}

// languages are all of them by their codes. English is the one of documents.
var languages = map[string]*language{"en": {texts: english, and: and}, "de": &german}

// Languages returns the codes of the languages that an Input may ask for.
func Languages() []string { return []string{"en", "de"} }

// languageOf returns the language with that code, English where there is none.
func languageOf(code string) *language {
	if l := languages[code]; l != nil {
		return l
	}
	return languages["en"]
}
