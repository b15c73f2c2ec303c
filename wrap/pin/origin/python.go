package origin

import (
	"regexp"
	"strings"
)

// python reads the command lines that run a Python package. Nothing of it is verified; name and version are for reports.
func (p *plan) python(name string) {
	words := p.args[1:]
	verb := map[string][]string{"uv": {"tool", "run"}, "pipx": {"run"}, "uvx": {}}[name]
	for _, v := range verb {
		if len(words) == 0 || words[0] != v {
			p.refuse("%s runs what its folder and environment say, and nothing of it is verified", name)
			return
		}
		words = words[1:]
	}
	p.spec = pythonSpec(words)
	m := requirement.FindStringSubmatch(p.spec)
	if m == nil {
		p.spec = ""
		p.refuse("the files of Python packages are not verified, and %s names none that is understood", name)
		return
	}
	p.name = m[1]
	if v := m[3]; m[2] == "==" || m[2] == "@" && pythonVersion.MatchString(v) {
		p.version = v
	}
	if p.version == "" {
		p.refuse("the files of Python packages are not verified, and %q names no exact version: each start may run another one", p.spec)
		return
	}
	p.refuse("the files of Python packages are not verified, and its dependencies float")
}

var (
	requirement   = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[A-Za-z0-9,._-]*\])?(?:(==|@|[<>~!]=?)(.+))?$`)
	pythonVersion = regexp.MustCompile(`^\d+(\.\d+)*([a-z.+-]+\d+)*$`)
)

// pythonSpec is the requirement that the first word, --from or --spec names, "" where a flag is not understood.
func pythonSpec(words []string) string {
	var from string
	for i := 0; i < len(words); i++ {
		flag, value, valued := strings.Cut(words[i], "=")
		switch flag {
		case "--from", "--spec", "--python", "-p", "--with", "--index", "--index-url", "-i", "--default-index", "--extra-index-url", "--pip-args", "--prerelease", "--cache-dir", "--directory":
			if !valued {
				if i++; i >= len(words) {
					return ""
				}
				value = words[i]
			}
			if flag == "--from" || flag == "--spec" {
				from = value
			}
		case "-q", "--quiet", "-v", "--verbose", "--refresh", "--isolated", "--no-cache", "-n", "--offline", "--no-progress", "--", "--native-tls", "--no-config":
		default:
			switch {
			case strings.HasPrefix(words[i], "-"):
				return ""
			case from != "":
				return from
			}
			return words[i]
		}
	}
	return ""
}
