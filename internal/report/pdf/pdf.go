// Package pdf draws the report of a night on A4: one page about the night,
// and a second one where there are other nights to compare it with. All is
// vector; the fonts are embedded, so the text can be selected and searched. The
// same page gives the same bytes.
package pdf

import (
	"fmt"
	"io"

	"pleth/internal/report/page"
)

// Write writes p as a PDF.
func Write(w io.Writer, p *page.Page) error {
	s := newSheet()
	words := p.Words
	s.f.SetTitle(p.Title+", "+p.Date, true)
	s.f.SetSubject(p.Headline, true)
	s.f.SetCreator(p.Maker, true)
	s.f.SetProducer(p.Maker, true)
	s.f.SetLang(words.Lang)
	s.f.SetCreationDate(p.Created)
	s.f.SetModificationDate(p.Created)
	pages := 1
	if p.Compare != nil {
		pages = 2
	}
	s.page()
	s.night(p, pages)
	if p.Compare != nil {
		s.page()
		s.compare(p, pages)
	}
	if err := s.f.Output(w); err != nil {
		return fmt.Errorf("write the PDF report: %w", err)
	}
	return nil
}
