package evaluate

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pleth/internal/plethtest"
)

const (
	pageBegin = "<!-- rules: made from the code by go test ./internal/evaluate -run TestPage -update -->\n"
	pageEnd   = "<!-- end of rules -->\n"
)

// TestPage compares the tables of docs/definitions/rules.md with the code, and
// writes them with -update.
func TestPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(plethtest.Root(t), "docs", "definitions", "rules.md")
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(b), pageBegin)
	_, after, ended := strings.Cut(rest, pageEnd)
	if !found || !ended {
		t.Fatalf("%s lacks the marks of the tables", path)
	}
	want := before + pageBegin + pageTables() + pageEnd + after
	if *update {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if string(b) != want {
		t.Errorf("%s differs from the code: read the change, then go test ./internal/evaluate -run TestPage -update", path)
	}
	if !strings.Contains(before, "rule set "+Version+"\n") {
		t.Errorf("%s does not name rule set %s", path, Version)
	}
}

func pageTables() string {
	var b strings.Builder
	b.WriteString("\n## Rules\n\nThe level is that of the highest row that holds; `info` if none does.\n\n")
	b.WriteString("| rule | about | level | holds if | source | texts | reads | version |\n|---|---|---|---|---|---|---|---|\n")
	byID := slices.Clone(rules)
	slices.SortFunc(byID, func(a, b *rule) int { return strings.Compare(a.id, b.id) })
	for _, r := range byID {
		for i := range r.criteria {
			c := &r.criteria[i]
			fmt.Fprintf(&b, "| %s | | %s | %s | %s | | | |\n", r.id, c.level, condText(c.when), cell(c.source))
		}
		shown := condText(r.shown)
		switch {
		case r.quiet:
			shown = "silent"
		case shown == "":
			shown = "always"
		default:
			shown = "shown if " + shown
		}
		fmt.Fprintf(&b, "| %s | %s | info | otherwise; %s | | %s | %s | %d |\n", r.id, r.name, shown, ruleTexts(r), reads(r), r.version)
	}
	b.WriteString("\n## Sentences\n\nOf each group the first that can be said, in this order.\n\n| rule | group | if | text |\n|---|---|---|---|\n")
	for _, r := range rules {
		for i, list := range r.sentences {
			for _, v := range list {
				fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", r.id, i+1, condText(v.when), cell(english[v.text]))
			}
		}
	}
	b.WriteString("\n## Headline, advice, limits\n\n| key | text |\n|---|---|\n")
	for _, key := range slices.Sorted(maps.Keys(english)) {
		for _, prefix := range []string{"headline.", "advice.", "limits.", "emergency", "disclaimer", "question."} {
			if strings.HasPrefix(key, prefix) {
				fmt.Fprintf(&b, "| %s | %s |\n", key, cell(english[key]))
			}
		}
	}
	b.WriteString("\n## Constants\n\n| reference | prints |\n|---|---|\n")
	for _, ref := range slices.Sorted(maps.Keys(constants)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", ref, strings.ReplaceAll(kindOf(ref).text(constants[ref], time.Time{}), nbsp, " "))
	}
	b.WriteString("\n## How numbers print\n\nA reference has one form; the first pattern that fits it counts, else it is a count. Rules compare the printed value.\n\n| pattern | form | prints |\n|---|---|---|\n")
	for _, k := range kindRules {
		fmt.Fprintf(&b, "| `%s` | %s | %s |\n", k.pattern, kinds[k.kind].name, kinds[k.kind].print)
	}
	b.WriteString("\n")
	return b.String()
}

// cell makes a text fit for a table.
func cell(s string) string {
	return strings.NewReplacer("|", "\\|", nbsp, " ", "{", "`{", "}", "}`").Replace(s)
}

func condText(conds []cond) string {
	var parts []string
	for _, c := range conds {
		switch k := kindOf(c.ref); {
		case c.op == "known":
			parts = append(parts, fmt.Sprintf("`%s` is known", c.ref))
		case c.op == "absent":
			parts = append(parts, fmt.Sprintf("`%s` is not known", c.ref))
		case k == kindFlag && c.limit == 1:
			parts = append(parts, fmt.Sprintf("`%s`", c.ref))
		case k == kindFlag:
			parts = append(parts, fmt.Sprintf("not `%s`", c.ref))
		case c.ref == "others.level":
			parts = append(parts, fmt.Sprintf("`%s` %s %s", c.ref, c.op, Level(c.limit)))
		case c.limit < 0 || k == kindPeriod || k == kindProbability || c.ref == "psd.band_ratio" || c.ref == "age.years":
			parts = append(parts, fmt.Sprintf("`%s` %s %v", c.ref, c.op, c.limit))
		default:
			parts = append(parts, fmt.Sprintf("`%s` %s %s", c.ref, c.op, strings.ReplaceAll(k.text(c.limit, time.Time{}), nbsp, " ")))
		}
	}
	return strings.Join(parts, " and ")
}

// ruleTexts are the findings of a rule with their conditions.
func ruleTexts(r *rule) string {
	var parts []string
	for _, v := range r.finding {
		text := cell(english[v.text])
		if c := condText(v.when); c != "" {
			text += " (if " + c + ")"
		}
		if !slices.Contains(parts, text) {
			parts = append(parts, text)
		}
	}
	return strings.Join(parts, "<br>")
}

// reads lists the references of a rule.
func reads(r *rule) string {
	var refs []string
	add := func(ref string) {
		if _, constant := constants[ref]; !constant && ref != "limit.$q" && !slices.Contains(refs, "`"+ref+"`") {
			refs = append(refs, "`"+ref+"`")
		}
	}
	for _, c := range allConds(r) {
		add(c.ref)
	}
	for _, list := range append([][]variant{r.finding, r.headline}, r.sentences...) {
		for _, v := range list {
			slots(english[v.text], func(ref, _ string) { add(ref) })
		}
	}
	slices.Sort(refs)
	return strings.Join(refs, " ")
}
