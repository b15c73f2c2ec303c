package rules

import "strings"

// qualified gives the name of a rule as decisions show it.
func (s *source) qualified(name string) string {
	switch {
	case s.pack != "":
		return s.pack + "/" + name
	case s.trust == Folder:
		return "folder/" + name
	case s.trust == Answers:
		return "grant/" + name
	}
	return name
}

// goodName tells whether a rule may be called so: a name with a slash would pass
// for one of a pack.
func goodName(name string) bool {
	return name != "" && len(name) <= 100 && strings.Trim(name,
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == "" && name[0] != '.' && name[0] != '-'
}
