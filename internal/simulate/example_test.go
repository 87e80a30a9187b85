package simulate_test

import (
	"fmt"
	"os"
	"time"

	"pleth/internal/simulate"
)

func ExampleNight() {
	r, err := simulate.Night(simulate.Params{
		Profile: simulate.Infant, Age: 60 * 24 * time.Hour, Seed: 4,
		Length: 2 * time.Hour, Interval: 2 * time.Second,
		Events: "22:30 fall 9 over 12s; 23:00 gap 90s",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	e := r.Truth.Events[0]
	fmt.Println(r.Rows.Len(), "rows")
	fmt.Println("fell from second", e.Start, "to", e.Nadir, "and was back at", e.End)
	// Output:
	// 3555 rows
	// fell from second 1800 to 1812 and was back at 1818
}

func ExampleResult_WriteCSV() {
	r, err := simulate.Night(simulate.Params{Seed: 4, Length: 12 * time.Second, Interval: 4 * time.Second, Events: "+3s dropout 2s"})
	if err != nil {
		fmt.Println(err)
		return
	}
	if err := r.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// time,spo2,pulse_rate,motion
	// 2026-01-14T22:00:00,96,68,0
	// 2026-01-14T22:00:04,,,0
	// 2026-01-14T22:00:08,96,67,0
}
