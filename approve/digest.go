package approve

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
)

// Digest is over all that a person sees of a question and its card, less what passes by itself: ids, times, and counts. Who answers
// computes it of what they showed, and the session of what there is: whatever stands between them can hide a question, and not another
// call behind it. It is "h1:" and the hexadecimal SHA-256 of a JSON object, as encoding/json writes it.
func (q Question) Digest(c Card) string {
	b, err := json.Marshal(struct {
		Server, Client, Kind, Method, Tool, Class, Summary, Word string

		Rules  []Cause `json:",omitempty"`
		Scopes []Scope `json:",omitempty"`
		Blocks []Block `json:",omitempty"`
		Items  []Item  `json:",omitempty"`
	}{q.Server, q.Client, q.Kind, q.Method, q.Tool, q.Class, q.Summary, q.Word, q.Rules, q.Scopes, c.Blocks, c.Items})
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(b)
	return "h1:" + hex.EncodeToString(sum[:])
}
