package device

// Detect returns the format that head matches best, the first of equals, and
// false if none matches.
func Detect(formats []Format, head Head) (Format, bool) {
	best, found := No, Format{}
	for _, f := range formats {
		if m := f.Sniff(head); m > best {
			best, found = m, f
		}
	}
	return found, best > No
}
