// Package client sends readings to a pleth server and loses none of them: what
// Send has taken is kept, on disk where a spool is named, until the server has
// acknowledged it, over broken connections, a server that is away or busy, and
// restarts of the program.
//
// Open starts a Client. Send takes a reading. Flush waits until everything
// taken is acknowledged. Close flushes and stops. Stats says how things stand.
//
// # What is promised
//
// At least once. A reading that was sent and whose answer was lost is sent
// again with the same sequence number, so the server recognises it and counts
// it once. Readings without a sequence number get the next one of the client,
// which goes on after a restart where there is a spool.
//
// Nothing is dropped in silence. When the spool is full Send says ErrFull. What
// the server refuses (a value out of bounds, an unknown field) is counted,
// handed to Config.Refused, and kept among the server's dead letters. A wrong
// address or token is not the readings' fault: they stay, Stats.LastError says
// what is wrong.
//
// # The spool
//
// A folder of append-only segment files, each record with a CRC; the format is
// docs/formats/spool.md, the Python module uses the same. Send returns when the
// record was written to the file: it survives the death of the program. Against
// the death of the machine the file is synced every Config.Sync. A torn last
// record is cut off at the next Open; damage elsewhere is put aside and counted,
// never sent. The files hold what was given to Send, names of patients too if
// there are any, and are readable by their owner only.
//
// Without a spool the readings wait in memory and end with the program.
package client
