package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"sallyport/wrap"
	"sallyport/wrap/file"
)

// canaryTime is how long a server has to start and to be asked.
const canaryTime = 90 * time.Second

// sendCanaries starts the entries that are left, some at a time, and sends each a call that has to be refused.
func sendCanaries(ctx context.Context, patients []*patient) {
	var list []*patient
	for _, x := range patients {
		if !x.done {
			list = append(list, x)
		}
	}
	progress := newProgress("asking", len(list))
	defer progress.end()
	slots := make(chan struct{}, lookers)
	var all sync.WaitGroup
	for _, x := range list {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			progress.begin(x.n.name)
			x.canary(ctx)
			progress.done(x.n.name)
		})
	}
	all.Wait()
}

// canary starts an entry as its client would.
func (x *patient) canary(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, canaryTime)
	defer cancel()
	start, took := time.Now(), time.Duration(0)
	env := clientEnv(x.n.doc.Terminal(), os.Environ(), x.n.env)
	reinstall := fmt.Sprintf("sallyport uninstall %[1]s --server %[2]s; sallyport install %[1]s --server %[2]s", x.d.Client, wrap.ShellWord(x.d.Server))
	program, err := programIn(x.n.argv[0], pathIn(env))
	if err != nil {
		x.d.State, x.d.Message, x.d.Fix = stateBroken, err.Error(), reinstall
		return
	}
	if !sameProgram(program) { // whatever it answers proves nothing
		x.d.State, x.d.Message, x.d.Fix = stateBroken, fmt.Sprintf("its program %q is not this sallyport", program), reinstall
		return
	}
	cmd := exec.CommandContext(ctx, program, x.n.argv[1:]...)
	cmd.Env, cmd.Dir = env, x.n.dir
	cmd.WaitDelay = 5 * time.Second
	var words bytes.Buffer
	cmd.Stderr = &words
	in, err := cmd.StdinPipe()
	if err == nil {
		var out io.ReadCloser
		if out, err = cmd.StdoutPipe(); err == nil {
			if err = cmd.Start(); err == nil {
				err = x.talk(in, out)
				took = time.Since(start)
				in.Close()
				if waitErr := cmd.Wait(); err != nil {
					err = errors.New(lastWords(words.String(), errors.Join(err, waitErr)))
				}
			}
		}
	}
	switch {
	case ctx.Err() != nil:
		x.d.State, x.d.Message = stateBroken, fmt.Sprintf("it did not answer within %v", canaryTime)
	case err != nil:
		x.d.State, x.d.Message = stateBroken, "it does not start: "+err.Error()
		x.d.Fix = fixOf(words.String())
	case strings.Contains(words.String(), "OBSERVING"): // whatever the server answered
		x.d.State = statePassed
		x.d.Message, x.d.Fix = "it is OBSERVING: nothing that your rules refuse is refused", "take --observe out of its entry"
	case x.d.State == stateEnforced:
		x.d.Message = fmt.Sprintf("a call was refused (%d ms)", took.Milliseconds())
	}
}

// programIn finds what a client would start for a command.
func programIn(command, search string) (string, error) {
	if strings.ContainsAny(command, `/\`) {
		return command, nil
	}
	for _, dir := range filepath.SplitList(search) {
		for _, name := range []string{command, command + ".exe"} {
			if path := filepath.Join(dir, name); filepath.IsAbs(dir) && isFile(path) {
				return path, nil
			}
		}
	}
	return "", fmt.Errorf("its client would not find %q: the entry needs its absolute path", command)
}

// sameProgram reports whether a file is this program, or a copy of it.
func sameProgram(path string) bool {
	if known, is := programs.Load(path); is {
		return known.(bool)
	}
	same := false
	if self, err := os.Executable(); err == nil {
		if same = sameFile(path, self); !same {
			a, errA := file.ReadFile(path, maxProgram)
			b, errB := os.ReadFile(self)
			same = errA == nil && errB == nil && bytes.Equal(a, b)
		}
	}
	programs.Store(path, same)
	return same
}

// maxProgram bounds what is compared, in bytes.
const maxProgram = 256 << 20

// programs are files that were compared with this program: whether they are the same.
var programs sync.Map

// fixOf is the command that sallyport's own words name.
func fixOf(words string) string {
	for line := range strings.Lines(words) {
		hint, is := strings.CutPrefix(strings.TrimSpace(line), "sallyport: hint: ")
		if !is {
			continue
		}
		if _, rest, found := strings.Cut(hint, `"sallyport `); found {
			if command, _, closed := strings.Cut(rest, `"`); closed {
				return "sallyport " + command
			}
		}
		return hint
	}
	return ""
}

// talk makes the handshake and calls the canary. It is an error where the server does not get so far.
func (x *patient) talk(in io.Writer, out io.Reader) error {
	lines := bufio.NewReaderSize(out, 64<<10)
	answer := func(id string) (result json.RawMessage, err error) {
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				return nil, errors.New("it ended before it answered")
			}
			var f struct {
				ID     json.RawMessage
				Method string
				Result json.RawMessage
				Error  *struct{ Message string }
			}
			if json.Unmarshal(line, &f) != nil {
				continue
			}
			switch {
			case f.Method != "" && f.ID != nil:
				fmt.Fprintf(in, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"nobody is there to ask"}}`+"\n", f.ID)
			case f.Method == "" && string(f.ID) == id && f.Error != nil:
				return nil, errors.New(f.Error.Message)
			case f.Method == "" && string(f.ID) == id:
				return f.Result, nil
			}
		}
	}
	meta := ""
	if _, err := io.WriteString(in, legacyHello+"\n"); err != nil {
		return errors.New("it ended")
	}
	if _, err := answer("1"); err != nil {
		if _, modernErr := io.WriteString(in, modernHello+"\n"); modernErr != nil {
			return err
		}
		if _, modernErr := answer("2"); modernErr != nil {
			return err
		}
		meta = `,"_meta":` + modernMeta
	} else if _, err := io.WriteString(in, legacyReady+"\n"); err != nil {
		return errors.New("it ended")
	}
	fmt.Fprintf(in, `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":%q,"arguments":{}%s}}`+"\n", wrap.Canary, meta)
	result, err := answer("3")
	if err == nil && refusedByUs(result) {
		x.d.State = stateEnforced
		return nil
	}
	x.d.State, x.d.Message = statePassed, "the canary was not refused: calls reach the server as they are"
	x.d.Fix = "sallyport status; sallyport rules check"
	return nil
}

func refusedByUs(result json.RawMessage) bool {
	var r struct {
		IsError bool `json:"isError"`
		Content []struct{ Text string }
	}
	if json.Unmarshal(result, &r) != nil || !r.IsError || len(r.Content) != 1 {
		return false
	}
	text := r.Content[0].Text
	return strings.HasPrefix(text, "Refused by sallyport") && strings.Contains(text, wrap.CanaryRule)
}
