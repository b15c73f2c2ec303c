package wrap

import (
	"bytes"
	"io"
	"strings"
	"time"

	"sallyport/rules/scan"
	"sallyport/wrap/jsonrpc"
)

// Refuse answers every request that the client sends with an error that says why there is no server. It returns when the client has
// ended its side, or when patience is over, counted from the last request. A read of the client's input may outlive it.
func Refuse(client Ends, why string, patience time.Duration) {
	answered := make(chan struct{})
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		reader := jsonrpc.NewReader(client.In, 0)
		parser := jsonrpc.NewParser(jsonrpc.Limits{})
		var f jsonrpc.Frame
		for {
			for line, ok := reader.Next(); ok; line, ok = reader.Next() {
				if line.TooLong || parser.Parse(line.Bytes, &f) != nil || f.Kind != jsonrpc.Request {
					continue
				}
				if _, err := client.Out.Write(jsonrpc.AppendError(nil, f.ID, codeEnded, "sallyport: "+why, nil)); err != nil {
					return
				}
				select {
				case answered <- struct{}{}:
				case <-time.After(patience):
					return
				}
			}
			if reader.Fill() != nil {
				return
			}
		}
	}()
	// A client that has its answer gives up soon; one that asks again is served again.
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		select {
		case <-answered:
			timer.Reset(patience / 4)
		case <-ended:
			return
		case <-timer.C:
			return
		}
	}
}

// maxStderr is the longest line of a server's standard error that is shown as one.
const maxStderr = 8 << 10

// CopyVisible copies what a server prints for people, line by line, with control and invisible characters made visible: it may end on
// a terminal. It returns when src ends; when dst fails it goes on reading, so that the server is not stuck. What a guard looks for is not
// cut in two: with one, a line that is too long is shown up to its last blank, or left out.
func CopyVisible(dst io.Writer, src io.Reader, guard Guard) {
	buf := make([]byte, 0, maxStderr)
	show := func(text []byte) {
		if guard != nil {
			text, _ = guard.Text(text)
		}
		line := scan.Visible(string(bytes.TrimRight(text, "\r")))
		if strings.HasPrefix(line, "sallyport: ") {
			line = "| " + line // it is not ours
		}
		io.WriteString(dst, line+"\n")
	}
	skipping := false // the rest of a line that was left out
	for {
		n, err := src.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		for len(buf) > 0 {
			end := bytes.IndexByte(buf, '\n')
			next := end + 1
			switch {
			case end >= 0:
			case err != nil:
				end, next = len(buf), len(buf)
			case len(buf) < cap(buf):
				end = -2 // there may be more of it
			case guard == nil:
				end, next = len(buf), len(buf)
			default:
				if end = bytes.LastIndexByte(buf, ' '); end < 0 {
					end, next = len(buf), len(buf)
					if !skipping {
						io.WriteString(dst, "(a long line was left out)\n")
					}
					skipping = true
				} else {
					next = end + 1
				}
			}
			if end < 0 {
				break
			}
			if !skipping {
				show(buf[:end])
			}
			if end < len(buf) && next > end { // at a line feed, or a blank, something else begins
				skipping = false
			}
			buf = append(buf[:0], buf[next:]...)
		}
		if err != nil {
			return
		}
	}
}
