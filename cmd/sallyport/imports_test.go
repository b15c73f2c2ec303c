package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// arrows says which of our packages each may import. What is not here may import none.
var arrows = map[string][]string{
	"cmd/sallyport":       {"*"},
	"cmd/sallyport/peers": {"wrap/file", "wrap/jsonrpc"},
	"cmd/sallyport-bench": {},
	"wrap":                {"wrap/jsonrpc", "wrap/pin", "wrap/pin/drift", "wrap/pin/origin", "wrap/audit", "wrap/client", "wrap/child", "wrap/file", "rules", "rules/scan"},
	"wrap/audit":          {"wrap/file"},
	"wrap/child":          {},
	"wrap/client":         {"rules/scan", "wrap/file"},
	"wrap/file":           {},
	"wrap/jsonrpc":        {},
	"wrap/pin":            {"wrap/pin/drift", "wrap/pin/origin", "wrap/file", "rules/scan"},
	"wrap/pin/drift":      {"rules/scan"},
	"wrap/pin/origin":     {"wrap/file"},
	"approve":             {"wrap/file", "rules/scan"},
	"approve/card":        {"approve", "rules", "rules/hosts", "rules/scan", "rules/shell", "rules/sql", "wrap/file"},
	"approve/dialog":      {"approve", "rules/scan"},
	"approve/grants":      {"approve", "rules", "rules/scan", "wrap/file"},
	"approve/tui":         {"approve", "rules/scan"},
	"approve/who":         {"rules/scan"},
	"keyring":             {"rules/scan", "wrap/file"},
	"keyring/guard":       {},
	"rules":               {"rules/hosts", "rules/scan", "rules/shell", "rules/sql"},
	"rules/hosts":         {},
	"rules/scan":          {},
	"rules/shell":         {},
	"rules/sql":           {},
}

// dependencies are the modules that the shipped program may be built from.
var dependencies = []string{
	"github.com/expr-lang/expr", "github.com/goccy/go-yaml", "github.com/spf13/cobra", "github.com/spf13/pflag",
	"github.com/tidwall/gjson", "github.com/tidwall/match", "github.com/tidwall/pretty", "golang.org/x/net", "golang.org/x/sys", "golang.org/x/text", "mvdan.cc/sh/v3", "github.com/inconshreveable/mousetrap",

	// Configurations of clients.
	"github.com/tailscale/hujson", "github.com/pelletier/go-toml/v2",

	// Keyrings, and the encrypted file, and what they are made of.
	"github.com/zalando/go-keyring", "github.com/danieljoos/wincred", "github.com/godbus/dbus/v5", "filippo.io/age", "filippo.io/hpke", "golang.org/x/crypto",

	// The screen of approve, and what it is made of.
	"charm.land/bubbletea/v2", "charm.land/lipgloss/v2", "github.com/charmbracelet/colorprofile", "github.com/charmbracelet/ultraviolet",
	"github.com/charmbracelet/x/ansi", "github.com/charmbracelet/x/term", "github.com/charmbracelet/x/termios", "github.com/charmbracelet/x/windows",
	"github.com/clipperhouse/displaywidth", "github.com/clipperhouse/uax29/v2", "github.com/lucasb-eyer/go-colorful",
	"github.com/mattn/go-runewidth", "github.com/muesli/cancelreader", "github.com/rivo/uniseg", "github.com/xo/terminfo", "golang.org/x/sync",
}

func TestImportsFollowTheArrows(t *testing.T) {
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports,TestImports", "sallyport/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	n := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; n++ {
		var p struct {
			ImportPath           string
			Imports, TestImports []string
		}
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		from := strings.TrimPrefix(p.ImportPath, "sallyport/")
		allowed, known := arrows[from]
		if !known {
			t.Errorf("package %s has no place in the layout", from)
		}
		for _, path := range append(p.Imports, p.TestImports...) {
			to, ours := strings.CutPrefix(path, "sallyport/")
			if ours && to != from && !slices.Contains(allowed, to) && !slices.Contains(allowed, "*") {
				t.Errorf("%s imports %s", from, to)
			}
		}
	}
	if n != len(arrows) {
		t.Errorf("%d packages, and %d in the list", n, len(arrows))
	}
}

func TestTheProgramIsBuiltFromListedModules(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "-f", "{{with .Module}}{{.Path}}{{end}}", "sallyport/cmd/sallyport").Output()
	if err != nil {
		t.Fatal(err)
	}
	for _, module := range strings.Fields(string(out)) {
		if module != "sallyport" && !slices.Contains(dependencies, module) {
			t.Errorf("built from %s", module)
		}
	}
}
