package rules

import (
	"embed"
	"fmt"
	"slices"
	"strings"
)

//go:embed packs/*.yaml
var packFiles embed.FS

// Packs names the rule files that ship inside the binary.
func Packs() []string {
	files, err := packFiles.ReadDir("packs")
	if err != nil {
		return nil
	}
	var names []string
	for _, f := range files {
		names = append(names, strings.TrimSuffix(f.Name(), ".yaml"))
	}
	return names
}

// Pack gives the text of a pack.
func Pack(name string) ([]byte, error) {
	if !slices.Contains(Packs(), name) {
		return nil, fmt.Errorf("unknown pack %q", name)
	}
	return packFiles.ReadFile("packs/" + name + ".yaml")
}
