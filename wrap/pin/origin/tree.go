package origin

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// modules is the folder that is listed, and hidden the copy of the lock that npm leaves in it, which node never loads.
const (
	modules = "node_modules"
	hidden  = modules + "/.package-lock.json"
)

// A file of a tree: where it lies, with slashes from the package's folder on, and the digest of its content or of where it links to.
type treeFile struct {
	path string
	sum  string // hexadecimal
	link bool   // while it is walked
}

// walk calls visit for all that lies below node_modules, in the order of a walk, folders too.
func walk(ctx context.Context, dir string, visit func(name string, d fs.DirEntry) error) error {
	return filepath.WalkDir(filepath.Join(dir, modules), func(full string, d fs.DirEntry, err error) error {
		if err != nil {
			return fmt.Errorf("reading %q: %w", full, cause(err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		name, err := filepath.Rel(dir, full)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if name == modules || name == hidden && d.Type().IsRegular() {
			return nil
		}
		return visit(name, d)
	})
}

// sumAll fills in the digests of files, by all processors at once.
func sumAll(ctx context.Context, dir string, files []treeFile) error {
	var next atomic.Int64
	errs := make([]error, runtime.GOMAXPROCS(0))
	var group sync.WaitGroup
	for w := range errs {
		group.Go(func() {
			for i := int(next.Add(1)) - 1; i < len(files) && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if files[i].sum, errs[w] = sumOf(dir, files[i]); errs[w] != nil {
					return
				}
			}
		})
	}
	group.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return ctx.Err()
}

func sumOf(dir string, f treeFile) (string, error) {
	full := filepath.Join(dir, filepath.FromSlash(f.path))
	if f.link {
		target, err := os.Readlink(full)
		if err != nil {
			return "", fmt.Errorf("reading the link %q: %v", full, cause(err))
		}
		return hexOf("-> " + filepath.ToSlash(target)), nil
	}
	sum, err := sumFile(full)
	return hex.EncodeToString(sum), err
}

// list makes the list of files of an installation that nothing of it has run since.
func list(ctx context.Context, dir string) ([]byte, error) {
	root, err := filepath.EvalSymlinks(filepath.Join(dir, modules))
	if err != nil {
		return nil, fmt.Errorf("looking for what npm installed: %v", cause(err))
	}
	var files []treeFile
	err = walk(ctx, dir, func(name string, d fs.DirEntry) error {
		if strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }) {
			return fmt.Errorf("the name of the file %q cannot be listed", name)
		}
		link := d.Type()&fs.ModeSymlink != 0
		switch {
		case d.IsDir():
			return nil
		case link:
			target, err := filepath.EvalSymlinks(filepath.Join(dir, filepath.FromSlash(name)))
			if err != nil || !strings.HasPrefix(target, root+string(filepath.Separator)) {
				return fmt.Errorf("the link %q leads out of the package, or nowhere", name)
			}
		case !d.Type().IsRegular():
			return fmt.Errorf("%q is no regular file", name)
		}
		files = append(files, treeFile{path: name, link: link})
		return nil
	})
	if err == nil {
		err = sumAll(ctx, dir, files)
	}
	if err != nil {
		return nil, fmt.Errorf("listing what npm installed: %w", err)
	}
	slices.SortFunc(files, func(a, b treeFile) int { return strings.Compare(a.path, b.path) })
	var b strings.Builder
	for _, f := range files {
		b.WriteString(f.sum + "  " + f.path + "\n")
	}
	return []byte(b.String()), nil
}

// A tree is a list of files to compare with: their digests, the folders that they lie in, and both in lower case, for file systems that
// do not tell the cases apart.
type tree struct {
	sums    map[string]string
	folders map[string]bool
	folded  map[string]bool
}

