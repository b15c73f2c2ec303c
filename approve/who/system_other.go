//go:build !linux && !darwin && !windows

package who

import (
	"errors"
	"net"
	"time"
)

// What this system shows of processes: nothing that we read.
const seesTerminals, seesEnvironments, mustShow = false, false, false

// A system does not say enough of processes here: nobody may answer over a socket, and dialogs remain.
type system struct{}

var errUnseen = errors.New("this system does not say which process asks to; answer the dialog")

func thisSystem() system { return system{} }

func (s system) look(int) (process, error)        { return process{}, errUnseen }
func (s system) environ(int) ([]byte, error)      { return nil, errUnseen }
func (s system) commandLine(int) []string         { return nil }
func (s system) path(int) (string, error)         { return "", errUnseen }
func (s system) program(int) (program, error)     { return program{}, errUnseen }
func (s system) cgroup(int) (string, error)       { return "", errUnseen }
func (s system) handsOn(int, int) bool            { return false }
func (s system) began(process) (time.Time, error) { return time.Time{}, errUnseen }
func (s system) other(*net.UnixConn) (end, error) { return end{}, errUnseen }

// An end is the other end of a connection.
type end struct{ pid int }

func (e end) close()     {}
func (e end) gone() bool { return true }
