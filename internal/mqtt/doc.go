// Package mqtt is the door for devices that publish: a small MQTT broker of
// versions 3.1.1 and 5 that listens and never forwards. A message on
// pleth/v1/{device}/readings holds readings as JSON or Protobuf; it is
// acknowledged when they are on disk. docs/formats/mqtt.md has the contract.
package mqtt
