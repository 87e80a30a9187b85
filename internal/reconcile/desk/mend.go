package desk

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"

	"pleth/internal/reconcile"
	"pleth/internal/reconcile/plan"
)

// MendRequest is what somebody wants mended.
type MendRequest struct {
	Actor, Why string
	// Credential is who signed in, as nobody can write it: the owner of the key
	// or its name. Empty: the server takes no keys.
	Credential string
	Action     string
	Findings   []string // ids; nil: all of the incident that stand
	DryRun     bool     // only say what would happen
	Keep       string   // of a dedupe: first or last
	// Of a remap: the word, as A has it, and what it is called in B.
	Word, Image string
	Values      map[string]string // of an override, by the names of B
}

// Mend is what was or would be done.
type Mend struct {
	ID        int64     `json:"id,omitempty"`
	Incident  int64     `json:"incident"`
	Action    string    `json:"action"`
	State     string    `json:"state"`           // preview, proposed, applying, applied, failed, cut off, lapsed
	Error     string    `json:"error,omitempty"` // why it failed, or is not known to have been done
	By        string    `json:"by"`
	Why       string    `json:"why"`
	Confirmed string    `json:"confirmed_by,omitempty"`
	At        time.Time `json:"at"`
	Effects   []Effect  `json:"effects"`

	Request MendRequest `json:"-"`
}

// Effect is what is done to one record.
type Effect struct {
	Finding string            `json:"finding"`
	Key     []string          `json:"key"`
	Text    string            `json:"text"`
	A       map[string]string `json:"a,omitempty"`      // what A has, by its names
	B       []map[string]any  `json:"b"`                // what B has now
	Record  map[string]string `json:"record,omitempty"` // what B is to have, by its names
	Before  string            `json:"before,omitempty"` // hashes of the record in B
	After   string            `json:"after,omitempty"`
	Error   string            `json:"error,omitempty"`

	hash string // of the record in A
}

// fits says which classes an action mends.
var fits = map[string][]reconcile.Class{
	plan.Replay:   {reconcile.Missing, reconcile.NeverAttempted, reconcile.Rejected, reconcile.MismatchValue, reconcile.MismatchStatus},
	plan.Refetch:  {reconcile.Missing, reconcile.NeverAttempted, reconcile.Rejected, reconcile.MismatchValue, reconcile.MismatchStatus},
	plan.Dedupe:   {reconcile.Duplicate},
	plan.Void:     {reconcile.Extra},
	plan.Override: {reconcile.MismatchValue, reconcile.MismatchStatus},
	plan.Remap:    {reconcile.Unmapped, reconcile.MismatchStatus},
}

// Fits returns the actions that can mend findings of a class in an integration.
func (d *Desk) Fits(name string, class reconcile.Class) []string {
	out := []string{}
	in := d.byName[name]
	if in == nil || in.pair == nil {
		return out
	}
	for _, a := range plan.Actions() {
		if slices.Contains(fits[a], class) && (a == plan.Remap && len(in.pair.Spec.Status) > 0 || in.pair.Mender != nil && in.pair.Mender.Can(a)) {
			out = append(out, a)
		}
	}
	return out
}

// mostMended is how many records a person mends at once.
const mostMended = 1000

// Mend mends findings of an incident, or says what would happen. An override
// is only proposed: a second person confirms it. It waits for another mend of the
// integration and for both sides, Config.MostRead each at most.
func (d *Desk) Mend(ctx context.Context, id int64, r MendRequest) (*Mend, error) {
	i, in, done, err := d.hold(ctx, id)
	if err != nil {
		return nil, err
	}
	defer done()
	m, err := d.prepare(ctx, in, i, r)
	if err != nil || r.DryRun {
		return m, err
	}
	if r.Action == plan.Override {
		return m, d.propose(ctx, in, m)
	}
	return m, d.apply(ctx, in, m)
}

