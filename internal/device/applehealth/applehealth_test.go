package applehealth_test

import (
	"testing"

	"pleth/internal/device/applehealth"
	"pleth/internal/device/devicetest"
)

func TestCases(t *testing.T) { devicetest.Run(t, applehealth.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, applehealth.Formats()) }
