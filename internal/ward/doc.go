// Package ward simulates a hospital ward: many devices whose truth is known,
// sent to a server over the protocols real devices use, with a ledger of every
// send and every acknowledgement, and a check of the ledger against what the
// server keeps.
//
// A Ward is made from Params and a seed; each Device is a stream of sends in
// the order of their time, the same on every machine. Run paces the streams
// and hands them to a Sender. A Ledger notes what was sent before it is sent
// and what was acknowledged after it was, so that it is true whichever side is
// killed. Verify reads a ledger of any length with flat memory and says what
// was lost, duplicated or altered.
package ward