// propose writes down what waits for a second person.
func (d *Desk) propose(ctx context.Context, in *integration, m *Mend) error {
	in.write.Lock()
	defer in.write.Unlock()
	i, _, err := d.find(ctx, m.Incident)
	if err != nil {
		return err
	}
	if i.Over() {
		return &ActionError{"the incident is over"}
	}
	m.State, i.State = "proposed", Repairing
	return d.store.file.InTx(ctx, func(tx *sql.Tx) error {
		if err := d.store.putMend(ctx, tx, m); err != nil {
			return err
		}
		if err := d.store.putIncident(ctx, tx, i); err != nil {
			return err
		}
		return d.store.addStep(ctx, tx, i.ID, &Step{At: m.At, Who: m.By, What: "proposed override", Why: m.Why, Mend: m.ID, State: Repairing})
	})
}

// find returns an incident and its integration.
func (d *Desk) find(ctx context.Context, id int64) (*Incident, *integration, error) {
	list, err := d.store.incidents(ctx, `id = ?`, id)
	if err != nil {
		return nil, nil, err
	}
	if len(list) == 0 {
		return nil, nil, ErrUnknown
	}
	in := d.byName[list[0].Integration]
	if in == nil {
		return nil, nil, &ActionError{"its integration is not declared any more"}
	}
	return &list[0], in, nil
}

// hold returns an incident and its integration, in which nothing else is mended
// until done. Checks go on meanwhile.
func (d *Desk) hold(ctx context.Context, id int64) (*Incident, *integration, func(), error) {
	_, in, err := d.find(ctx, id)
	if err != nil {
		return nil, nil, nil, err
	}
	done, err := in.mending.take(ctx, d.cfg.MostRead)
	if errors.Is(err, errTaken) {
		return nil, nil, nil, &ActionError{"another mend of this integration is under way and takes long: ask again when it has ended"}
	}
	if err != nil {
		return nil, nil, nil, err
	}
	i, in, err := d.find(ctx, id)
	if err != nil {
		done()
		return nil, nil, nil, err
	}
	return i, in, done, nil
}

// Confirm does what somebody else proposed: another name, signed in as somebody
// else where the server takes keys. Credential is as in MendRequest.
func (d *Desk) Confirm(ctx context.Context, incident, id int64, actor, credential string) (*Mend, error) {
	i, in, done, err := d.hold(ctx, incident)
	if err != nil {
		return nil, err
	}
	defer done()
	list, err := d.store.mends(ctx, `incident = ? AND id = ?`, incident, id)
	switch {
	case err != nil:
		return nil, err
	case len(list) == 0:
		return nil, ErrUnknown
	case list[0].State != "proposed":
		return nil, &ActionError{"it is " + list[0].State + " already"}
	case actor == "":
		return nil, &ActionError{"a confirmation says who"}
	case samePerson(list[0].By, actor):
		return nil, &ActionError{"who proposed it cannot confirm it: two people must agree"}
	case (list[0].Request.Credential == "") != (credential == ""):
		return nil, &ActionError{"it was proposed while the server took other keys: propose it again"}
	case credential != "" && samePerson(list[0].Request.Credential, credential):
		return nil, &ActionError{"it was proposed with a key of the same person: the second one signs in with a key of their own"}
	}
	was := &list[0]
	m, err := d.prepare(ctx, in, i, was.Request) // what holds now
	if err != nil {
		return nil, err
	}
	m.ID, m.Confirmed = was.ID, actor
	return m, d.apply(ctx, in, m)
}

// samePerson reports whether two names are one, however they are written.
func samePerson(a, b string) bool {
	plain := func(s string) string { return strings.ToLower(strings.Join(strings.Fields(norm.NFC.String(s)), " ")) }
	return plain(a) == plain(b)
}

