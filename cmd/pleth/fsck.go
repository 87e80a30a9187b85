package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"pleth/internal/app"
	"pleth/internal/fsck"
)

type fsckCmd struct {
	Dir     string `arg:"" type:"existingdir" help:"Data folder of a server that is stopped."`
	Repair  bool   `help:"Build the storage anew from what is sound; the old one is kept in DIR/lost."`
	KeyFile string `type:"existingfile" placeholder:"FILE" help:"Key that the folder is encrypted with."`
	JSON    bool   `help:"Print the report as JSON."`
}

// Run exits 0 if everything is sound, 1 if it is not, repaired or not.
func (c fsckCmd) Run(e *env) error {
	found, err := app.Fsck(c.Dir, c.KeyFile, c.Repair)
	if found == nil {
		return err
	}
	if c.JSON {
		err = errors.Join(err, json.NewEncoder(e.stdout).Encode(flawsOf(found)))
	} else {
		printFlaws(e.stdout, found)
	}
	if err != nil || found.Sound() {
		return err
	}
	var errs []error
	switch r := found.Storage; {
	case r.Aside != "":
		errs = append(errs, fmt.Errorf("repaired: what was sound is in place, the old storage is kept in %s", r.Aside))
	case !r.Sound():
		errs = append(errs, errors.New("the storage is damaged; with --repair it is built anew from what is sound, and the old one is kept"))
	}
	for _, f := range found.Files {
		if len(f.Flaws) > 0 {
			errs = append(errs, fmt.Errorf("%s is damaged; nothing was changed in it: %s", f.Name, f.Advice))
		}
	}
	return errors.Join(errs...)
}

// fsckReport is the report as JSON.
type fsckReport struct {
	Sound       bool       `json:"sound"`
	Partitions  int        `json:"partitions"`
	Records     int64      `json:"log_records"`
	Readings    int64      `json:"log_readings"`
	Chunks      int64      `json:"chunks"`
	Rows        int64      `json:"rows"`
	Rollups     int64      `json:"rollups"`
	LogBytes    int64      `json:"log_bytes"` // keys and values
	Values      int64      `json:"values"`    // in the chunks, missing ones included
	ChunkBytes  int64      `json:"chunk_bytes"`
	RollupBytes int64      `json:"rollup_bytes"`
	Flaws       []fsckFlaw `json:"flaws"`
	More        int        `json:"more_flaws,omitempty"`
	Aside       string     `json:"kept_in,omitempty"`
	Files       []fsckFile `json:"files"`
}

type fsckFile struct {
	Name   string   `json:"name"`
	Sound  bool     `json:"sound"`
	Flaws  []string `json:"flaws,omitempty"`
	More   int      `json:"more_flaws,omitempty"`
	Advice string   `json:"advice,omitempty"` // where it is not sound
	Note   string   `json:"note,omitempty"`   // what could not be checked
}

type fsckFlaw struct {
	What      string `json:"what"`
	Device    string `json:"device,omitempty"`
	Recording string `json:"recording,omitempty"`
	Key       string `json:"key,omitempty"` // hexadecimal
}

func flawsOf(found *app.Checked) fsckReport {
	r := found.Storage
	if r == nil {
		r = &fsck.Report{}
	}
	out := fsckReport{found.Sound(), r.Partitions, r.Log.Records, r.Log.Readings, r.Series.Chunks, r.Series.Rows, r.Series.Rollups, r.Log.Bytes, r.Series.Values, r.Series.ChunkBytes, r.Series.RollupBytes, []fsckFlaw{}, r.More, r.Aside, []fsckFile{}}
	for _, f := range r.Flaws {
		out.Flaws = append(out.Flaws, fsckFlaw{f.What, f.Partition.Device, f.Partition.Recording, fmt.Sprintf("%x", f.Key)})
	}
	for _, f := range found.Files {
		one := fsckFile{Name: f.Name, Sound: len(f.Flaws) == 0, Flaws: f.Flaws, More: f.More, Note: f.Note}
		if !one.Sound {
			one.Advice = f.Advice
		}
		out.Files = append(out.Files, one)
	}
	return out
}

func printFlaws(w io.Writer, found *app.Checked) {
	if found.Storage != nil {
		printStorage(w, found.Storage)
	}
	for _, f := range found.Files {
		for i, what := range f.Flaws {
			if i == maxShown {
				break
			}
			fmt.Fprintf(w, "%s: %s\n", f.Name, what)
		}
		if n := max(0, len(f.Flaws)-maxShown) + f.More; n > 0 {
			fmt.Fprintf(w, "%s: ... and %d more\n", f.Name, n)
		}
		if f.Note != "" {
			fmt.Fprintf(w, "%s: %s\n", f.Name, f.Note)
		}
	}
	if found.Sound() {
		fmt.Fprintln(w, "no flaws")
	}
}

func printStorage(w io.Writer, r *fsck.Report) {
	fmt.Fprintf(w, "%d partitions; log: %d records with %d readings; series: %d chunks with %d readings, %d rollups\n",
		r.Partitions, r.Log.Records, r.Log.Readings, r.Series.Chunks, r.Series.Rows, r.Series.Rollups)
	for i, f := range r.Flaws {
		if i == maxShown {
			break
		}
		switch {
		case f.Partition.Recording != "":
			fmt.Fprintf(w, "device %s, recording %s: %s\n", f.Partition.Device, f.Partition.Recording, f.What)
		case f.Partition.Device != "":
			fmt.Fprintf(w, "device %s: %s\n", f.Partition.Device, f.What)
		default:
			fmt.Fprintln(w, f.What)
		}
	}
	if n := max(0, len(r.Flaws)-maxShown) + r.More; n > 0 {
		fmt.Fprintf(w, "... and %d more\n", n)
	}
}
