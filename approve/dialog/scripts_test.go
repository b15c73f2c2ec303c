package dialog

import (
	"encoding/base64"
	"encoding/binary"
	"slices"
	"strings"
	"testing"
	"unicode/utf16"
)

// evil holds what the scripts would trip over if it were a part of them.
const evil = "\" & (do shell script \"id\") & \"\n'@; $(calc) `calc` \"@ {0} %PATH% \\"

func TestScriptsNeverChange(t *testing.T) {
	for _, b := range []buttons{tells, asksOnce, asksSession} {
		plain, foreign := appleDialog("x", b), appleDialog(evil, b)
		if plain.args[1] != foreign.args[1] || !slices.Contains([]string{appleAsks, appleTells}, foreign.args[1]) || foreign.args[3] != evil {
			t.Errorf("osascript gets %q", foreign.args)
		}
		plain, foreign = windowsDialog("x", b), windowsDialog(evil, b)
		if !slices.Equal(plain.args, foreign.args) {
			t.Errorf("PowerShell gets %q", foreign.args)
		}
		i := slices.IndexFunc(foreign.env, func(v string) bool { return strings.HasPrefix(v, "SALLYPORT_TEXT=") })
		if i < 0 || !strings.HasPrefix(foreign.env[i], "SALLYPORT_TEXT="+evil) {
			t.Errorf("PowerShell gets %q", foreign.env)
		}
	}
	if args := appleNote("sallyport: x", evil); args[1] != appleNotes || args[3] != evil {
		t.Errorf("osascript gets %q", args)
	}
}

func TestNoTextIsAnOptionOfOsascript(t *testing.T) {
	q, card := write("-e")
	text, _ := compose(q, card, program{room: room{30, 80, 2000}, most: asksSession})
	for _, args := range [][]string{appleDialog(text, asksSession).args, appleDialog(text, tells).args} {
		if args[0] != "-e" || slices.ContainsFunc(args[1:], func(a string) bool { return strings.HasPrefix(a, "-") }) {
			t.Errorf("osascript gets %q", args)
		}
	}
}

func TestTheEncodedScriptIsTheScript(t *testing.T) {
	args := windowsDialog("x", asksOnce).args
	b, err := base64.StdEncoding.DecodeString(args[len(args)-1])
	if err != nil {
		t.Fatal(err)
	}
	var units []uint16
	for ; len(b) > 0; b = b[2:] {
		units = append(units, binary.LittleEndian.Uint16(b))
	}
	if got := string(utf16.Decode(units)); got != windowsScript || args[len(args)-2] != "-EncodedCommand" {
		t.Errorf("it is %q", got)
	}
}

func TestVerdictsOfScripts(t *testing.T) {
	for _, c := range []struct {
		name    string
		verdict func(int, string) (Verdict, bool)
		status  int
		out     string
		want    Verdict
		known   bool
	}{
		{"osascript allows once", appleVerdict, 0, "sallyport-once", Once, true},
		{"osascript allows for the session", appleVerdict, 0, "sallyport-session", Session, true},
		{"osascript denies", appleVerdict, 0, "sallyport-deny", Deny, true},
		{"osascript gives up", appleVerdict, 0, "sallyport-none", None, true},
		{"osascript says nothing", appleVerdict, 0, "", None, false},
		{"osascript prints the label", appleVerdict, 0, "Allow once", None, false},
		{"osascript breaks off", appleVerdict, 1, "sallyport-once", None, false},
		{"Yes", windowsVerdict, 46, "", Once, true},
		{"No", windowsVerdict, 47, "", Deny, true},
		{"Cancel", windowsVerdict, 42, "", None, true},
		{"OK", windowsVerdict, 41, "", None, true},
		{"PowerShell ends well", windowsVerdict, 0, "", None, false},
		{"PowerShell breaks off", windowsVerdict, 1, "", None, false},
		{"the number of Yes alone", windowsVerdict, 6, "", None, false},
		{"PowerShell is killed", windowsVerdict, -1, "", None, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			if v, known := c.verdict(c.status, c.out); v != c.want || known != c.known {
				t.Errorf("%v, %v; want %v, %v", v, known, c.want, c.known)
			}
		})
	}
}

func TestDenyIsPreselected(t *testing.T) {
	if !strings.Contains(appleAsks, `default button "Deny" cancel button "Deny"`) {
		t.Error("osascript has another default")
	}
	if env := windowsDialog("x", asksOnce).env; !slices.Contains(env, "SALLYPORT_BUTTONS=YesNoCancel") || !slices.Contains(env, "SALLYPORT_DEFAULT=Button2") {
		t.Errorf("PowerShell has another default: %q", env)
	}
}
