package origin

import "context"

// Look is what can be told of a command line without installing, starting or asking anything: of a package only what was asked for. It
// is for a launch that nobody accepted; Resolve, once somebody wants it, does the rest.
func (s *Store) Look(l Launch) Origin {
	p, err := parse(l)
	if err != nil {
		return Origin{Kind: Unresolved, Why: err.Error()}
	}
	switch p.kind {
	case Program:
		if r, err := s.resolveProgram(p); err == nil {
			return r.Origin
		}
	case Script:
		// The time is over before it begins: an interpreter is not asked for its version.
		over, cancel := context.WithCancel(context.Background())
		cancel()
		if r, err := s.resolveScript(over, p); err == nil {
			return r.Origin
		}
	}
	if p.kind == Package {
		p.name = "" // many may be asked for
	}
	return Origin{Kind: p.kind, Package: p.name, Spec: p.spec, Why: p.why}
}
