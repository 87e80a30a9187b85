package api

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	"pleth/internal/deadletter"
	"pleth/internal/intake/readings"
	"pleth/internal/reading"
)

// Letters are the dead letters as they are looked at and sent again.
type Letters interface {
	List(ctx context.Context, q deadletter.Query) ([]deadletter.Letter, error)
	Inspect(ctx context.Context, number int64) (deadletter.Letter, []deadletter.Item, []deadletter.Attempt, error)
	Tried(ctx context.Context, number int64, who deadletter.Who, taken, refused int) error
	Drop(ctx context.Context, number int64, settled bool, who deadletter.Who) (int64, error)
	State() deadletter.State
}

// Letter is what was refused of one request and one device.
type Letter struct {
	Number   int64    `json:"number"`
	Received string   `json:"received"`
	Latest   string   `json:"latest" doc:"When the same came last."`
	Times    int64    `json:"times" doc:"How often the same came."`
	Door     string   `json:"door"`
	Device   string   `json:"device_id,omitempty" doc:"Not there where it is not known."`
	Codes    []string `json:"codes" doc:"What was wrong."`
	Readings int      `json:"readings"`
	Bytes    int      `json:"bytes" doc:"On disk."`
	Attempts int      `json:"attempts" doc:"How often it was resubmitted."`
	Settled  bool     `json:"settled" doc:"The last attempt took every reading."`
}

// LetterItem is one refused reading of a letter.
type LetterItem struct {
	Index  int          `json:"index" doc:"In its request."`
	Text   string       `json:"text,omitempty" doc:"As it came; it may name a person."`
	Base64 string       `json:"base64,omitempty" doc:"The same, where it is no text."`
	Errors []FieldError `json:"errors"`
}

// LetterAttempt is one resubmission of a letter.
type LetterAttempt struct {
	At      string `json:"at"`
	Actor   string `json:"actor"`
	Reason  string `json:"reason,omitempty"`
	Taken   int    `json:"taken"`
	Refused int    `json:"refused"`
}

// OpenLetter is a letter with all that is in it.
type OpenLetter struct {
	Letter
	Items []LetterItem    `json:"items"`
	Tried []LetterAttempt `json:"tried"`
}

// DropLetters says which letters to remove for good.
type DropLetters struct {
	Through int64  `json:"through" doc:"Numbers up to this one, included."`
	Settled bool   `json:"settled" required:"false" doc:"Only those that were resubmitted with success."`
	Reason  string `json:"reason" doc:"Kept for good."`
}

// Dropped says how many letters were removed.
type Dropped struct {
	Letters int64 `json:"letters"`
}

func letterOf(l *deadletter.Letter) Letter {
	out := Letter{Number: l.Number, Received: stamp(l.Received), Latest: stamp(l.Latest), Times: l.Times, Door: l.Door, Device: l.Device,
		Codes: []string{}, Readings: l.Readings, Bytes: l.Size, Attempts: l.Attempts, Settled: l.Settled}
	for _, c := range l.Codes {
		out.Codes = append(out.Codes, string(c))
	}
	return out
}

// getLetters lists the dead letters.
func (a *API) getLetters(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	q := ask(r)
	query := deadletter.Query{Door: q.text("door"), Device: ofDevice(q), Code: readings.Code(q.text("code")), Limit: q.limit(1000) + 1}
	switch v := q.text("open"); v {
	case "", "false":
	case "true":
		query.Open = true
	default:
		q.bad("open", "wrong_type", "true or false", v, "true, false")
	}
	q.cursor(&query.After)
	if err := q.done(); err != nil {
		return err
	}
	found, err := a.cfg.Letters.List(r.Context(), query)
	if err != nil {
		return err
	}
	next := ""
	if len(found) == query.Limit {
		found = found[:len(found)-1]
		next = cursorOf(found[len(found)-1].Number)
	}
	list := make([]Letter, 0, len(found))
	for i := range found {
		list = append(list, letterOf(&found[i]))
	}
	return writeList(w, "dead_letters", list, next)
}

// number returns the number of the letter in the address.
func number(r *http.Request) (int64, error) {
	n, err := strconv.ParseInt(r.PathValue("number"), 10, 64)
	if err != nil || n < 1 {
		return 0, notFound("a dead letter has a number from 1 on")
	}
	return n, nil
}

