package origin

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"sallyport/wrap/file"
)

// Files of a package's folder in the store; nothing else may lie beside them and node_modules.
const (
	manifestFile = "package.json"
	lockFile     = "package-lock.json"
	listFile     = "files"
)

// A prior is what was accepted of a package.
type prior struct {
	Origin
	lock []byte
}

// label names the package for people.
func (o Origin) label() string { return o.Package + "@" + o.Version }

// id is the name of the package's folder: other bytes are another folder, so versions lie side by side.
func (o Origin) id() string {
	name := strings.Map(func(r rune) rune {
		if 'a' <= r && r <= 'z' || '0' <= r && r <= '9' || r == '-' || r == '.' {
			return r
		}
		return '_'
	}, strings.ToLower(o.Package))
	return strings.TrimLeft(name[:min(len(name), 60)], "._") + "-" + hexOf(o.Package + "\x00" + o.Lock + "\x00" + o.Tree)[:20]
}

func (s *Store) resolvePackage(ctx context.Context, p plan) (Resolved, error) {
	if err := s.noTool(p); err != nil {
		p.refuse("installing a package to verify it takes npm and node: %v", strings.ReplaceAll(err.Error(), "\n", "; "))
		return s.unresolved(p)
	}
	if err := file.MkdirPrivate(s.Dir); err != nil {
		return Resolved{}, err
	}
	key := hexOf(strings.Join(slices.Concat(p.run.specs, p.run.flags), "\x00"))[:20]
	unlock, err := s.lock(ctx, key)
	if err != nil {
		return Resolved{}, err
	}
	defer unlock()
	staging, err := s.staging(key)
	if err != nil {
		return Resolved{}, err
	}
	defer os.RemoveAll(staging)
	s.progress("installing %s, once", p.spec)
	r, err := s.install(ctx, p, staging)
	if err != nil {
		return Resolved{}, fmt.Errorf("installing the package %q: %w", p.spec, err)
	}
	node, err := s.tool(p, "node")
	if err != nil {
		return Resolved{}, err
	}
	r.Origin.Runtime, r.Origin.RuntimeVersion = node, runtimeVersion(ctx, node, p.launch.Env)
	if err := s.place(ctx, staging, prior{r.Origin, r.Lock}); err != nil {
		return Resolved{}, err
	}
	r.Command, err = s.packageCommand(p, r.Origin)
	return r, err
}

// staging makes a new folder for an installation. The caller holds the lock of key, so what lies there is of a start that was cut off.
func (s *Store) staging(key string) (string, error) {
	dir := filepath.Join(s.Dir, "new-"+key)
	if err := os.RemoveAll(dir); err != nil {
		return "", fmt.Errorf("removing %q: %v", dir, cause(err))
	}
	return dir, file.MkdirPrivate(dir)
}

// install installs what p asks for in the folder dir and says what that is.
func (s *Store) install(ctx context.Context, p plan, dir string) (Resolved, error) {
	if err := put(dir, manifestFile, lock{}.manifest()); err != nil {
		return Resolved{}, err
	}
	words := slices.Concat([]string{"install"}, p.run.flags, []string{"--"}, p.run.specs)
	if err := s.npm(ctx, p, dir, words...); err != nil {
		return Resolved{}, err
	}
	raw, err := file.ReadFile(filepath.Join(dir, lockFile), maxLock)
	if err != nil {
		return Resolved{}, err
	}
	parsed, err := parseLock(raw)
	if err != nil {
		return Resolved{}, err
	}
	e, err := parsed.entry(p.run.bin)
	if err != nil {
		return Resolved{}, err
	}
	r := Resolved{Origin: Origin{Kind: Package, Package: e.name, Version: e.version, Spec: p.spec, Bin: e.bin}}
	if r.Lock, err = parsed.canonical(); err != nil {
		return Resolved{}, err
	}
	r.Origin.Lock = digest(r.Lock)
	files, err := seal(ctx, dir, r.Lock)
	if err != nil {
		return Resolved{}, err
	}
	r.Origin.Tree = digest(files)
	if !bytes.Contains(files, []byte("  "+e.bin+"\n")) {
		return Resolved{}, fmt.Errorf("its command %q %v", e.bin, errNoFile)
	}
	return r, nil
}

