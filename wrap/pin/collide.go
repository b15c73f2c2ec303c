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
// taken to share all. A server that runs the same package or program as the other one is no stranger to it.
func Collisions(p *Pin, others []*Pin) []Collision {
	mine := map[string][]string{}
	for _, key := range p.Keys(Tools) {
		looks := scan.Skeleton(key.Name)
		mine[looks] = append(mine[looks], key.Name)
	}
	var out []Collision
	for _, other := range others {
		if other.Server == p.Server || !shareClient(p, other) || sameProgram(p, other) {
			continue
		}
		for _, key := range other.Keys(Tools) {
			for _, name := range mine[scan.Skeleton(key.Name)] {
				out = append(out, Collision{name, other.Server, key.Name, name == key.Name})
			}
		}
	}
	slices.SortFunc(out, func(a, b Collision) int {
		return slices.Compare([]string{a.Name, a.Server, a.Other}, []string{b.Name, b.Server, b.Other})
	})
	return out
}

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
