package pdf

import (
	"fmt"

	"pleth/internal/report/chart"
	"pleth/internal/report/page"
)

const (
	rangesHeight = headLine + 22 + 5 + 4*rowWanted
	findingLine  = 14.7
	findingRoom  = 6.8
)

// columns draws the time in range above the hours, and the evaluation above
// the deepest dips. A long evaluation takes from the dips, down to leastDips.
func (s *sheet) columns(p *page.Page) block {
	hours := float64(max(len(p.Hours), 1))
	dips := float64(min(len(p.Dips), leastDips))
	leftNeeds := func(row float64) float64 { return rangesHeight + gapWanted + headLine + columnLine + row*hours }
	rightNeeds := func(findings, row, n float64) float64 {
		return max(rangesHeight, findings) + gapWanted + headLine + columnLine + row*n
	}
	all := headLine
	for _, lines := range s.findings(p) {
		all += findingRoom + findingLine*float64(len(lines))
	}
	few := min(all, rangesHeight)
	return block{
		least: max(leftNeeds(rowLeast), rightNeeds(few, rowLeast, dips)),
		want:  max(leftNeeds(rowWanted), rightNeeds(all, rowWanted, min(float64(len(p.Dips)), max(hours, leastDips)))),
		draw: func(y, h float64) {
			row := min(rowWanted, (h-leftNeeds(0))/hours)
			s.ranges(p, y)
			s.hours(p, left, y+rangesHeight+gapWanted, row)
			room := h - (rightNeeds(0, row, dips) - rangesHeight)
			used := s.evaluation(p, y, max(rangesHeight, min(all, room)))
			used = max(rangesHeight, used) + gapWanted
			s.dips(p, second, y+used, row, int((h-used-headLine-columnLine+0.5)/row))
		},
	}
}

// leastDips is how many of the deepest dips there is always room for.
const leastDips = 6

// ranges draws the time in range.
func (s *sheet) ranges(p *page.Page, y float64) {
	s.heading(left, column1, y, p.Words.TimeInRange, p.Words.OfUsableTime)
	y += headLine
	s.f.ClipRoundedRect(left*pt, y*pt, column1*pt, 22*pt, 4*pt, false)
	s.fill(left, y, column1, 22, surface2)
	x := left
	for _, r := range p.Ranges {
		if r.Part <= 0 {
			continue
		}
		w := max(1.5, r.Part*column1)
		// What is little is drawn from the right, so that it is seen.
		if r.Band > 0 {
			w = min(w, left+column1-x)
		}
		s.fill(x, y, w, 22, bandFill[r.Band])
		x += w
	}
	s.f.ClipEnd()
	y += 27
	for i, r := range p.Ranges {
		if i > 0 {
			s.line(left, y, left+column1, y, 1, border)
		}
		mid := y + rowWanted/2
		s.swatch(r.Band, left, mid-4.5)
		s.text(left+15, mid, fromLeft, cellStyle, r.Label)
		s.text(left+column1-76, mid, fromRight, cellStyle, r.Time)
		s.text(left+column1, mid, fromRight, strongStyle, r.Share)
		y += rowWanted
	}
}

func (s *sheet) swatch(b page.Band, x, y float64) {
	c := bandFill[b]
	s.box(x, y, 9, 9, 2, 0, &c, nil)
}

// asides returns what stands at the right of each finding: its rule, and the
// level where a new one begins, as the findings are in the order of level.
func asides(p *page.Page) []string {
	out := make([]string, len(p.Findings))
	for i, f := range p.Findings {
		out[i] = f.Rule
		if i == 0 || p.Findings[i-1].Level != f.Level {
			out[i] = f.Word + " · " + f.Rule
		}
	}
	return out
}

// findings returns the lines of each finding.
func (s *sheet) findings(p *page.Page) [][]string {
	var all [][]string
	aside := asides(p)
	for i, f := range p.Findings {
		all = append(all, s.wrap(bodyStyle, f.Text, column2-20-s.width(labelStyle, aside[i])-10, 3))
	}
	return all
}

// evaluation draws as many findings as fit into h, says how many do not, and
// returns the height it took.
func (s *sheet) evaluation(p *page.Page, y, h float64) float64 {
	s.heading(second, column2, y, p.Words.Evaluation, p.Rules)
	begin, end := y, y+h
	y += headLine
	if len(p.Findings) == 0 {
		s.text(second, y+9, fromLeft, softStyle, p.NoFindings)
		return headLine
	}
	all, aside := s.findings(p), asides(p)
	for i, f := range p.Findings {
		need := findingRoom + findingLine*float64(len(all[i]))
		if i < len(all)-1 {
			need += findingLine // for the line that says how many more there are
		}
		if y+need > end+1 {
			s.text(second+20, y+8, fromLeft, labelStyle, fmt.Sprintf(p.Words.MoreFindings, len(p.Findings)-i))
			return y + findingLine - begin
		}
		if i > 0 {
			s.line(second, y, second+column2, y, 1, border)
		}
		mid := y + findingRoom/2 + findingLine/2
		s.shape(f.Level, findingColour(f.Level), second+5, mid, 9)
		for k, line := range all[i] {
			s.text(second+20, mid+findingLine*float64(k), fromLeft, bodyStyle, line)
		}
		s.text(second+column2, mid, fromRight, labelStyle, aside[i])
		y += findingRoom + findingLine*float64(len(all[i]))
	}
	return y - begin
}

// cell is one column of a table: where its right edge is, or its left one.
type cell struct {
	x    float64
	side align
}

