// Command pleth reads what oximeters recorded and says what is in it.
package main

import (
	"context"
	"fmt"
	"os"

	"pleth/internal/analysis"
	"pleth/internal/app"
)

func main() {
	a := &app.Analyzer{Formats: app.Formats(), Stdin: os.Stdin}
	docs, err := a.File(context.Background(), os.Args[len(os.Args)-1])
	if err != nil {
		fmt.Fprintln(os.Stderr, "pleth:", err)
		os.Exit(1)
	}
	for _, d := range docs {
		b, err := analysis.Encode(d)
		if err != nil {
			fmt.Fprintln(os.Stderr, "pleth:", err)
			os.Exit(1)
		}
		os.Stdout.Write(b)
	}
}
