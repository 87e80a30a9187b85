package app

import (
	"archive/zip"
	"bytes"
	"fmt"
	"net/http"

	"pleth/internal/api"
	"pleth/internal/simulate"
)

// sampleNights is how many nights the sample has: as many as a comparison takes.
const sampleNights = 14

// sampleSeeds are of quieter nights of the same child, before the sample night
// of the documentation.
const sampleSeeds = 2026

// sample imports the sample nights.
func (d *importDoor) sample(w http.ResponseWriter, r *http.Request, who *api.Caller) {
	if len(r.URL.Query()) > 0 {
		importProblem(w, http.StatusBadRequest, "parameters", "The parameters are not valid", "there are none here", nil)
		return
	}
	body, err := sampleFile()
	if err == nil {
		err = d.take(w, r, importParams{Filename: "sample-nights.zip", Device: "sample", Actor: who.Name(), Size: int64(len(body))}, body)
	}
	if err != nil {
		d.failed(w, err)
	}
}

// take imports a file that is at hand.
func (d *importDoor) take(w http.ResponseWriter, r *http.Request, p importParams, body []byte) error {
	j, err := d.create(p)
	if err != nil {
		return err
	}
	s, _ := j.look()
	w.Header().Set("Location", "/api/v1/imports/"+s.ID)
	if err := d.receive(j, 0, bytes.NewReader(body), true); err != nil {
		d.discard(j)
		return err
	}
	d.settled(w, r, j)
	return nil
}

// sampleFile returns the sample nights as an archive. It is a pure function.
func sampleFile() ([]byte, error) {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for i := range sampleNights {
		p := simulate.Sample()
		p.Start = p.Start.AddDate(0, 0, i-sampleNights+1)
		if i < sampleNights-1 {
			p.Seed = sampleSeeds + uint64(i)
		}
		night, err := simulate.Night(p)
		if err != nil {
			return nil, err
		}
		f, err := archive.Create(fmt.Sprintf("night-%02d.csv", i+1))
		if err == nil {
			err = night.WriteCSV(f)
		}
		if err != nil {
			return nil, err
		}
	}
	err := archive.Close()
	return out.Bytes(), err
}
