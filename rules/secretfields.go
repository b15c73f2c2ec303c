package rules

import (
	"errors"
	"regexp"
	"sync"
)

// secretName matches the joined words of a field name or a title, secretPhrase the
// sentences around it, where words such as "token" are too common to mean anything.
var (
	secretName = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)(^|[^a-z])(pass(word|wd|phrase|code|key)?s?|pwd|secrets?|credentials?|creds|` +
			`(api|access|private|secret|ssh|signing|encryption|license|service|account|auth|session|client|master|recovery|backup) ?(keys?|secrets?|tokens?|codes?)|` +
			`apikey|(bearer|oauth|refresh|id|csrf|jwt|pat)? ?tokens?|jwt|otp|totp|mfa|2fa|one ?time ?(code|password|pin)|verification ?code|` +
			`pin( ?(code|number))?|ssn|social ?security( ?number)?|passport( ?number)?|(card|credit ?card|account|iban|routing)( ?(number|no))|cvv2?|cvc2?|csc|iban|` +
			`seed ?phrase|mnemonic|private ?key|recovery ?phrase|cookies?|(expiry|expiration) ?date)([^a-z]|$)`)
	})
	secretPhrase = sync.OnceValue(func() *regexp.Regexp {
		return regexp.MustCompile(`(?i)\b(pass ?words?|pass ?phrases?|api[ _-]?keys?|secret[ _-]?keys?|private[ _-]?keys?|` +
			`access[ _-]?(tokens?|keys?)|auth(entication|orization)?[ _-]tokens?|bearer tokens?|oauth tokens?|personal access tokens?|` +
			`client[ _-]?secrets?|credentials?|one[ -]?time (codes?|passwords?|pins?)|(2fa|mfa|otp|totp|verification|authenticat(or|ion)|security) codes?|` +
			`seed phrases?|recovery (phrases?|codes?|keys?)|mnemonic phrases?|(social security|credit card|debit card|card|bank account) numbers?|` +
			`cvv|cvc|ssn|session cookies?|ssh keys?|your pin\b|pin (code|number)s?)`)
	})
)

// secretFields finds what asks for a secret in the params of an elicitation, or in
// a schema.
func secretFields(v any) (any, error) {
	o, ok := v.(*object)
	if !ok {
		return nil, errors.New("secretFields needs args or an object of it")
	}
	var out []string
	if m := o.get("message"); m != nil && m[0] == '"' && secretPhrase().MatchString(unquote(m)) {
		out = append(out, "message")
	}
	schema := o.get("requestedSchema")
	if schema == nil {
		schema = o.raw
	}
	return schemaFields(out, schema, 0)
}

// schemaFields goes into nested schemas too, although the protocol knows flat forms
// only: a client may be more liberal.
func schemaFields(out []string, schema []byte, depth int) ([]string, error) {
	if depth > 16 || len(out) > maxList {
		return nil, errors.New("a form is nested too deep or too large")
	}
	if schema[0] != '{' {
		return out, nil
	}
	props := (&object{raw: schema}).get("properties")
	if props == nil || props[0] != '{' {
		return out, nil
	}
	for it := newIter(props); ; {
		key, val, ok := it.member()
		if !ok {
			return out, nil
		}
		if asksForSecret(key, val) {
			out = append(out, string(key))
		}
		var err error
		if out, err = schemaFields(out, val, depth+1); err != nil {
			return nil, err
		}
	}
}

func asksForSecret(key, schema []byte) bool {
	if secretName().MatchString(spaced(key)) {
		return true
	}
	if schema[0] != '{' {
		return false
	}
	field := &object{raw: schema}
	str := func(name string) string {
		if raw := field.get(name); raw != nil && raw[0] == '"' {
			return unquote(raw)
		}
		return ""
	}
	return secretName().MatchString(spaced([]byte(str("title")))) || secretPhrase().MatchString(str("title")) ||
		secretPhrase().MatchString(str("description")) || str("format") == "password"
}

// spaced gives the words of a name with single blanks between.
func spaced(name []byte) string {
	var out []byte
	for rest := name; len(rest) > 0; {
		n := min(len(rest), 64)
		eachWord(rest[:n], func(w []byte) {
			if len(out) > 0 {
				out = append(out, ' ')
			}
			out = append(out, w...)
		})
		rest = rest[n:]
	}
	return string(out)
}
