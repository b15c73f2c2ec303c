package dialog

import (
	"html"
	"strings"
)

// wide is what a dialog of zenity or kdialog has room for on a small screen.
var wide = room{lines: 30, columns: 80, chars: 2000}

// Exit statuses that zenity is told to use, so that no fault and no other program says them by chance.
const (
	zenityOnce  = 91
	zenityDeny  = 92
	zenityClose = 93 // the window was closed; zenity 3 says so of the third button too
	zenityThird = 94 // the third button, in zenity 4
)

// zenityEnv is understood by zenity 3 and 4.
var zenityEnv = []string{"ZENITY_OK=91", "ZENITY_CANCEL=92", "ZENITY_ESC=93", "ZENITY_EXTRA=94", "ZENITY_TIMEOUT=95", "ZENITY_ERROR=96"}

// zenity shows a text as it is: without markup, it does not read backslashes either.
func zenity(text string, b buttons) command {
	args := []string{"--no-markup", "--no-wrap", "--text=" + text}
	if b == tells {
		args = append([]string{"--info", "--title=" + titleTells, "--ok-label=" + labelClose}, args...)
	} else {
		args = append([]string{"--question", "--default-cancel", "--title=" + title, "--ok-label=" + labelOnce, "--cancel-label=" + labelDeny}, args...)
	}
	if b == asksSession {
		args = append(args, "--extra-button="+labelSession)
	}
	return command{args, zenityEnv, zenityVerdict}
}

func zenityVerdict(status int, out string) (Verdict, bool) {
	switch {
	case status == zenityOnce && out == "":
		return Once, true
	case status == zenityDeny && out == "":
		return Deny, true
	case (status == zenityClose || status == zenityThird) && out == labelSession:
		return Session, true
	case status == zenityClose && out == "":
		return None, true
	}
	return None, false
}

// The words that kdialog prints for what was chosen.
const (
	wordDeny    = "sallyport-deny"
	wordOnce    = "sallyport-once"
	wordSession = "sallyport-session"
)

// kdialog shows a list to choose from. Its boxes of buttons cannot preselect one, and say by the statuses of faults what was pressed.
func kdialog(text string, b buttons) command {
	if b == tells {
		return command{[]string{"--title=" + titleTells, "--msgbox=" + rich(text)}, nil, kdialogVerdict}
	}
	args := []string{"--title=" + title, "--menu=" + rich(text), "--default=" + labelDeny, wordDeny, labelDeny, wordOnce, labelOnce}
	if b == asksSession {
		args = append(args, wordSession, labelSession)
	}
	return command{args, nil, kdialogVerdict}
}

func kdialogVerdict(status int, out string) (Verdict, bool) {
	switch {
	case status == 0 && out == wordOnce:
		return Once, true
	case status == 0 && out == wordSession:
		return Session, true
	case status == 0 && out == wordDeny:
		return Deny, true
	case out == "" && (status == 0 || status == 1):
		return None, true // closed
	}
	return None, false
}

// rich writes a text as what Qt reads as rich text without doubt, since otherwise it guesses. kdialog reads backslashes before that.
func rich(text string) string {
	return `<qt><div align="left" style="white-space: pre">` + strings.ReplaceAll(strings.ReplaceAll(html.EscapeString(text), `\`, `\\`), "\n", "<br/>") + `</div></qt>`
}

// notifySend shows a body as markup, and reads backslashes in it.
func notifySend(title, text string) []string {
	return []string{"--app-name=sallyport", "--", title, html.EscapeString(strings.ReplaceAll(text, `\`, `\\`))}
}
