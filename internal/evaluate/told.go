package evaluate

import (
	"regexp"
	"strings"
	"sync"
)

// Told says a sentence of the document that is kept in English, the reason why a
// measure has no value or a warning about the rows of a file, in the language
// with that code. One that nobody has translated, and every one in English,
// comes back as it is. It is safe for concurrent use.
func Told(lang, sentence string) string {
	if lang != "de" {
		return sentence
	}
	list := toldGerman()
	for i := range list {
		if m := list[i].from.FindStringSubmatch(sentence); m != nil {
			out := list[i].to
			for _, hole := range m[1:] {
				out = strings.Replace(out, "%d", hole, 1)
			}
			return out
		}
	}
	return sentence
}

type translation struct {
	from *regexp.Regexp
	to   string
}

// toldGerman makes patterns of the sentences once: %d is a number.
var toldGerman = sync.OnceValue(func() []translation {
	out := make([]translation, len(germanSentences))
	for i, s := range germanSentences {
		out[i] = translation{regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(s[0]), "%d", `(\d+)`) + "$"), s[1]}
	}
	return out
})

var germanSentences = [][2]string{
	{"no valid signal", "kein gültiges Signal"},
	{"no pulse rate", "kein Puls"},
	{"no falls", "keine Abfälle"},
	{"no clock", "keine Uhr"},
	{"needs the age", "das Alter fehlt"},
	{"not valid below one year of age", "gilt nicht unter einem Jahr"},
	{"no valid signal in this third", "kein gültiges Signal in diesem Drittel"},
	{"no stretch of 4 s occurs twice", "kein Abschnitt von 4 s kommt zweimal vor"},
	{"no fall of 4 points or more with a pulse rate around it", "kein Abfall um 4 Punkte oder mehr mit Puls davor und danach"},
	{"no session had a doubted row", "keine Aufzeichnung hatte eine angezweifelte Zeile"},
	{"needs %d s without a gap", "braucht %d s ohne Lücke"},
	{"needs %d s of valid signal", "braucht %d s gültiges Signal"},
	{"needs 4 h of valid signal", "braucht 4 h gültiges Signal"},
	{"needs 12 blocks of 5 min that are at least half valid", "braucht 12 Abschnitte von 5 min, die mindestens zur Hälfte gültig sind"},
	{"needs 6 blocks of 5 min in the last hour that are at least half valid", "braucht in der letzten Stunde 6 Abschnitte von 5 min, die mindestens zur Hälfte gültig sind"},
	{"needs a fall from one second to the next with 10 s before and 9 s after it without a gap", "braucht einen Abfall von einer Sekunde zur nächsten mit 10 s davor und 9 s danach ohne Lücke"},
	{"needs a signal that varies, 16 min of it with long stretches without a gap", "braucht ein Signal, das sich ändert, 16 min davon mit langen Abschnitten ohne Lücke"},
	{"needs a signal that varies, %d s of it without a gap", "braucht ein Signal, das sich ändert, %d s davon ohne Lücke"},
	{"needs a window of %d s that is at least half valid", "braucht ein Fenster von %d s, das mindestens zur Hälfte gültig ist"},
	{"needs two adjacent blocks of 12 s without a gap", "braucht zwei benachbarte Abschnitte von 12 s ohne Lücke"},
	{"needs two half hours in a row that are at least half valid", "braucht zwei halbe Stunden in Folge, die mindestens zur Hälfte gültig sind"},
	{"1 row has the time of a row before it and was left out", "1 Zeile hat die Zeit einer früheren und wurde weggelassen"},
	{"%d rows have the time of a row before them and were left out", "%d Zeilen haben die Zeit einer früheren und wurden weggelassen"},
	{"1 row goes back in time and was left out", "1 Zeile geht in der Zeit zurück und wurde weggelassen"},
	{"%d rows go back in time and were left out", "%d Zeilen gehen in der Zeit zurück und wurden weggelassen"},
	{"1 row has a time far ahead of the rows that follow it and was left out", "1 Zeile liegt weit vor den folgenden und wurde weggelassen"},
	{"%d rows have times far ahead of the rows that follow them and were left out", "%d Zeilen liegen weit vor den folgenden und wurden weggelassen"},
	{"1 step between rows differs from the interval", "1 Abstand zwischen Zeilen weicht vom üblichen ab"},
	{"%d steps between rows differ from the interval", "%d Abstände zwischen Zeilen weichen vom üblichen ab"},
	{"the clock went back by one hour; the rows were kept in their order", "die Uhr ging um eine Stunde zurück; die Zeilen blieben in ihrer Reihenfolge"},
	{"the clock went back by one hour %d times; the rows were kept in their order", "die Uhr ging %d-mal um eine Stunde zurück; die Zeilen blieben in ihrer Reihenfolge"},
	{"1 row without SpO2 lies outside any recording and was left out", "1 Zeile ohne SpO2 liegt außerhalb jeder Aufzeichnung und wurde weggelassen"},
	{"%d rows without SpO2 lie outside any recording and were left out", "%d Zeilen ohne SpO2 liegen außerhalb jeder Aufzeichnung und wurden weggelassen"},
	{"the header states %d records; the file holds %d, the rest is missing", "die Datei nennt %d Messwerte und enthält %d; der Rest fehlt"},
	{"the start of the recording is no date and time; the recording is read without a clock", "der Beginn ist keine Zeit; die Aufzeichnung wird ohne Uhr gelesen"},
	{"the device had no date; the recording is read without a clock", "das Gerät hatte kein Datum; die Aufzeichnung wird ohne Uhr gelesen"},
	{"the device had no date, only a time of day; the recording is read without a clock", "das Gerät hatte nur eine Uhrzeit, kein Datum; die Aufzeichnung wird ohne Uhr gelesen"},
	{"the sum of the bytes is not the one the ring wrote; some samples may be damaged", "die Prüfsumme stimmt nicht; einzelne Messwerte können beschädigt sein"},
}