// heads draws the heads of columns.
func (s *sheet) heads(x, y float64, cells []cell, names []string) {
	for i, c := range cells {
		s.text(x+c.x, y+8.5, c.side, columnStyle, names[i])
	}
}

// hours draws the table of hours in lines of a height.
func (s *sheet) hours(p *page.Page, x, y, row float64) {
	s.heading(x, column1, y, p.Words.HourByHour, "")
	y += headLine
	if len(p.Hours) == 0 {
		s.text(x, y+9, fromLeft, softStyle, p.Words.NoHours)
		return
	}
	const c = column1
	cells := []cell{{0, fromLeft}, {c * 0.295, fromRight}, {c * 0.477, fromRight}, {c * 0.748, fromRight}, {c * 0.86, fromRight}, {c, fromRight}}
	s.heads(x, y, cells, p.Words.HourHeads[:])
	y += columnLine
	for _, h := range p.Hours {
		s.row(x, y, row, c, cells, []string{h.From, h.Mean, h.Lowest, h.Below, h.Dips, h.Pulse}, h.Band)
		y += row
	}
}

// dips draws the deepest dips, as many as there are lines.
func (s *sheet) dips(p *page.Page, x, y, row float64, lines int) {
	s.heading(x, column2, y, p.Words.DeepestDips, p.DipCount)
	y += headLine
	if len(p.Dips) == 0 {
		s.text(x, y+9, fromLeft, softStyle, p.Words.NoDips)
		return
	}
	const c = column2
	cells := []cell{{0, fromLeft}, {c * 0.487, fromRight}, {c * 0.697, fromRight}, {c * 0.838, fromRight}, {c, fromRight}}
	s.heads(x, y, cells, p.Words.DipHeads[:])
	y += columnLine
	for _, d := range p.Dips[:max(0, min(lines, len(p.Dips)))] {
		s.row(x, y, row, c, cells, []string{d.Start, d.Length, d.Lowest, d.Drop, d.Pulse}, d.Band)
		y += row
	}
}

// row draws one line of a table; the third cell is an SpO2 value in its band.
func (s *sheet) row(x, y, h, w float64, cells []cell, texts []string, b page.Band) {
	s.line(x, y, x+w, y, 1, border)
	for i, text := range texts {
		if i == 2 {
			s.level(x+cells[i].x, y+h/2, text, b)
			continue
		}
		s.text(x+cells[i].x, y+h/2, cells[i].side, cellStyle, text)
	}
}

// level draws an SpO2 value on the ground of its band, its right edge at x.
func (s *sheet) level(x, mid float64, v string, b page.Band) {
	if c, ok := bandGround[b]; ok {
		w := s.width(strongStyle, v)
		s.box(x-w-4, mid-7, w+8, 14, 3, 0, &c, nil)
	}
	s.text(x, mid, fromRight, strongStyle, v)
}

// lastBand draws the trend, or the time at each level, and the note.
func (s *sheet) lastBand(p *page.Page, y, h float64) {
	w := p.Words
	if len(p.Trend) > 1 {
		s.heading(left, column1, y, p.TrendTitle, "")
		s.trend(p, plot{left + 20, column1 - 20, y + headLine, h - headLine - 14, chart.Scale{}})
	} else if len(p.Levels) > 0 {
		s.heading(left, column1, y, w.AtEachLevel, w.OfUsableTime)
		s.levels(p, plot{left + 26, column1 - 26, y + headLine, h - headLine - 14, chart.Scale{}})
	}
	edge := border
	s.box(second+0.5, y+0.5, column2-1, h-1, 8, 1, nil, &edge)
	s.text(second+11, y+14, fromLeft, labelStyle, w.ClinicianNote)
}

// trend draws a bar for each night: minutes below 90, in its three parts.
func (s *sheet) trend(p *page.Page, q plot) {
	high := 0.0
	for _, b := range p.Trend {
		sum := 0.0
		for _, v := range b.Parts {
			sum += v
		}
		high = max(high, sum)
	}
	q.scale = chart.CountScale(high)
	s.valueLines(q, style{regular, 10, axis, 0})
	step := q.w / float64(max(14, len(p.Trend)))
	for i, b := range p.Trend {
		x := q.x + 4 + float64(i)*step
		top := 0.0
		for k, band := range []page.Band{85, 88, 90} {
			if k < len(b.Parts) && b.Parts[k] > 0 {
				s.fill(x, q.at(top+b.Parts[k]), step*0.62, q.at(top)-q.at(top+b.Parts[k]), bandFill[band])
				top += b.Parts[k]
			}
		}
		label := style{regular, 10, axis, 0}
		if b.This {
			label = style{bold, 10, text, 0}
		}
		s.text(x+step*0.31, q.y+q.h+8, centred, label, b.Label)
	}
}

// levels draws the share of the usable time at each whole percent.
func (s *sheet) levels(p *page.Page, q plot) {
	high := 0.0
	for _, b := range p.Levels {
		high = max(high, b.Parts[0])
	}
	q.scale = chart.CountScale(high)
	s.valueLines(q, style{regular, 10, axis, 0})
	step := q.w / float64(len(p.Levels))
	for i, b := range p.Levels {
		x := q.x + float64(i)*step
		if v := b.Parts[0]; v > 0 {
			h := max(0.75, q.y+q.h-q.at(v))
			s.fill(x+step*0.14, q.y+q.h-h, step*0.72, h, bandFill[b.Band])
		}
		if (len(p.Levels)-1-i)%5 == 0 {
			s.text(x+step/2, q.y+q.h+8, centred, style{regular, 10, axis, 0}, b.Label)
		}
	}
}
