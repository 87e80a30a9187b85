// Package lineprotocol is the door for programs that write to InfluxDB, of
// version 1 and 2: Telegraf, its client libraries, and whatever else speaks
// the line protocol over HTTP. A line is a reading; which tag names its device
// and which fields are values says docs/formats/line-protocol.md.
package lineprotocol
