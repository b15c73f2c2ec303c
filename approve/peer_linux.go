package approve

import (
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// samePeer refuses a peer of another user.
func samePeer(conn *net.UnixConn) error {
	raw, err := conn.SyscallConn()
	if err != nil {
		return err
	}
	var peer *unix.Ucred
	var errPeer error
	if err := raw.Control(func(fd uintptr) { peer, errPeer = unix.GetsockoptUcred(int(fd), unix.SOL_SOCKET, unix.SO_PEERCRED) }); err != nil {
		return err
	}
	if errPeer != nil {
		return errPeer
	}
	if int(peer.Uid) != os.Getuid() {
		return fmt.Errorf("it belongs to user %d", peer.Uid)
	}
	return nil
}

// refused tells a socket that nobody listens on.
func refused(err error) bool { return errors.Is(err, syscall.ECONNREFUSED) }
