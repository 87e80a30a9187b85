package viatom_test

import (
	"testing"

	"pleth/internal/device/devicetest"
	"pleth/internal/device/viatom"
)

func TestCases(t *testing.T) { devicetest.Run(t, viatom.Formats()) }

func FuzzRead(f *testing.F) { devicetest.Fuzz(f, viatom.Formats()) }
