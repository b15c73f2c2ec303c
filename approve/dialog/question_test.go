package dialog

import "sallyport/approve"

// hostile holds what some program reads as markup, an escape, an option, a script or a control.
const hostile = "<b>bold</b> &lt;i&gt; --ok-label=x $(id) `id` \"double\" 'single' %s _m \\n \\074b\\076 \x1b]0;x\x07 \u202egnp \u200b<span size='9'>x</span>\n--text=y"

// write is a question that a dialog may offer to allow, and its card.
func write(text string) (approve.Question, approve.Card) {
	q := approve.Question{
		ID: "s.q1", Server: "files", Kind: approve.KindCall, Tool: "write_file", Class: "write", Summary: text,
		Rules:  []approve.Cause{{Rule: "ask-writes", At: "rules.yaml:12", Because: "it writes"}},
		Scopes: []approve.Scope{{Words: "calls of write_file below /home/u/x", Text: "..."}},
	}
	return q, approve.Card{ID: "s.q1", Digest: "h1:x", Blocks: []approve.Block{
		{Title: "arguments", Kind: approve.BlockText, Lines: []approve.Line{{Name: "path", Text: text}}},
	}}
}