// inspect returns a letter.
func (a *API) inspect(r *http.Request) (deadletter.Letter, []deadletter.Item, []deadletter.Attempt, error) {
	n, err := number(r)
	if err != nil {
		return deadletter.Letter{}, nil, nil, err
	}
	l, items, tried, err := a.cfg.Letters.Inspect(r.Context(), n)
	if errors.Is(err, deadletter.ErrUnknown) {
		err = notFound("there is no dead letter of that number")
	}
	return l, items, tried, err
}

// getLetter answers with one letter and what is in it.
func (a *API) getLetter(w http.ResponseWriter, r *http.Request, _ *Caller) error {
	if err := ask(r).done(); err != nil {
		return err
	}
	l, items, tried, err := a.inspect(r)
	if err != nil {
		return err
	}
	out := OpenLetter{Letter: letterOf(&l), Items: []LetterItem{}, Tried: []LetterAttempt{}}
	for _, it := range items {
		one := LetterItem{Index: it.Index, Errors: fieldErrors(&readings.Refusal{Problems: it.Problems}, false)}
		if utf8.Valid(it.Bytes) {
			one.Text = string(it.Bytes)
		} else {
			one.Base64 = base64.StdEncoding.EncodeToString(it.Bytes)
		}
		out.Items = append(out.Items, one)
	}
	for _, t := range tried {
		out.Tried = append(out.Tried, LetterAttempt{stamp(t.At), t.Actor, t.Reason, t.Taken, t.Refused})
	}
	w.Header().Set("Cache-Control", "no-store")
	return writeJSON(w, http.StatusOK, out)
}

// resubmit sends a letter again: as it came, or with what the body holds in its
// place. The letter stays, with the attempt noted.
func (a *API) resubmit(w http.ResponseWriter, r *http.Request, who *Caller) error {
	q := ask(r)
	reason := q.text("reason")
	if err := q.done(); err != nil {
		return err
	}
	l, items, _, err := a.inspect(r)
	if err != nil {
		return err
	}
	body, release, err := a.body(w, r)
	if err != nil {
		return err
	}
	defer release()
	now := a.cfg.Clock()
	build := readings.New(readings.Options{Door: l.Door, Device: l.Device, Received: now.UnixNano(), Future: a.cfg.Intake.Future, Limit: a.cfg.Limits.Readings, Known: a.cfg.Intake.Known})
	list := true
	if len(bytes.TrimSpace(body)) > 0 {
		if err := build.JSON(body); err != nil {
			return malformed(err.Error())
		}
		list = isList(body)
	} else if err := again(build, &l, items); err != nil {
		return err
	}
	in, err := build.Result(r.Context(), a.cfg.People)
	if err != nil {
		return err
	}
	if err := a.quota(who, in, now); err != nil {
		return err
	}
	for _, b := range in.Batches {
		b.Received = l.Received // it came then
	}
	var outcomes [][]reading.Outcome
	if len(in.Batches) > 0 {
		if outcomes, err = a.cfg.Road.Submit(r.Context(), in.Batches...); err != nil {
			return err
		}
	}
	if err := a.cfg.Letters.Tried(r.Context(), l.Number, deadletter.Who{Actor: who.name, Reason: reason}, len(in.Places)-len(in.Refused), len(in.Refused)); err != nil {
		return err
	}
	return writeTaken(w, r, in, outcomes, list)
}

// again puts the readings of a letter into build.
func again(build *readings.Builder, l *deadletter.Letter, items []deadletter.Item) error {
	for _, it := range items {
		var syntax *readings.SyntaxError
		switch err := build.JSON(it.Bytes); {
		case errors.As(err, &syntax):
			return problem(http.StatusUnprocessableEntity, "not-json", "This cannot be sent again as it is",
				"what came through the door "+l.Door+" is not JSON, or malformed: send the readings as JSON in the body instead")
		case err != nil:
			return malformed(err.Error())
		}
	}
	return nil
}

// dropLetters removes letters for good.
func (a *API) dropLetters(w http.ResponseWriter, r *http.Request, who *Caller) error {
	var in DropLetters
	if err := a.post(w, r, &in); err != nil {
		return err
	}
	var f form
	f.text("reason", in.Reason, true)
	if in.Through < 1 {
		f.bad("through", string(readings.OutOfRange), "say up to which number", "1 or more")
	}
	if err := f.done(); err != nil {
		return err
	}
	n, err := a.cfg.Letters.Drop(r.Context(), in.Through, in.Settled, deadletter.Who{Actor: who.name, Reason: strings.TrimSpace(in.Reason)})
	if err != nil {
		return err
	}
	return writeJSON(w, http.StatusOK, Dropped{n})
}
