package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
)

// The private first arguments under which this binary starts itself again. They begin
// with a character that no flag and no target has.
const (
	roleServer  = "@server"
	roleRelay   = "@relay"
	roleSpinner = "@spin"
)

// runRole runs the role that args ask for; false means that they ask for none. It does not
// return when a role fails.
func runRole(args []string) bool {
	if len(args) < 2 {
		return false
	}
	var err error
	switch args[0] {
	case roleServer:
		err = serve(surface(args[1]), os.Stdin, os.Stdout)
	case roleRelay:
		err = copyBothWays(args[1:])
	case roleSpinner:
		err = keepAwake(args[1:])
	default:
		return false
	}
	if err != nil {
		fmt.Fprintf(os.Stderr, "sallyport-bench: %s: error: %v\n", args[0], err)
		os.Exit(1)
	}
	return true
}

// copyBothWays is the floor: a second process between client and server that looks at
// nothing.
func copyBothWays(command []string) error {
	child := exec.Command(command[0], command[1:]...)
	child.Stderr = os.Stderr
	in, err := child.StdinPipe()
	if err != nil {
		return err
	}
	out, err := child.StdoutPipe()
	if err != nil {
		return err
	}
	if err := child.Start(); err != nil {
		return err
	}
	// This goroutine ends with the client's stdin or, where the server went first, with
	// the process.
	go func() {
		io.Copy(in, os.Stdin)
		in.Close()
	}()
	if _, err := io.Copy(os.Stdout, out); err != nil {
		return err
	}
	return child.Wait()
}

// keepAwake burns what nobody else wants of the CPUs until stdin ends, which it does when the
// one who measures is gone, however it went.
func keepAwake(cpus []string) error {
	if err := standApart(); err != nil {
		return err
	}
	ended := make(chan error, len(cpus)+1)
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		ended <- err
	}()
	for _, cpu := range cpus {
		number, err := strconv.Atoi(cpu)
		if err != nil {
			return fmt.Errorf("CPU %q is no number", cpu)
		}
		go func() {
			if err := yieldToAll(number); err != nil {
				ended <- err
				return
			}
			for {
			}
		}()
	}
	// The loops end with the process.
	return <-ended
}
