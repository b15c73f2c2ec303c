package child

import "strings"

const leadingEquals = 1

// foldName makes names equal that the system takes as one.
func foldName(name string) string { return strings.ToUpper(name) }

// baseOfSystem is what programs on Windows do not run without: sockets need SYSTEMROOT, shells COMSPEC and PATHEXT.
var baseOfSystem = []string{
	"ALLUSERSPROFILE", "APPDATA", "COMMONPROGRAMFILES", "COMMONPROGRAMFILES(X86)", "COMMONPROGRAMW6432", "COMPUTERNAME",
	"COMSPEC", "DRIVERDATA", "HOMEDRIVE", "HOMEPATH", "LOCALAPPDATA", "NUMBER_OF_PROCESSORS", "OS", "PATHEXT",
	"PROCESSOR_ARCHITECTURE", "PROCESSOR_ARCHITEW6432", "PROCESSOR_IDENTIFIER", "PROCESSOR_LEVEL", "PROCESSOR_REVISION",
	"PROGRAMDATA", "PROGRAMFILES", "PROGRAMFILES(X86)", "PROGRAMW6432", "PUBLIC", "SESSIONNAME", "SYSTEMDRIVE",
	"SYSTEMROOT", "USERDOMAIN", "USERNAME", "USERPROFILE", "WINDIR",
}
