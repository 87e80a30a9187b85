package csv_test

import (
	"testing"

	"pleth/internal/device/devicetest"
	"pleth/internal/signalfile/csv"
)

func TestCases(t *testing.T) { devicetest.Run(t, csv.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, csv.Formats()) }
