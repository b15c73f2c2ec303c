package main

import (
	"fmt"
	"slices"
	"strings"

	"sallyport/rules/scan"
)

// print shows what was found, file by file.
func (s *scanning) print(p *page) {
	last, servers, wrapped := "\x00", 0, 0
	count := map[string]int{}
	for _, x := range s.list {
		if key := x.Title + x.Path; key != last {
			last = key
			p.printf("%s: %s\n", scan.VisibleLine(x.Title, 60), pathText(x.Path))
		}
		if x.Server != "" {
			servers++
			if x.Wrapped {
				wrapped++
			}
			p.printf("  %s\n", s.line(p, x))
		}
		for _, f := range x.Findings {
			count[f.Severity]++
			style := map[string]style{"low": dim, "medium": yellow, "high": red, "critical": red}[f.Severity]
			p.printf("    %s", p.paint(style, fmt.Sprintf("%-8s", f.Severity)))
			p.printf("%s\n", wrapText(scan.VisibleLine(f.Kind+": "+f.Message, 0), pageWidth, "            "))
			if f.Fix != "" {
				p.printf("            → %s\n", scan.VisibleLine(f.Fix, 0))
			}
		}
	}
	var words []string
	for _, severity := range slices.Backward(severities) {
		if count[severity] > 0 {
			words = append(words, fmt.Sprintf("%d %s", count[severity], severity))
		}
	}
	if len(words) == 0 {
		words = []string{"nothing found"}
	}
	p.printf("%s, %d wrapped: %s\n", plural(servers, "server", "servers"), wrapped, strings.Join(words, ", "))
}

// line is a server on one line.
func (s *scanning) line(p *page, x *scanned) string {
	name := scan.VisibleLine(x.Server, 40)
	if x.Section != "" {
		name += " (" + pathText(x.Section) + ")"
	}
	state := ""
	switch {
	case x.Wrapped:
		state = "  wrapped"
	case x.Remote:
		state = "  remote"
	}
	if x.Disabled {
		state += "  disabled"
	}
	room := max(20, pageWidth-6-len([]rune(name))-len(state))
	return p.paint(bold, name) + "  " + scan.VisibleLine(x.Command, room) + state
}
