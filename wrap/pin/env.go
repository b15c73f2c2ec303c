package pin

import (
	"slices"
	"strings"
	"unicode"

	"sallyport/rules/scan"
)

// secretWords in the name of a variable say that its value is a secret, plainWords at its end that it is not.
var (
	secretWords = []string{
		"TOKEN", "KEY", "KEYS", "APIKEY", "SECRET", "SECRETS", "PASS", "PASSWORD", "PASSWD", "PASSPHRASE", "PWD", "CREDENTIAL", "CREDENTIALS", "AUTH",
		"AUTHORIZATION", "COOKIE", "COOKIES", "PRIVATE", "SESSION", "DSN", "CONNECTION", "BEARER", "JWT", "PAT", "WEBHOOK", "PIN", "SALT", "SIGNATURE",
	}
	plainWords = []string{"URL", "URI", "HOST", "PORT", "ENDPOINT", "DOMAIN", "MODE", "DIR", "TYPE", "METHOD", "FILE", "CERTS", "ISSUER", "TIMEOUT"}
)

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
	if _, address, found := strings.Cut(value, "://"); found && strings.ContainsAny(address, "@?") {
		return true // a password, or a token, in an address
	}
	if len(scan.Secrets(value)) > 0 {
		return true
	}
	words := strings.FieldsFunc(strings.ToUpper(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	if len(words) == 0 || slices.Contains(plainWords, words[len(words)-1]) {
		return false
	}
	return slices.ContainsFunc(words, func(w string) bool {
		for _, end := range []string{"TOKEN", "APIKEY", "SECRET", "PASSWORD"} {
			if strings.HasSuffix(w, end) {
				return true
			}
		}
		return slices.Contains(secretWords, w)
	})
}
