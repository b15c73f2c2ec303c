package pin

import (
	"strings"

	"sallyport/rules/scan"
)

// secretWords in the name of a variable say that its value is a secret.
var secretWords = []string{
	"TOKEN", "KEY", "SECRET", "PASS", "PWD", "CREDENTIAL", "AUTH", "COOKIE", "PRIVATE", "SESSION", "DSN", "CONNECTION", "BEARER", "JWT", "_PAT",
	"DATABASE_URL", "_URI", "WEBHOOK", "PIN", "CERT", "SALT", "SIGNATURE",
}

// EnvOf is what a launch keeps of the variables that the client's entry sets. A value that looks like a secret, by its variable's name or
// its own form, is not kept in any way: it changes, and a digest of a short one could be tried out.
func EnvOf(key []byte, names []string, value func(string) (string, bool)) map[string]string {
	if len(names) == 0 {
		return nil
	}
	env := make(map[string]string, len(names))
	for _, name := range names {
		v, set := value(name)
		if !set || secret(name, v) {
			env[name] = ""
			continue
		}
		env[name] = EnvDigest(key, name, v)
	}
	return env
}

func secret(name, value string) bool {
	upper := strings.ToUpper(name)
	for _, w := range secretWords {
		if strings.Contains(upper, w) {
			return true
		}
	}
	if _, address, found := strings.Cut(value, "://"); found && strings.Contains(address, "@") {
		return true
	}
	return len(scan.Secrets(value)) > 0
}
