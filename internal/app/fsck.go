package app

import (
	"fmt"

	"pleth/internal/fsck"
	"pleth/internal/sealed"
)

// Fsck checks the storage of a data folder and, with repair, builds it anew
// from what is sound: fsck.Run. keyFile is the key file it is encrypted with;
// empty: it is not.
func Fsck(dir, keyFile string, repair bool) (*fsck.Report, error) {
	o := fsck.Options{Repair: repair}
	if keyFile != "" {
		key, err := sealed.Load(keyFile)
		if err != nil {
			return nil, fmt.Errorf("--key-file: %w", err)
		}
		o.Key = key.Derive("storage").Bytes()
	}
	return fsck.Run(dir, o)
}
