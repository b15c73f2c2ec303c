//go:build unix

package child

import (
	"bytes"
	"io"
	"reflect"
	"testing"
)

func TestCommandSurvivesTheWire(t *testing.T) {
	for name, c := range map[string]Command{
		"plain":      {Path: "/bin/true", Args: []string{"true", "-x"}, Env: []string{"A=1"}, Dir: "/"},
		"no UTF-8":   {Path: "/\xff", Args: []string{"\xfe", ""}, Env: []string{"\x80=\x81"}},
		"no env":     {Path: "/bin/true", Args: []string{"true"}, Env: []string{}},
		"line feeds": {Path: "/a\nb", Args: []string{"\n"}, Env: []string{"A=\n"}},
	} {
		t.Run(name, func(t *testing.T) {
			r := bytes.NewReader(append(c.encode(), 15))
			got, err := readCommand(r)
			if err != nil || !reflect.DeepEqual(got, c) {
				t.Fatalf("got %+v, %v", got, err)
			}
			if rest, _ := io.ReadAll(r); string(rest) != "\x0f" {
				t.Fatalf("the signal after the command is %q", rest)
			}
		})
	}
}

func TestMessageSurvivesTheWire(t *testing.T) {
	for _, m := range []message{{msgStarted, 1 << 22, 0}, {msgExited, -1, 9}, {}} {
		if got, err := readMessage(bytes.NewReader(m.encode())); err != nil || got != m {
			t.Errorf("%+v became %+v, %v", m, got, err)
		}
	}
}

// FuzzCommand: whatever is accepted is exactly what encode writes, and nothing panics.
func FuzzCommand(f *testing.F) {
	f.Add(Command{Path: "/bin/true", Args: []string{"true"}, Env: []string{"A=1", "B"}}.encode())
	f.Add([]byte(magic + "\xff\xff\xff\xff"))
	f.Add([]byte(magic + "\x00\x00\x00\x04\xff\xff\xff\xff"))
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := readCommand(bytes.NewReader(b))
		if err == nil && !bytes.HasPrefix(b, c.encode()) {
			t.Fatalf("%q was read as %+v", b, c)
		}
	})
}
