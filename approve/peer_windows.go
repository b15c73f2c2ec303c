package approve

import (
	"errors"
	"net"

	"golang.org/x/sys/windows"
)

// samePeer has nobody to ask: the folder's permissions keep other users out.
func samePeer(*net.UnixConn) error { return nil }

// refused tells a socket that nobody listens on.
func refused(err error) bool { return errors.Is(err, windows.WSAECONNREFUSED) }
