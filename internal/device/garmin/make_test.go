package garmin_test

import (
	"fmt"
	"strings"
)

// spo2 returns an entry of the SpO2 array, with numbers of an account and a
// device that must never come out.
func spo2(stamp, duration, reading string) string {
	return fmt.Sprintf(`  {
    "userProfilePK": 98765432,
    "epochTimestamp": %s,
    "deviceId": 87654321,
    "calendarDate": "2025-03-07T00:00:00.0",
    "epochDuration": %s,
    "spo2Reading": %s,
    "readingConfidence": 2
  }`, stamp, duration, reading)
}

func pulse(start, value string) string {
	return fmt.Sprintf(`{"value": %s, "startGMT": %s}`, value, start)
}

func array(entries ...string) []byte { return []byte("[\n" + strings.Join(entries, ",\n") + "\n]") }

func at(minute int) string { return fmt.Sprintf(`"2025-03-07T00:%02d:00.0"`, minute) }

// made are the inputs of the testcases.
func made() map[string][]byte {
	night := array(spo2(at(5), "60", "92"), spo2(at(6), "60", "94"), spo2(at(7), "60", "93"))
	return map[string][]byte{
		"spo2/input.json":  night,
		"pulse/input.json": array(pulse("1741305840000", "63"), pulse("1741305960000", "null"), pulse(`"2025-03-07T00:08:00.0"`, "65")),
		"missing-and-odd/input.json": array(spo2(at(5), "60", "null"), spo2(at(6), "60", "0"), spo2(at(7), "60", "-1"), spo2(at(8), "60", `"97"`),
			spo2(at(9), "60", "96.5"), spo2("null", "60", "97"), `{"heartRate": 60}`, "{}", spo2(at(11), "60", "95"), spo2(at(10), "60", "94")),
		"stamps/input.json": array(spo2(`"2025-03-07T23:59:59"`, "60", "92"), spo2(`"2025-03-08T00:00:59.125"`, "60", "93"), spo2(`"2025-03-08T00:02:00Z"`, "60", "94"),
			spo2(`"2025-03-08 00:03:00.0"`, "60", "95"), spo2(`"2025-02-30T00:00:00.0"`, "60", "96"), spo2(`"2025-03-08T00:05:00,0"`, "60", "96"), spo2(`"08.03.2025 00:06"`, "60", "96")),
		"interval-changes/input.json":       array(spo2(at(5), "60", "92"), spo2(at(6), "3600", "94"), spo2(at(7), "60", "93")),
		"cut-in-an-entry/input.json":        night[:len(night)-40],
		"cut-after-an-entry/input.json":     night[:len(night)-2],
		"cut-in-the-first-entry/input.json": night[:60],
		"not-an-object/input.json":          array(spo2(at(5), "60", "92"), "7", `"text"`, "[1]", spo2(at(6), "60", "93")),
		"damaged-in-the-middle/input.json":  []byte(strings.Replace(string(night), `"spo2Reading": 94`, `"spo2Reading" 94`, 1)),
	}
}