// seal writes the canonical lock, the package.json that belongs to it, and the list of files beside what npm has installed, and removes
// what else install scripts left there.
func seal(ctx context.Context, dir string, canonical []byte) ([]byte, error) {
	parsed, err := parseLock(canonical)
	if err != nil {
		return nil, err
	}
	files, err := list(ctx, dir)
	if err != nil {
		return nil, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, fmt.Errorf("reading %q: %v", dir, cause(err))
	}
	for _, e := range entries {
		if e.Name() != modules {
			if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
				return nil, err
			}
		}
	}
	for name, data := range map[string][]byte{manifestFile: parsed.manifest(), lockFile: canonical, listFile: files} {
		if err := put(dir, name, data); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// put writes a file that nobody reads before its folder is complete.
func put(dir, name string, data []byte) error {
	name = filepath.Join(dir, name)
	if err := os.WriteFile(name, data, 0o600); err != nil {
		return fmt.Errorf("writing %q: %v", name, cause(err))
	}
	return nil
}

// place moves a complete folder to where Prepare looks. What lies there already stays when it is what it should be, since a server may
// run from it; what it should not be is put aside until the next time, since a server's data may lie in it.
func (s *Store) place(ctx context.Context, staging string, o prior) error {
	unlock, err := s.lock(ctx, o.id())
	if err != nil {
		return err
	}
	defer unlock()
	dir := filepath.Join(s.Dir, o.id())
	if exists(dir) {
		if _, err := s.verify(ctx, dir, o); err == nil {
			return nil
		}
		old := filepath.Join(s.Dir, "old-"+o.id())
		if err := os.RemoveAll(old); err != nil {
			return fmt.Errorf("removing %q: %v", old, cause(err))
		}
		if err := os.Rename(dir, old); err != nil {
			return fmt.Errorf("replacing %q: %v", dir, err)
		}
	}
	if err := os.Rename(staging, dir); err != nil {
		return fmt.Errorf("placing the package %q in the store: %v", o.label(), err)
	}
	return nil
}

func (s *Store) preparePackage(ctx context.Context, p plan, o prior) (Command, error) {
	if o.Spec != p.spec {
		return Command{}, &Changed{What: "package", Name: o.label(), Old: fmt.Sprintf("%q", o.Spec), New: fmt.Sprintf("%q", p.spec)}
	}
	if got := digest(o.lock); got != o.Lock {
		return Command{}, &Changed{What: "lock", Name: o.label(), Old: o.Lock, New: got}
	}
	if err := file.MkdirPrivate(s.Dir); err != nil {
		return Command{}, err
	}
	dir := filepath.Join(s.Dir, o.id())
	if !exists(dir) {
		if err := s.restore(ctx, p, o); err != nil {
			return Command{}, err
		}
	}
	t, err := s.verify(ctx, dir, o)
	if err != nil {
		return Command{}, err
	}
	if _, listed := t.sums[o.Bin]; !listed {
		return Command{}, fmt.Errorf("verifying the package %q: its command %q is not in its list of files; pin it again", o.label(), o.Bin)
	}
	return s.packageCommand(p, o.Origin)
}

// restore installs a package whose folder is gone as the lock says.
func (s *Store) restore(ctx context.Context, p plan, o prior) error {
	unlock, err := s.lock(ctx, "restore-"+o.id())
	if err != nil {
		return err
	}
	defer unlock()
	if exists(filepath.Join(s.Dir, o.id())) {
		return nil
	}
	parsed, err := parseLock(o.lock)
	if err != nil {
		return err
	}
	staging, err := s.staging(o.id())
	if err != nil {
		return err
	}
	defer os.RemoveAll(staging)
	s.progress("installing %s again, from its recorded lock", o.label())
	for name, data := range map[string][]byte{manifestFile: parsed.manifest(), lockFile: o.lock} {
		if err := put(staging, name, data); err != nil {
			return err
		}
	}
	words := slices.Concat([]string{"ci", "--prefer-offline"}, p.run.flags)
	if err := s.npm(ctx, p, staging, words...); err != nil {
		var said *npmError
		if errors.As(err, &said) && said.integrity() {
			return &Changed{What: "lock", Name: o.label(), Old: "the integrity that it records", New: "other bytes from the registry (EINTEGRITY)"}
		}
		return fmt.Errorf("installing the package %q again: %w", o.label(), err)
	}
	files, err := seal(ctx, staging, o.lock)
	if err != nil {
		return fmt.Errorf("installing the package %q again: %w", o.label(), err)
	}
	if got := digest(files); got != o.Tree {
		return &Changed{What: "package", Name: o.label(), Old: o.Tree, New: got}
	}
	return s.place(ctx, staging, o)
}

// verify compares a folder of the store with what was accepted.
func (s *Store) verify(ctx context.Context, dir string, o prior) (tree, error) {
	t, err := s.compare(ctx, dir, o)
	var c *Changed
	if errors.As(err, &c) {
		c.What, c.Name = "package", o.label()
		return tree{}, c
	}
	if err != nil {
		return tree{}, fmt.Errorf("verifying the package %q: %w", o.label(), err)
	}
	return t, nil
}

func (s *Store) compare(ctx context.Context, dir string, o prior) (tree, error) {
	if exists(filepath.Join(s.Dir, modules)) {
		return tree{}, fmt.Errorf("a folder %q lies in the store, and node would look into it; remove it", modules)
	}
	parsed, err := parseLock(o.lock)
	if err != nil {
		return tree{}, err
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return tree{}, fmt.Errorf("reading %q: %v", dir, cause(err))
	}
	for _, e := range entries {
		switch e.Name() {
		case manifestFile, lockFile, listFile, modules:
		default:
			return tree{}, &Changed{File: e.Name(), Old: "absent", New: "new"}
		}
	}
	if info, err := os.Lstat(filepath.Join(dir, modules)); err != nil || !info.IsDir() {
		return tree{}, &Changed{File: modules, Old: "a folder", New: "missing, or something else"}
	}
	var data []byte
	for _, f := range []struct{ name, want string }{
		{manifestFile, digest(parsed.manifest())}, {lockFile, o.Lock}, {listFile, o.Tree},
	} {
		data, err = file.ReadFile(filepath.Join(dir, f.name), maxLock)
		if errors.Is(err, fs.ErrNotExist) {
			return tree{}, &Changed{File: f.name, Old: f.want, New: "missing"}
		}
		if err != nil {
			return tree{}, err
		}
		if got := digest(data); got != f.want {
			return tree{}, &Changed{File: f.name, Old: f.want, New: got}
		}
	}
	t, err := parseList(data)
	if err != nil {
		return tree{}, err
	}
	return t, t.verify(ctx, dir)
}

// packageCommand starts the entry of a verified package: what is JavaScript by node, and anything else by itself.
func (s *Store) packageCommand(p plan, o Origin) (Command, error) {
	bin := filepath.Join(s.Dir, o.id(), filepath.FromSlash(o.Bin))
	words, runtime := shebang(bin), ""
	switch {
	case len(words) > 0 && slices.Contains([]string{"node", "nodejs"}, program(words[0])):
		runtime, words = "node", words[1:]
	case len(words) == 0 && slices.Contains(scriptEndings[:3], path.Ext(o.Bin)):
		runtime = "node"
	}
	if runtime == "" {
		return s.command(p, Command{Path: bin, Args: append([]string{path.Base(o.Bin)}, p.run.args...)})
	}
	if p.run.bun {
		runtime = "bun"
	}
	found := o.Runtime
	if !p.run.bun && runs(found) {
		args := slices.Concat([]string{runtime}, words, []string{bin}, p.run.args)
		return s.command(p, Command{Path: found, Args: args})
	}
	found, err := s.tool(p, runtime)
	if err != nil {
		return Command{}, err
	}
	args := slices.Concat([]string{runtime}, words, []string{bin}, p.run.args)
	return s.command(p, Command{Path: found, Args: args})
}

// runs reports whether a recorded interpreter is still there. As long as it is, it is taken: PATH can come from a client's configuration,
// and would choose another.
func runs(runtime string) bool {
	if runtime == "" {
		return false
	}
	info, err := os.Stat(runtime)
	return err == nil && info.Mode().IsRegular()
}

// lock keeps other starts, of this process and others, from installing the same at the same time. It waits as long as an installation
// may take.
func (s *Store) lock(ctx context.Context, key string) (unlock func() error, err error) {
	dir := filepath.Join(s.Dir, "locks")
	if err := file.MkdirPrivate(dir); err != nil {
		return nil, err
	}
	for {
		began := time.Now()
		unlock, err := file.Lock(filepath.Join(dir, key))
		if err == nil || time.Since(began) < 4*time.Second { // a fault shows at once, another holder after 5 s
			return unlock, err
		}
		if ctx.Err() != nil {
			return nil, fmt.Errorf("waiting for another start that installs the same package: %w", ctx.Err())
		}
	}
}
