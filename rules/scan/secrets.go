package scan

import "strings"

// Secrets finds credentials in a text, in order and without overlap; see Kinds for
// what it knows. Where one lies in another, as a token in the value of a key, both
// are one match. It works in time linear in the length of the text, on hostile text
// too, and allocates nothing where it finds nothing. Tokens longer than 4 KiB are
// none to it, JSON web tokens may have 64 KiB; of a private key without an end the
// whole body counts.
//
// It reads text as it stands. What is encoded once more (base64, hex, pieces that are
// joined later), or torn by characters that do not show, full-width letters or line
// breaks, hides from it. A word out of a dictionary is found as a password only where
// the name before it leaves no doubt. It may be called concurrently.
func Secrets(text string) []Match {
	return settled(text, secrets)
}

func secrets(text string) []Match {
	s := scanner{text: text}
	s.scan(anchors())
	return disjoint(s.found)
}

// scanner goes through one text. What the checks have gone through is kept, so that
// many near misses do not each cost a pass.
type scanner struct {
	text  string
	skip  int // what begins before it lies in a match
	found []Match

	runs [classCount]span
	next [lookCount]span // where from nothing was found, and where the next is
	cut  span            // the same for the end of an unquoted value
}

// scan looks at every three bytes, six at a time.
func (s *scanner) scan(t *anchorTable) {
	text, i := s.text, 0
	for i+8 <= len(text) {
		b := text[i : i+8]
		w := uint64(b[0]) | uint64(b[1])<<8 | uint64(b[2])<<16 | uint64(b[3])<<24 |
			uint64(b[4])<<32 | uint64(b[5])<<40 | uint64(b[6])<<48 | uint64(b[7])<<56
		n0, n1 := t.slot[gramHash(uint32(w))], t.slot[gramHash(uint32(w>>8))]
		n2, n3 := t.slot[gramHash(uint32(w>>16))], t.slot[gramHash(uint32(w>>24))]
		n4, n5 := t.slot[gramHash(uint32(w>>32))], t.slot[gramHash(uint32(w>>40))]
		if n0|n1|n2|n3|n4|n5 != 0 {
			for k, n := range [...]uint8{n0, n1, n2, n3, n4, n5} {
				if n != 0 {
					s.near(t.chains[n], i+k)
				}
			}
		}
		i += 6
		if s.skip > i {
			i = s.skip
		}
	}
	for ; i+3 <= len(text); i++ {
		if n := t.slot[gramHash(uint32(text[i])|uint32(text[i+1])<<8|uint32(text[i+2])<<16)]; n != 0 {
			s.near(t.chains[n], i)
		}
	}
}

// near looks closer at anchors one of which may have its three bytes at i.
func (s *scanner) near(chain []anchor, i int) {
	for k := range chain {
		a := &chain[k]
		if at := i - a.key; at >= s.skip && a.at(s.text, at) {
			s.check(a, at)
		}
	}
}

func (s *scanner) check(a *anchor, at int) {
	end := at + len(a.text)
	switch a.by {
	case checkShape:
		s.shape(&shapes[a.arg], at)
	case checkWord:
		s.assignment(at, end, a.arg)
	case checkURL:
		s.url(at, end)
	case checkBearer:
		s.bearer(at, end)
	case checkHeader:
		s.header(end)
	case checkWebhook:
		s.webhook(end, a.text)
	case checkPEM:
		s.pem(at, end)
	case checkPuTTY:
		s.putty(end)
	case checkJWT:
		s.jwt(at)
	case checkTelegram:
		s.telegram(at, end)
	case checkPgpass:
		s.pgpass(at, end)
	case checkAzure:
		s.azure(at, end)
	case checkSignature:
		s.signature(at, end)
	case checkTerraform:
		s.terraform(at, end)
	}
}

// certain adds a match that nothing else needs to be looked for in.
func (s *scanner) certain(kind string, start, end int) {
	s.found = append(s.found, Match{kind, start, end})
	s.skip = max(s.skip, end)
}

// likely adds a match in which a token may yet be found that says more.
func (s *scanner) likely(kind string, start, end int) {
	s.found = append(s.found, Match{kind, start, end})
}

// look is a literal that ends something.
type look uint8

const (
	lookEnd look = iota // of a PEM block
	lookAt              // of a password in a URL
	lookCount
)

var looks = [lookCount]string{lookEnd: "-----END", lookAt: "@"}

// nextOf gives where the literal stands next, at from or behind, or -1. All calls
// together cost one pass over the text.
func (s *scanner) nextOf(l look, from int) int {
	known := &s.next[l]
	if from < known.from || from > known.to || known.to == 0 {
		at := strings.Index(s.text[from:], looks[l])
		if at < 0 {
			at = len(s.text)
		} else {
			at += from
		}
		*known = span{from, at}
	}
	if known.to >= len(s.text) {
		return -1
	}
	return known.to
}
