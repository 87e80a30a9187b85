// Package app puts the parts together: it holds the one list of readers and
// the roads that the commands of the program take.
package app

import (
	"context"
	"io"

	"pleth/internal/analysis"
	"pleth/internal/device"
	"pleth/internal/intake"
	"pleth/internal/session"
)

// Analyzer turns files into analysis documents.
type Analyzer struct {
	Formats  []device.Format
	Program  analysis.Program
	Settings analysis.Settings
	Given    device.Given
	Intake   intake.Options
	Stdin    io.Reader
}

// File analyses one file and returns a document per recording in it.
func (a *Analyzer) File(ctx context.Context, path string) ([]*analysis.Document, error) {
	var docs []*analysis.Document
	for _, r := range a.readFile(ctx, path) {
		if r.err != nil {
			return docs, r.err
		}
		doc := analysis.NewDocument(a.Program, a.Settings, []analysis.Input{r.input})
		for _, s := range r.sessions {
			key := session.Key("import-"+r.input.SHA256[:8], "", s.Start)
			doc.Sessions = append(doc.Sessions, analysis.Analyse(s, key, a.Settings).Result)
		}
		docs = append(docs, doc)
	}
	return docs, nil
}
