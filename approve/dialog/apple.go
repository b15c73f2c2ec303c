package dialog

// What osascript gets. The scripts never change; texts reach them as arguments, which begin with words of ours and so are no options.
const (
	appleAsks = `on run argv
	if (count of argv) is not 3 then error "three arguments"
	if item 3 of argv is "session" then
		set theButtons to {"Allow for this session", "Allow once", "Deny"}
	else
		set theButtons to {"Allow once", "Deny"}
	end if
	try
		set theReply to display dialog (item 2 of argv) with title (item 1 of argv) buttons theButtons default button "Deny" cancel button "Deny" with icon caution giving up after 3600
	on error number -128
		return "sallyport-deny"
	end try
	if gave up of theReply then return "sallyport-none"
	if button returned of theReply is "Allow once" then return "sallyport-once"
	if button returned of theReply is "Allow for this session" then return "sallyport-session"
	return "sallyport-deny"
end run`
	appleTells = `on run argv
	if (count of argv) is not 2 then error "two arguments"
	display dialog (item 2 of argv) with title (item 1 of argv) buttons {"Close"} default button "Close" giving up after 3600
	return "sallyport-none"
end run`
	appleNotes = `on run argv
	if (count of argv) is not 2 then error "two arguments"
	display notification (item 2 of argv) with title (item 1 of argv)
end run`
)

func appleDialog(text string, b buttons) command {
	switch b {
	case asksSession:
		return command{[]string{"-e", appleAsks, title, text, "session"}, nil, appleVerdict}
	case asksOnce:
		return command{[]string{"-e", appleAsks, title, text, "once"}, nil, appleVerdict}
	}
	return command{[]string{"-e", appleTells, titleTells, text}, nil, appleVerdict}
}

func appleVerdict(status int, out string) (Verdict, bool) {
	if status != 0 {
		return None, false
	}
	switch out {
	case "sallyport-once":
		return Once, true
	case "sallyport-session":
		return Session, true
	case "sallyport-deny":
		return Deny, true
	case "sallyport-none":
		return None, true
	}
	return None, false
}

// appleNote relies on a title that begins with a word of ours: it and what follows it are no options.
func appleNote(title, text string) []string { return []string{"-e", appleNotes, title, text} }
