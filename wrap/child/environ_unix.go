//go:build unix

package child

const leadingEquals = 0

// foldName makes names equal that the system takes as one.
func foldName(name string) string { return name }

var baseOfSystem = []string{"__CF_USER_TEXT_ENCODING", "WSL_DISTRO_NAME", "WSL_INTEROP"}
