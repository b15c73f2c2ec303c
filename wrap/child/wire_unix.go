//go:build unix

package child

import (
	"encoding/binary"
	"errors"
	"io"
)

const (
	magic = "sallyport child 1\n"
	// maxCommand is more than any kernel takes as arguments and environment.
	maxCommand = 64 << 20
)

// The kinds of status messages; the package comment has the layout.
const (
	msgStarted = 's'
	msgFailed  = 'f'
	msgExited  = 'x'
	msgGone    = 'g'
)

type message struct {
	kind byte
	a, b int
}

const messageSize = 9

func (m message) encode() []byte {
	b := append(make([]byte, 0, messageSize), m.kind)
	b = binary.BigEndian.AppendUint32(b, uint32(int32(m.a)))
	return binary.BigEndian.AppendUint32(b, uint32(int32(m.b)))
}

func readMessage(r io.Reader) (message, error) {
	var b [messageSize]byte
	if _, err := io.ReadFull(r, b[:]); err != nil {
		return message{}, err
	}
	return message{
		kind: b[0],
		a:    int(int32(binary.BigEndian.Uint32(b[1:]))),
		b:    int(int32(binary.BigEndian.Uint32(b[5:]))),
	}, nil
}

func (c Command) encode() []byte {
	size := len(magic) + 4 + 8 + len(c.Path) + len(c.Dir) + 8
	for _, list := range [][]string{c.Args, c.Env} {
		for _, s := range list {
			size += 4 + len(s)
		}
	}
	b := append(make([]byte, 0, size), magic...)
	b = binary.BigEndian.AppendUint32(b, uint32(size-len(magic)-4))
	b = appendString(appendString(b, c.Path), c.Dir)
	for _, list := range [][]string{c.Args, c.Env} {
		b = binary.BigEndian.AppendUint32(b, uint32(len(list)))
		for _, s := range list {
			b = appendString(b, s)
		}
	}
	return b
}

func appendString(b []byte, s string) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(s))), s...)
}

var errCommand = errors.New("the command on the control pipe is malformed")

// readCommand reads one command and not a byte more. io.EOF means that none came.
func readCommand(r io.Reader) (Command, error) {
	var head [len(magic) + 4]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return Command{}, err
	}
	size := binary.BigEndian.Uint32(head[len(magic):])
	if string(head[:len(magic)]) != magic || size > maxCommand {
		return Command{}, errCommand
	}
	body := make([]byte, size)
	if _, err := io.ReadFull(r, body); err != nil {
		return Command{}, err
	}
	return decodeCommand(body)
}

func decodeCommand(b []byte) (c Command, err error) {
	number := func() int {
		if len(b) < 4 {
			err, b = errCommand, nil
			return 0
		}
		n := binary.BigEndian.Uint32(b)
		if b = b[4:]; uint64(n) > uint64(len(b)) {
			err, b = errCommand, nil
			return 0
		}
		return int(n)
	}
	text := func() string {
		n := number()
		s := string(b[:n])
		b = b[n:]
		return s
	}
	list := func() []string {
		l := []string{} // never nil: a nil environment would mean "inherit" to the system call's wrapper
		for n := number(); n > 0 && err == nil; n-- {
			l = append(l, text())
		}
		return l
	}
	c.Path, c.Dir = text(), text()
	c.Args, c.Env = list(), list()
	if err == nil && (len(b) != 0 || c.Path == "" || len(c.Args) == 0) {
		err = errCommand
	}
	return c, err
}
