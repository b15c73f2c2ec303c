package child

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

func hasSeparator(command string) bool { return strings.ContainsAny(command, `/\:`) }

// complete adds the first extension of PATHEXT under which the file exists, where the name has none of these.
func complete(path string, env []string) (string, error) {
	list := lookup(env, "PATHEXT")
	if list == "" {
		list = ".COM;.EXE;.BAT;.CMD"
	}
	extensions := strings.Split(strings.ToLower(list), ";")
	for _, e := range extensions {
		if e != "" && strings.EqualFold(filepath.Ext(path), e) {
			return path, nil
		}
	}
	for _, e := range extensions {
		if e != "" && exists(path+e) {
			return path + e, nil
		}
	}
	return path, nil
}

func exists(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

// mayExecute: Windows decides by the extension.
func mayExecute(path string) bool {
	switch strings.ToLower(filepath.Ext(path)) {
	case ".exe", ".com", ".bat", ".cmd":
		return true
	}
	return false
}

func loginShellPath() (string, error) {
	return "", errors.New("Windows has no login shell to ask for another PATH")
}
