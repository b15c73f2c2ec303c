package scan

import "sync"

// anchor is a literal that stands in every credential of a sort, or beside it.
type anchor struct {
	text string // lower case where fold is set
	fold bool
	key  int   // which three bytes of it are looked for; the rarest in ordinary text
	by   check // what looks closer
	arg  int   // the index of a shape, or the strictness of a word
}

type check uint8

const (
	checkShape check = iota
	checkWord
	checkURL
	checkBearer
	checkHeader
	checkWebhook
	checkPEM
	checkPuTTY
	checkJWT
	checkTelegram
	checkPgpass
	checkAzure
	checkSignature
	checkTerraform
)

// What a word in the name of a key says about its value.
const (
	wordPassword = iota // chosen by people: short ones count
	wordToken           // made by machines
	wordKey             // a token, if a word before it says which sort of key
	wordAuth            // a token, if it is the last word of a name
)

var literals = []anchor{
	{text: "password", fold: true, key: 2, by: checkWord, arg: wordPassword},
	{text: "passwort", fold: true, key: 2, by: checkWord, arg: wordPassword},
	{text: "passwd", fold: true, key: 2, by: checkWord, arg: wordPassword},
	{text: "passphrase", fold: true, key: 2, by: checkWord, arg: wordPassword},
	{text: "passcode", fold: true, key: 2, by: checkWord, arg: wordPassword},
	{text: "mnemonic", fold: true, key: 0, by: checkWord, arg: wordPassword},
	{text: "seed_phrase", fold: true, key: 3, by: checkWord, arg: wordPassword},
	{text: "pwd", fold: true, by: checkWord, arg: wordPassword},
	{text: "_pass", fold: true, by: checkWord, arg: wordPassword},
	{text: "\"pass\"", fold: true, key: 3, by: checkWord, arg: wordPassword},
	{text: "secret", fold: true, key: 1, by: checkWord, arg: wordToken},
	{text: "token", fold: true, key: 1, by: checkWord, arg: wordToken},
	{text: "credential", fold: true, key: 2, by: checkWord, arg: wordToken},
	{text: "key", fold: true, by: checkWord, arg: wordKey},
	{text: "_auth", fold: true, by: checkWord, arg: wordAuth},
	{text: "\"auth\"", fold: true, key: 3, by: checkWord, arg: wordAuth},

	{text: "://", by: checkURL},
	{text: "bearer", fold: true, by: checkBearer},
	{text: "authorization", fold: true, key: 9, by: checkHeader},
	{text: "hooks.slack.com/", fold: true, key: 2, by: checkWebhook},
	{text: "/api/webhooks/", fold: true, key: 8, by: checkWebhook},
	{text: "/webhookb2/", fold: true, key: 7, by: checkWebhook},
	{text: "-----BEGIN", key: 4, by: checkPEM},
	{text: "private-lines:", fold: true, key: 10, by: checkPuTTY},
	{text: "eyJ", by: checkJWT},
	{text: ":AA", by: checkTelegram},
	{text: ":5432:", by: checkPgpass},
	{text: ":*:", by: checkPgpass},
	{text: "Q~", by: checkAzure},
	{text: "sig=", fold: true, key: 1, by: checkSignature},
	{text: "amz-signature=", fold: true, by: checkSignature},
	{text: ".atlasv1.", key: 4, by: checkTerraform},
}

const gramBits = 14

// anchorTable finds anchors by three bytes: slot gives a chain of anchors for their
// hash, 0 for none. Its first level fits the fastest cache.
type anchorTable struct {
	slot   [1 << gramBits]uint8
	chains [][]anchor
}

// anchors is built when it is needed first.
var anchors = sync.OnceValue(func() *anchorTable {
	t := &anchorTable{chains: make([][]anchor, 1)}
	for _, a := range literals {
		if len(a.text) >= 3 {
			t.add(a, a.text[a.key:a.key+3])
			continue
		}
		for _, next := range []byte("0123456789abcdefghijklmnopqrstuvwxyz_-.") {
			t.add(a, a.text+string(next))
		}
	}
	for i, s := range shapes {
		a := anchor{text: s.prefix, by: checkShape, arg: i}
		if len(s.prefix) >= 3 {
			a.key = shapeKey(s.prefix)
			t.add(a, s.prefix[a.key:a.key+3])
			continue
		}
		for _, next := range []byte("0123456789abcdef") {
			t.add(a, s.prefix+string(next))
		}
	}
	return t
})

// shapeKey prefers three bytes with a sign or digit among them.
func shapeKey(prefix string) int {
	best, bestScore := 0, -1
	for i := 0; i+3 <= len(prefix); i++ {
		score := 0
		for j := range 3 {
			if !isLetter(prefix[i+j]) {
				score++
			}
		}
		if score > bestScore && score < 3 {
			best, bestScore = i, score
		}
	}
	return best
}

func (t *anchorTable) add(a anchor, gram string) {
	h := gramHash(uint32(gram[0]) | uint32(gram[1])<<8 | uint32(gram[2])<<16)
	if t.slot[h] == 0 {
		t.slot[h] = uint8(len(t.chains))
		t.chains = append(t.chains, nil)
	}
	n := t.slot[h]
	t.chains[n] = append(t.chains[n], a)
}

// gramHash folds the case of three bytes, in the low bits, and hashes them.
func gramHash(w uint32) uint32 {
	return (w<<8 | 0x20202000) * 0x9e3779b1 >> (32 - gramBits)
}

// at tells whether the anchor stands at i.
func (a *anchor) at(t string, i int) bool {
	if i < 0 || len(t)-i < len(a.text) {
		return false
	}
	if a.fold {
		return foldAt(t, i, a.text)
	}
	return t[i:i+len(a.text)] == a.text
}
