package dialog

import (
	"encoding/base64"
	"encoding/binary"
	"unicode/utf16"
)

// The script that PowerShell gets never changes; texts reach it as variables. A message box has the buttons Yes, No and Cancel, of which
// the second is preselected; the status is 40 and the number of what was pressed, so that no fault says it. PowerShell may take seconds
// to come up, so it asks again itself where nobody can have read the box.
const windowsScript = `$ErrorActionPreference = 'Stop'
Add-Type -AssemblyName System.Windows.Forms
$owner = New-Object System.Windows.Forms.Form -Property @{ TopMost = $true }
$buttons = [System.Windows.Forms.MessageBoxButtons]$env:SALLYPORT_BUTTONS
$preselected = [System.Windows.Forms.MessageBoxDefaultButton]$env:SALLYPORT_DEFAULT
$icon = [System.Windows.Forms.MessageBoxIcon]::Warning
do {
	$shown = [System.Diagnostics.Stopwatch]::StartNew()
	$pressed = [System.Windows.Forms.MessageBox]::Show($owner, $env:SALLYPORT_TEXT, $env:SALLYPORT_TITLE, $buttons, $icon, $preselected)
} while ($shown.ElapsedMilliseconds -lt 400)
exit (40 + [int]$pressed)
`

// What a message box returns, and 40.
const (
	windowsOK     = 41
	windowsCancel = 42
	windowsYes    = 46
	windowsNo     = 47
)

// windowsDialog shows a message box. It is not for asksSession: there is no third button but the one that closes it.
func windowsDialog(text string, b buttons) command {
	args := []string{"-NoLogo", "-NoProfile", "-NonInteractive", "-STA", "-OutputFormat", "Text", "-EncodedCommand", encoded(windowsScript)}
	if b == tells {
		return command{args, windowsEnv(titleTells, text, "OK", "Button1"), windowsVerdict}
	}
	text += "\n\nYes: " + labelOnce + "    No: " + labelDeny + "    Cancel: leave it open"
	return command{args, windowsEnv(title, text, "YesNoCancel", "Button2"), windowsVerdict}
}

func windowsEnv(title, text, buttons, preselected string) []string {
	return []string{"SALLYPORT_TITLE=" + title, "SALLYPORT_TEXT=" + text, "SALLYPORT_BUTTONS=" + buttons, "SALLYPORT_DEFAULT=" + preselected}
}

func windowsVerdict(status int, _ string) (Verdict, bool) {
	switch status {
	case windowsYes:
		return Once, true
	case windowsNo:
		return Deny, true
	case windowsCancel, windowsOK:
		return None, true
	}
	return None, false
}

// encoded writes a script as PowerShell takes it without reading quotes: base64 of UTF-16.
func encoded(script string) string {
	var b []byte
	for _, u := range utf16.Encode([]rune(script)) {
		b = binary.LittleEndian.AppendUint16(b, u)
	}
	return base64.StdEncoding.EncodeToString(b)
}