// prepare finds what would happen.
func (d *Desk) prepare(ctx context.Context, in *integration, i *Incident, r MendRequest) (*Mend, error) {
	switch {
	case i.Over():
		return nil, &ActionError{"the incident is over"}
	case in.pair == nil:
		return nil, &ActionError{"a pipe is not mended from here"}
	case !slices.Contains(fits[r.Action], i.Class):
		return nil, &ActionError{fmt.Sprintf("%s does not mend %s: %s", r.Action, i.Class, strings.Join(d.Fits(i.Integration, i.Class), ", "))}
	case r.Action != plan.Remap && (in.pair.Mender == nil || !in.pair.Mender.Can(r.Action)):
		return nil, &ActionError{"nothing is declared that can " + r.Action + " here: mend in the settings of the pair"}
	case r.Why == "" || r.Actor == "":
		return nil, &ActionError{"a mend says who and why"}
	}
	if r.Keep == "" {
		r.Keep = "first"
	}
	if r.Keep != "first" && r.Keep != "last" {
		return nil, &ActionError{"keep is first or last"}
	}
	m := &Mend{Incident: i.ID, Action: r.Action, State: "preview", By: r.Actor, Why: r.Why, At: d.cfg.Clock(), Request: r}
	if r.Action == plan.Remap {
		return m, d.prepareRemap(in, m, &r)
	}
	all, err := d.store.findings(ctx, `incident = ? AND closed IS NULL ORDER BY first`, i.ID)
	if err != nil {
		return nil, err
	}
	var keys [][]string
	for n := range all {
		f := &all[n]
		if len(f.Key) != len(in.pair.Spec.Key) || r.Findings != nil && !slices.Contains(r.Findings, f.ID) {
			continue
		}
		keys = append(keys, f.Key)
		m.Effects = append(m.Effects, Effect{Finding: f.ID, Key: f.Key})
	}
	switch {
	case len(keys) == 0:
		return nil, &ActionError{"there is no finding of a single record that stands"}
	case len(keys) > mostMended:
		return nil, &ActionError{fmt.Sprintf("%d records at once are too many: name up to %d findings", len(keys), mostMended)}
	}
	return m, d.effects(ctx, in, m, keys)
}

func (d *Desk) prepareRemap(in *integration, m *Mend, r *MendRequest) error {
	if r.Word == "" || r.Image == "" {
		return &ActionError{"a remap names the word of A and what it is called in B"}
	}
	for column := range in.pair.Spec.Status {
		m.Effects = append(m.Effects, Effect{Key: []string{column}, Text: fmt.Sprintf("%s: %q of A is %q in B from now on", column, r.Word, r.Image)})
	}
	if len(m.Effects) != 1 {
		return &ActionError{"the pair has no status map, or several: change them in the settings"}
	}
	return nil
}

// effects looks at the records of both sides.
func (d *Desk) effects(ctx context.Context, in *integration, m *Mend, keys [][]string) error {
	p := pairOf{in.pair}
	a, b, err := d.records(ctx, in, keys)
	if err != nil {
		return err
	}
	for n := range m.Effects {
		e := &m.Effects[n]
		e.B = []map[string]any{}
		for _, rec := range b[n] {
			row := map[string]any{}
			for name, v := range rec.Raw {
				row[name] = v
			}
			e.B = append(e.B, row)
		}
		e.Before = hashOf(b[n])
		if len(a[n]) > 0 {
			e.hash, e.A = a[n][0].Hash, plainOf(a[n][0].Raw)
		}
		if long := longOf(a[n], b[n]); long != "" && m.Action != plan.Void {
			e.Error = fmt.Sprintf("column %q has more than can be sent: mend it in the systems", long)
			continue
		}
		switch m.Action {
		case plan.Replay, plan.Refetch:
			if len(a[n]) == 0 {
				e.Error = "A does not have it any more"
				continue
			}
			e.Record = p.inB(&a[n][0])
			what := map[string]string{plan.Replay: "is sent again the way it came", plan.Refetch: "is fetched from A and put into B"}[m.Action]
			e.Text = fmt.Sprintf("%s %s; B has it %s now", strings.Join(e.Key, " "), what, times(len(b[n])))
		case plan.Dedupe:
			if len(b[n]) < 2 {
				e.Error = "B has it only once now"
				continue
			}
			e.Record = plainOf(b[n][0].Raw)
			if m.Request.Keep == "last" {
				e.Record = plainOf(b[n][len(b[n])-1].Raw)
			}
			e.Text = fmt.Sprintf("%s: of %d records in B the %s is kept", strings.Join(e.Key, " "), len(b[n]), m.Request.Keep)
		case plan.Void:
			if len(a[n]) > 0 {
				e.Error = "A has it now"
				continue
			}
			e.Text = fmt.Sprintf("%s is taken out of B", strings.Join(e.Key, " "))
		case plan.Override:
			if len(m.Request.Values) == 0 {
				return &ActionError{"an override names the values"}
			}
			e.Record = m.Request.Values
			e.Text = fmt.Sprintf("%s gets other values in B", strings.Join(e.Key, " "))
		}
	}
	return nil
}

