package audit

import "io/fs"

func isReadOnly(error) bool { return false }

// private has nothing to look at: the user's profile is private by its access list.
func private(fs.FileInfo) error { return nil }
