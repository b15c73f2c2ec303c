package who

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The tests run themselves as the processes of a session. Their first argument says as what.
var roles = map[string]func(args []string){
	"role-client": client,   // an MCP client, which starts the rest of its arguments
	"role-wrap":   wrap,     // a session, which judges who connects to its socket
	"role-answer": answer,   // somebody who runs "sallyport approve"
	"role-launch": launch,   // a wrapper of an unknown name that hands on its input
	"role-term":   terminal, // a terminal program that was started by nobody who is left
}

func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if role, ok := roles[os.Args[1]]; ok {
			role(os.Args[2:])
			os.Exit(0)
		}
	}
	os.Exit(m.Run())
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// client runs the lines of its input in a shell, as an agent would, but those with ! in front, which it hands to what it started.
func client(args []string) {
	cmd := exec.Command(args[0], args[1:]...)
	in, err := cmd.StdinPipe()
	check(err)
	cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
	check(cmd.Start())
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		if line, ok := strings.CutPrefix(lines.Text(), "!"); ok {
			fmt.Fprintln(in, line)
			continue
		}
		shell(lines.Text())
	}
	in.Close()
	cmd.Wait()
}

func shell(line string) {
	cmd := exec.Command("sh", "-c", line)
	cmd.Stderr = os.Stderr
	cmd.Run()
}

// A request is what a peer says when it connects.
type request struct {
	Tag   string
	Asked int64 // when the question was asked, in nanoseconds
	Late  bool  // whether it is judged only after the peer has closed its end
}

// A verdict is what a session says of a peer, or, without a tag, of its client.
type verdict struct {
	Tag    string
	Peer   Peer
	Err    string
	Client []string
}

// wrap listens at a path. It runs the lines of its input in a shell, as a server would.
func wrap(args []string) {
	g := New()
	if len(args) > 1 { // the pid of a child that is none of ours
		pid, err := strconv.Atoi(args[1])
		check(err)
		g.SetChild(pid)
	}
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: args[0], Net: "unix"})
	check(err)
	var mu sync.Mutex
	say := func(v verdict) {
		mu.Lock()
		defer mu.Unlock()
		json.NewEncoder(os.Stdout).Encode(v)
	}
	say(verdict{Client: g.Client()})
	go func() {
		for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
			shell(lines.Text())
		}
		os.Exit(0)
	}()
	for {
		conn, err := ln.AcceptUnix()
		check(err)
		go func() {
			defer conn.Close()
			in := bufio.NewReader(conn)
			line, _ := in.ReadString('\n')
			var r request
			json.Unmarshal([]byte(line), &r)
			if r.Late {
				io.Copy(io.Discard, in)
			}
			v := verdict{Tag: r.Tag}
			if v.Peer, err = g.Judge(conn, time.Unix(0, r.Asked)); err != nil {
				v.Err = err.Error()
			}
			say(v)
		}()
	}
}

// answer connects, and stays until it is judged unless it is to be late. With "orphan" it first waits until its parent has ended.
func answer(args []string) {
	asked, err := strconv.ParseInt(args[2], 10, 64)
	check(err)
	r := request{Tag: args[1], Asked: asked}
	for _, a := range args[3:] {
		switch a {
		case "late":
			r.Late = true
		case "orphan":
			awaitOrphaned()
		}
	}
	conn, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: args[0], Net: "unix"})
	check(err)
	check(json.NewEncoder(conn).Encode(r))
	if !r.Late {
		io.Copy(io.Discard, conn)
	}
}

// awaitOrphaned waits until our parent has ended. Nothing tells of that.
func awaitOrphaned() {
	for parent := os.Getppid(); parent != 1 && os.Getppid() == parent; {
		time.Sleep(time.Millisecond)
	}
}

func launch(args []string) {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Run()
}

// terminal runs a command in a new terminal. It does so in a new process, and ends itself.
func terminal(args []string) {
	if args[0] != "hold" {
		cmd := exec.Command("/proc/self/exe", append([]string{"role-term", "hold"}, args...)...)
		cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
		check(cmd.Start())
		return
	}
	awaitOrphaned()
	cmd := exec.Command(args[1], args[2:]...)
	master := inTerminal(cmd)
	check(cmd.Start())
	go io.Copy(io.Discard, master)
	cmd.Wait()
}

// inTerminal gives a command a new terminal and session, and returns the terminal's other side.
func inTerminal(cmd *exec.Cmd) *os.File {
	fd, err := unix.Open("/dev/ptmx", unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	check(err)
	check(unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	check(err)
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|syscall.O_NOCTTY, 0)
	check(err)
	cmd.Stdin = slave
	if cmd.Stdout == nil {
		cmd.Stdout, cmd.Stderr = slave, slave
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Ctty: 0}
	return os.NewFile(uintptr(fd), "ptmx")
}