// longOf returns a column of which not all is known; empty: there is none.
func longOf(sides ...[]reconcile.Record) string {
	for _, list := range sides {
		for n := range list {
			if len(list[n].Long) > 0 {
				return list[n].Long[0]
			}
		}
	}
	return ""
}

func times(n int) string {
	return map[int]string{0: "not", 1: "once"}[min(n, 2)] + map[bool]string{true: fmt.Sprintf("%d times", n)}[n > 1]
}

// hashOf is the hash of the records of one key: of one its own.
func hashOf(list []reconcile.Record) string {
	switch len(list) {
	case 0:
		return ""
	case 1:
		return list[0].Hash
	}
	sum := sha256.New()
	for _, r := range list {
		sum.Write([]byte(r.Hash))
	}
	return hex.EncodeToString(sum.Sum(nil))
}

func plainOf(raw map[string]*string) map[string]string {
	out := map[string]string{}
	for name, v := range raw {
		if v != nil {
			out[name] = *v
		}
	}
	return out
}

// inB returns a record of A by the names of B, statuses by their images.
func (p pairOf) inB(r *reconcile.Record) map[string]string {
	out := map[string]string{}
	for _, c := range slices.Concat(p.Spec.Key, p.Spec.Compare, p.Spec.Measures, []reconcile.Column{p.Spec.Time, p.Spec.Channel, p.Spec.Updated}) {
		if c.A == "" || c.B == "" || r.Raw[c.A] == nil {
			continue
		}
		v := *r.Raw[c.A]
		if to, ok := p.Spec.Status[c.A][strings.TrimSpace(v)]; ok {
			v = to
		}
		out[c.B] = v
	}
	return out
}

// step is what the mender is told. Its ID is that of the change: the record as
// A has it and as B had it.
func (p pairOf) step(m *Mend, e *Effect) plan.Step {
	s := plan.Step{Action: m.Action, Key: map[string]string{}, Record: e.Record, Keep: m.Request.Keep}
	for k, c := range p.Spec.Key {
		s.Key[c.B] = e.Key[k]
	}
	if m.Action != plan.Override { // which names what it changes
		for _, c := range slices.Concat(p.Spec.Compare, p.Spec.Measures, []reconcile.Column{p.Spec.Time, p.Spec.Channel, p.Spec.Updated}) {
			if _, has := e.Record[c.B]; c.B != "" && !has && !slices.Contains(s.Null, c.B) {
				s.Null = append(s.Null, c.B)
			}
		}
	}
	b, _ := json.Marshal([]any{p.Name, m.Action, e.Key, e.hash, e.Before, e.Record})
	sum := sha256.Sum256(b)
	s.ID = hex.EncodeToString(sum[:16])
	return s
}
