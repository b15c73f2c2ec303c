package rules

import "slices"

// Touched tells which paths and hosts the arguments of a call name, as the functions paths and hosts see them: for people who want to
// know what a server got to do. What cannot be told is left out. args is raw JSON that a strict reader has accepted.
func (v *View) Touched(facts Facts, args []byte) (paths, hosts []string) {
	defer func() { recover() }() // arguments that no rule could judge; nothing depends on this
	j := v.NewJudge(facts)
	j.frame.reset(&World{On: Call, Args: args}, Unknown)
	defer j.frame.release()
	if p, err := j.frame.pathsOfArgs(); err == nil {
		paths, _ = p.([]string)
	}
	if h, err := j.frame.list(hostList, j.frame.Args); err == nil {
		hosts, _ = h.([]string)
	}
	return slices.Clone(paths), hosts
}
