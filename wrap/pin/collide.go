package pin

import (
	"slices"

	"sallyport/rules/scan"
)

// A Collision is a tool whose name is, or looks like, that of another server's tool: a client that does not tell servers apart, or a
// human or model that reads the names, may take one for the other.
type Collision struct {
	Name, Server, Other string // the tool, and the other server with its tool
	Same                bool   // the names are equal, byte for byte
}

// Collisions finds the tools of p that have a name of one of the others that are used by the same client. Pins that name no client are
// taken to share all. A server that runs the same package or program as the other one is no stranger to it: what is the same, to the
// byte, in both is no collision. Of several, the first is given.
func Collisions(p *Pin, others []*Pin) []Collision {
	var out []Collision
	done := map[string]bool{}
	for _, other := range others {
		if other.Server == p.Server || !shareClient(p, other) {
			continue
		}
		theirs, related := map[string]Key{}, sameProgram(p, other)
		for _, key := range other.Keys(Tools) {
			theirs[scan.Skeleton(cut(key.Name))] = key
		}
		for _, key := range p.Keys(Tools) {
			twin, found := theirs[scan.Skeleton(cut(key.Name))]
			if _, same := other.Items[key]; same {
				twin = key
			}
			if !found || done[key.Name] || related && p.Items[key].Hash == other.Items[twin].Hash {
				continue
			}
			done[key.Name] = true
			out = append(out, Collision{key.Name, other.Server, twin.Name, key.Name == twin.Name})
		}
	}
	slices.SortFunc(out, func(a, b Collision) int {
		return slices.Compare([]string{a.Name, a.Server, a.Other}, []string{b.Name, b.Server, b.Other})
	})
	return out
}

// cut bounds what is compared of a name.
func cut(name string) string { return name[:min(len(name), 1000)] }

func shareClient(a, b *Pin) bool {
	if len(a.Clients) == 0 || len(b.Clients) == 0 {
		return true
	}
	return slices.ContainsFunc(a.Clients, func(c string) bool { return slices.Contains(b.Clients, c) })
}

// sameProgram reports whether every launch of p runs what some launch of other runs.
func sameProgram(p, other *Pin) bool {
	for _, l := range p.Launches {
		if !slices.ContainsFunc(other.Launches, func(o Launch) bool {
			return l.Origin.Package != "" && l.Origin.Package == o.Origin.Package && l.Origin.Tree == o.Origin.Tree && l.Origin.Tree != "" ||
				l.Origin.Digest != "" && l.Origin.Digest == o.Origin.Digest
		}) {
			return false
		}
	}
	return len(p.Launches) > 0
}
