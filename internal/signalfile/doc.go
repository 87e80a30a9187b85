// Package signalfile is what the readers of signal files share: which metric a
// channel carries by its label, the scaling from digital to physical values,
// and rows from blocks of samples in which channels have rates of their own.
// The readers themselves are the folders below it.
package signalfile
