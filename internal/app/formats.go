package app

import (
	"pleth/internal/device"
	"pleth/internal/device/applehealth"
	"pleth/internal/device/bedside"
	"pleth/internal/device/choicemmed"
	"pleth/internal/device/contec"
	"pleth/internal/device/emay"
	"pleth/internal/device/garmin"
	"pleth/internal/device/masimo"
	"pleth/internal/device/viatom"
	"pleth/internal/signalfile/csv"
	"pleth/internal/signalfile/edf"
	"pleth/internal/signalfile/vital"
	"pleth/internal/signalfile/wfdb"
)

// Formats lists every reader, the one to prefer between equals first. It is
// the only place where readers are added.
func Formats() []device.Format {
	var all []device.Format
	all = append(all, viatom.Formats()...)
	all = append(all, contec.Formats()...)
	all = append(all, masimo.Formats()...)
	all = append(all, emay.Formats()...)
	all = append(all, choicemmed.Formats()...)
	all = append(all, garmin.Formats()...)
	all = append(all, bedside.Formats()...)
	all = append(all, edf.Formats()...)
	all = append(all, vital.Formats()...)
	all = append(all, applehealth.Formats()...)
	// The last two take what nothing else knows: signal files, and text.
	all = append(all, wfdb.Formats()...)
	all = append(all, csv.Formats()...)
	return all
}
