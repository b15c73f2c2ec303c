package main

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"time"
)

// fakeClient is an MCP client. Its first argument is a file that says what it does, the others what it starts:
//
//	> FRAME     send it
//	< PATTERN   wait for a frame that matches
//	! PATTERN   no frame came that matches
//	form ANSWER wait for a form of sallyport's, and answer it
//	wait FILE   wait until there is such a file
//	run COMMAND in a shell, as an agent does, and print what it says
//
// It prints what it got.
func fakeClient() {
	text, err := os.ReadFile(os.Args[1])
	if err != nil {
		panic(err)
	}
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stderr = os.Stderr
	in, _ := cmd.StdinPipe()
	out, _ := cmd.StdoutPipe()
	if err := cmd.Start(); err != nil {
		panic(err)
	}
	got := &received{forms: map[string]bool{}}
	done := make(chan bool)
	go func() { got.read(bufio.NewScanner(out)); close(done) }()
	ok := true
	for line := range strings.Lines(string(text)) {
		verb, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch verb {
		case ">":
			fmt.Fprintln(in, rest)
		case "<":
			ok = within(func() bool { return got.has(rest) })
		case "!":
			ok = !got.has(rest)
		case "form":
			id := ""
			ok = within(func() bool { id = got.form(); return id != "" })
			fmt.Fprintf(in, `{"jsonrpc":"2.0","id":%s,"result":%s}`+"\n", id, rest)
		case "wait":
			ok = within(func() bool { _, err := os.Stat(rest); return err == nil })
		case "run":
			b, err := exec.Command("sh", "-c", rest).CombinedOutput()
			fmt.Printf("%s%v\n", b, err)
		}
		if !ok {
			fmt.Fprintf(os.Stderr, "the client gave up: %s", line)
			break
		}
	}
	in.Close()
	<-done
	cmd.Wait()
	if !ok {
		os.Exit(1)
	}
}

type received struct {
	mu    sync.Mutex
	lines []string
	forms map[string]bool // that were answered
}

func (r *received) read(in *bufio.Scanner) {
	in.Buffer(nil, 1<<24)
	for in.Scan() {
		fmt.Println(in.Text())
		r.mu.Lock()
		r.lines = append(r.lines, in.Text())
		r.mu.Unlock()
	}
}

func (r *received) has(pattern string) bool {
	re := regexp.MustCompile(pattern)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if re.MatchString(line) {
			return true
		}
	}
	return false
}

var formID = regexp.MustCompile(`"id":("sallyport-[0-9a-f]+"),"method":"elicitation/create"`)

// form is the id of a form that came and was not answered; empty for none.
func (r *received) form() (id string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, line := range r.lines {
		if m := formID.FindStringSubmatch(line); m != nil && !r.forms[m[1]] {
			r.forms[m[1]] = true
			return m[1]
		}
	}
	return ""
}

// within waits for what other processes do.
func within(ok func() bool) bool {
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return false
}

// person runs a command in a terminal of its own, as somebody would who sits at the machine, once what its first argument says is true:
// a shell command. It is no descendant of the client.
func person() {
	if !within(func() bool { return exec.Command("sh", "-c", os.Args[1]).Run() == nil }) {
		fmt.Fprintf(os.Stderr, "this never happened: %s\n", os.Args[1])
		os.Exit(1)
	}
	cmd := exec.Command("script", "-qec", strings.Join(os.Args[2:], " "), "/dev/null")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	if cmd.Run() != nil {
		os.Exit(1)
	}
}
