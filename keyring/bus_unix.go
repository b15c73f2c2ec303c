//go:build unix && !darwin

package keyring

import (
	"fmt"
	"os"
)

// hasBus reports whether there is a session bus. Where none is, the D-Bus library would start one of its own (dbus-launch), which
// outlives us, has no keyring that anybody unlocked, and comes into our environment.
func hasBus() bool {
	if address := os.Getenv("DBUS_SESSION_BUS_ADDRESS"); address != "" && address != "autolaunch:" {
		return true
	}
	for _, name := range []string{"bus", "dbus-session"} {
		if _, err := os.Stat(fmt.Sprintf("/run/user/%d/%s", os.Getuid(), name)); err == nil {
			return true
		}
	}
	return false
}
