package client_test

import (
	"context"
	"fmt"
	"log"
	"net/http/httptest"
	"time"

	"pleth"
	"pleth/client"
)

func Example() {
	server := httptest.NewServer(&fakeServer{}) // a pleth server; yours has an address and a token
	defer server.Close()

	c, err := client.Open(client.Config{
		URL:   server.URL,
		Token: "from DIR/admin-token",
		Spool: "", // name a folder, and readings outlive this program
		Refused: func(r client.Refusal) {
			log.Printf("%s: %s: %s", r.Device, r.Object, r.Detail)
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = c.Send(ctx, client.Reading{
		Device: "ECG-001",
		Time:   time.Date(2025, 11, 28, 20, 15, 0, 0, time.UTC),
		Values: map[string]pleth.Value{
			"heart_rate":    pleth.Num(130, 0),
			"spo2":          pleth.Num(90, 0),
			"temperature_c": pleth.Num(385, 1),       // 38.5
			"rso2":          pleth.FloatValue(71.25), // the shortest decimal
			"pulse_rate":    pleth.Missing(),         // asked, nothing to say
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Close(ctx); err != nil { // waits for the acknowledgement
		log.Fatal(err)
	}
	fmt.Println(c.Stats().Acknowledged, "acknowledged")
	// Output: 1 acknowledged
}