func parseList(data []byte) (tree, error) {
	t := tree{map[string]string{}, map[string]bool{modules: true}, map[string]bool{}}
	for line := range strings.Lines(string(data)) {
		sum, name, ok := strings.Cut(strings.TrimSuffix(line, "\n"), "  ")
		if !ok || len(sum) != 2*sha256.Size || !strings.HasPrefix(name, modules+"/") || path.Clean(name) != name {
			return tree{}, fmt.Errorf("the list of files has the line %q", line)
		}
		t.sums[name], t.folded[strings.ToLower(name)] = sum, true
		for dir := path.Dir(name); !t.folders[dir]; dir = path.Dir(dir) {
			t.folders[dir], t.folded[strings.ToLower(dir)] = true, true
		}
	}
	return t, nil
}

// verify compares what lies in dir with the list. The first difference in the order of names is a *Changed, of which What and Name are
// for the caller to fill in.
func (t tree) verify(ctx context.Context, dir string) error {
	var files []treeFile
	err := walk(ctx, dir, func(name string, d fs.DirEntry) error {
		if _, listed := t.sums[name]; listed && !d.IsDir() {
			link := d.Type()&fs.ModeSymlink != 0
			if !link && !d.Type().IsRegular() {
				return &Changed{File: name, Old: "a regular file", New: "something else"}
			}
			files = append(files, treeFile{path: name, link: link})
			return nil
		}
		if t.mayLoad(name, d.Type()) && !(d.IsDir() && hollow(filepath.Join(dir, filepath.FromSlash(name)))) {
			return &Changed{File: name, Old: "absent", New: "new, and node could load it"}
		}
		return nil
	})
	if err == nil {
		err = sumAll(ctx, dir, files)
	}
	if err != nil {
		return err
	}
	slices.SortFunc(files, func(a, b treeFile) int { return strings.Compare(a.path, b.path) })
	for _, f := range files {
		if want := t.sums[f.path]; f.sum != want {
			return &Changed{File: f.path, Old: "sha256 " + want, New: "sha256 " + f.sum}
		}
	}
	if len(files) < len(t.sums) {
		return t.missing(files)
	}
	return nil
}

// hollow reports whether there is nothing but folders below a folder: npm leaves those of packages that it took back.
func hollow(dir string) bool {
	found := errors.New("a file")
	return filepath.WalkDir(dir, func(_ string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			err = found
		}
		return err
	}) == nil
}

// missing names the first file that is listed and not there.
func (t tree) missing(files []treeFile) error {
	there := make(map[string]bool, len(files))
	for _, f := range files {
		there[f.path] = true
	}
	first := ""
	for name := range t.sums {
		if !there[name] && (first == "" || name < first) {
			first = name
		}
	}
	return &Changed{File: first, Old: "sha256 " + t.sums[first], New: "missing"}
}

// codeEndings are of files that node, or a package that node runs, takes for code.
var codeEndings = []string{"", ".js", ".mjs", ".cjs", ".node", ".ts", ".mts", ".cts", ".jsx", ".tsx", ".wasm", ".so", ".dll", ".dylib", ".exe", ".cmd", ".bat"}

// completed are the endings that require tries behind a name, in its order.
var completed = []string{".js", ".json", ".node"}

// mayLoad reports whether node could load a file or folder that is not listed without having been told to by listed code that names it in
// full: code by its ending, what stands for a package, and what shadows a listed file, since require("./a.b") takes a.b before
// a.b.js, and a.json before a.node and the folder a.
func (t tree) mayLoad(name string, mode fs.FileMode) bool {
	parent, base := path.Split(name)
	parent, low := path.Clean(parent), strings.ToLower(base)
	if t.folders[name] && mode.IsDir() {
		return false
	}
	packages := path.Base(parent) == modules || strings.HasPrefix(path.Base(parent), "@") && path.Base(path.Dir(parent)) == modules
	if packages || low == modules {
		return true
	}
	if mode.IsDir() {
		return false
	}
	ending := path.Ext(low)
	if !mode.IsRegular() || low == "package.json" || slices.Contains(codeEndings, ending) {
		return true
	}
	name = strings.ToLower(name)
	for _, e := range completed {
		if t.folded[name+e] {
			return true
		}
	}
	stem, isJSON := strings.CutSuffix(name, ".json")
	return isJSON && (t.folded[stem] || t.folded[stem+".node"])
}
