package peers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// built is the folder of the binaries that a run of the tests makes.
var built string

func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == recordVerb {
		os.Exit(record(os.Args[2:]))
	}
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	folder, err := os.MkdirTemp("", "sallyport-peers-")
	if err != nil {
		fmt.Fprintf(os.Stderr, "making a folder for binaries: %v\n", err)
		return 1
	}
	defer os.RemoveAll(folder)
	built = folder
	return m.Run()
}

var buildWrapper = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("SALLYPORT_PEERS_BINARY"); path != "" {
		return path, nil
	}
	return build("sallyport", "sallyport/cmd/sallyport")
})

var buildGoServer = sync.OnceValues(func() (string, error) {
	return build("everything-server", "github.com/modelcontextprotocol/go-sdk/conformance/everything-server")
})

func build(name, pkg string) (string, error) {
	path := filepath.Join(built, name)
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	out, err := exec.Command("go", "build", "-o", path, pkg).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("building %q: %v\n%s", pkg, err, out)
	}
	return path, nil
}

func wrapper(t *testing.T) string {
	t.Helper()
	path, err := buildWrapper()
	if err != nil {
		t.Fatal(err)
	}
	return path
}

// npm returns the folder that holds node_modules, and skips the test where there is none.
func npm(t *testing.T) string {
	t.Helper()
	folder := os.Getenv("SALLYPORT_PEERS")
	if folder == "" {
		t.Skip("SALLYPORT_PEERS names no folder with the peers from npm; .ci/peers makes one")
	}
	modules := filepath.Join(folder, "node_modules")
	if _, err := os.Stat(modules); err != nil {
		t.Fatalf("looking for the peers from npm: %v", err)
	}
	return modules
}

// node returns the Node that the peers run on: the one installed beside them, because the suites
// need 22 and systems have older ones, or else the one on the PATH.
func node(t *testing.T) string {
	t.Helper()
	arch := map[string]string{"amd64": "x64", "arm64": "arm64"}[runtime.GOARCH]
	path := filepath.Join(npm(t), "node-"+runtime.GOOS+"-"+arch, "bin", "node")
	if _, err := os.Stat(path); err == nil {
		return path
	} else if !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	path, err := exec.LookPath("node")
	if err != nil {
		t.Fatalf("looking for node: %v", err)
	}
	return path
}
