package main

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"sallyport/rules/scan"
	"sallyport/wrap/client"
)

func searched() (client.Environment, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return client.Environment{}, err
	}
	cwd, err := os.Getwd()
	return client.Environment{System: runtime.GOOS, Home: home, Cwd: cwd, Getenv: os.Getenv}, err
}

// named are the clients and the files that the command line names.
func (in *installation) named(env client.Environment) (clients []string, files []client.File, err error) {
	for _, word := range in.which {
		if slices.Contains(clientNames(), word) {
			clients = append(clients, word)
			continue
		}
		f, ok := client.At(env, word)
		if !ok {
			return nil, nil, usageError{withHint("clients: "+strings.Join(clientNames(), " ")+"; or the path of one of their files", "%q is neither a client that sallyport knows nor one of their configurations", scan.VisibleLine(word, 80))}
		}
		files = append(files, f)
	}
	return clients, files, nil
}

// files are the configurations that were meant.
func (in *installation) files(out io.Writer) (files []client.File, err error) {
	env, err := searched()
	if err != nil {
		return nil, err
	}
	clients, files, err := in.named(env)
	if err != nil || len(files) > 0 && len(clients) == 0 {
		return files, err
	}
	for _, f := range client.Find(env) {
		switch {
		case len(clients) > 0 && !slices.Contains(clients, f.Client):
		case f.Scope == client.Project && len(clients) == 0:
			fmt.Fprintf(out, "%s\n  left alone: it belongs to a project; name it to wrap its servers\n", pathText(f.Path))
		case f.Scope == client.Project && (client.Tracked(f.Path) || client.Tracked(f.Real())):
			fmt.Fprintf(out, "%s\n  left alone: git tracks it, so others have it too. Name the file to wrap its servers\n  all the same, or add them to your own scope: %s\n", pathText(f.Path), ownScope(f))
		default:
			files = append(files, f)
		}
	}
	return files, nil
}

// ownScope says how a server gets into a configuration of the user's alone.
func ownScope(f client.File) string {
	if f.Client == "claude-code" {
		return "claude mcp add --scope local NAME -- COMMAND"
	}
	for _, row := range client.Clients {
		if row.Client == f.Client && row.Scope == client.User {
			paths := row.Paths[runtime.GOOS]
			if paths == nil {
				paths = row.Paths[""]
			}
			return paths[len(paths)-1]
		}
	}
	return "the client's own settings"
}

// pathText is a path for people.
func pathText(path string) string {
	if home, err := os.UserHomeDir(); err == nil {
		if rel, err := filepath.Rel(home, path); err == nil && filepath.IsLocal(rel) {
			path = "~/" + filepath.ToSlash(rel)
		}
	}
	return scan.VisibleLine(path, 0)
}

// documents reads files. What cannot be read is told, and left out.
func documents(files []client.File) (list []*client.Document, broken int) {
	list = readAll(files, func(_ client.File, err error) {
		warningf("%v: it is left as it is", err)
		broken++
	})
	return list, broken
}

// readAll reads files; one that two rows find is read once.
func readAll(files []client.File, unread func(client.File, error)) (list []*client.Document) {
	seen := map[string]client.File{}
	for _, f := range files {
		if first, again := seen[f.Real()]; again {
			if first.Client != f.Client {
				hintf("%s: %q is the same file as that of %s, and taken for that", f.Title, f.Path, first.Title)
			}
			continue
		}
		seen[f.Real()] = f
		if d, err := client.Read(f); err != nil {
			unread(f, err)
		} else {
			list = append(list, d)
		}
	}
	return list
}

// writable leaves out files that are not to be written, and says why.
func writable(docs []*client.Document) (list []*client.Document, closed int) {
	for _, d := range docs {
		info, err := os.Stat(d.Real())
		switch {
		case err != nil || info.Mode().Perm()&0o200 == 0: // which could be replaced all the same
			warningf("%s: %q is read-only: it is left as it is; \"chmod u+w\" it first", d.Title, d.Path)
		case !inPlace(d.File):
			warningf("%s: %q is a link that leads out of %s, to %q: it is left as it is; put the file itself there", d.Title, d.Path, rootOf(d.File), d.Real())
		default:
			list = append(list, d)
			continue
		}
		closed++
	}
	return list, closed
}

// rootOf is the folder in which a configuration may lie.
func rootOf(f client.File) string {
	if folder := f.Folder(); f.Scope == client.Project && folder != "" {
		return folder
	}
	home, _ := os.UserHomeDir()
	return home
}

// inPlace reports whether a file lies where it should, links followed: below the home or the project's folder. A file that is no link lies
// where a variable of its client says.
func inPlace(f client.File) bool {
	if info, err := os.Lstat(f.Path); err == nil && info.Mode()&os.ModeSymlink == 0 && f.Scope == client.User {
		return true
	}
	root, err := filepath.EvalSymlinks(rootOf(f))
	return err == nil && below(f.Real(), root)
}
