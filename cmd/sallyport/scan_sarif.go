package main

import (
	"encoding/json"
	"io"
	"net/url"
	"path/filepath"
	"strings"

	"sallyport/rules/scan"
)

// The parts of SARIF 2.1.0 (OASIS) that are written.
type (
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifRule struct {
		ID               string         `json:"id"`
		ShortDescription sarifMessage   `json:"shortDescription"`
		Help             sarifMessage   `json:"help"`
		Properties       map[string]any `json:"properties,omitempty"`
	}
	sarifResult struct {
		RuleID              string            `json:"ruleId"`
		Level               string            `json:"level"`
		Message             sarifMessage      `json:"message"`
		Locations           []sarifLocation   `json:"locations"`
		PartialFingerprints map[string]string `json:"partialFingerprints"`
	}
	sarifLocation struct {
		PhysicalLocation struct {
			ArtifactLocation struct {
				URI       string `json:"uri"`
				URIBaseID string `json:"uriBaseId,omitempty"`
			} `json:"artifactLocation"`
			Region struct {
				StartLine int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
	}
)

// kinds are what findings are about, for SARIF.
var kinds = []struct{ name, text string }{
	{"plain-key", "A credential lies in the file"},
	{"unwrapped", "Sallyport does not stand in front of the server"},
	{"unpinned", "Nobody accepted what the server shows"},
	{"drift", "The server is not what was accepted"},
	{"floating", "Another version may run tomorrow"},
	{"lookalike", "The package is one letter from a popular one"},
	{"shell", "A shell makes the command line"},
	{"injection", "A variable puts code into the process"},
	{"broad", "The server is given nearly everything"},
	{"hidden", "A definition holds characters that people do not see"},
	{"hint", "A tool's hint contradicts its name"},
	{"duplicate", "Another server has a tool of that name"},
	{"clear-text", "The client talks to the server without encryption"},
	{"remote", "The client connects to the server by itself"},
	{"project", "The server comes with a folder that somebody else may have written"},
	{"broken-wrap", "The sallyport in front of the server is not there"},
	{"odd", "The entry cannot be understood"},
	{"unreadable", "The file cannot be read"},
}

// writeSARIF writes the findings as SARIF, with paths relative to root where there is one.
func writeSARIF(out io.Writer, root string, list []*scanned) error {
	var rules []sarifRule
	for _, k := range kinds {
		rules = append(rules, sarifRule{ID: k.name, ShortDescription: sarifMessage{k.text}, Help: sarifMessage{k.text + ". \"sallyport help scan\" lists the kinds of findings; each says what mends it."}, Properties: map[string]any{"tags": []string{"security", "mcp"}}})
	}
	results := []sarifResult{}
	for _, x := range list {
		for _, f := range x.Findings {
			text := f.Message
			if x.Server != "" {
				text = x.Server + ": " + text
			}
			if f.Fix != "" {
				text += " → " + f.Fix
			}
			r := sarifResult{RuleID: f.Kind, Level: map[string]string{"low": "note", "medium": "warning", "high": "error", "critical": "error"}[f.Severity],
				Message: sarifMessage{scan.VisibleLine(text, 0)}, PartialFingerprints: map[string]string{"sallyport/v1": scan.VisibleLine(f.print+":"+sarifPath(root, x.Path), 0)}}
			var at sarifLocation
			at.PhysicalLocation.ArtifactLocation.URI = sarifPath(root, x.Path)
			at.PhysicalLocation.Region.StartLine = max(1, x.Line)
			r.Locations = []sarifLocation{at}
			results = append(results, r)
		}
	}
	e := json.NewEncoder(out)
	e.SetIndent("", " ")
	e.SetEscapeHTML(false)
	return e.Encode(map[string]any{
		"$schema": "https://json.schemastore.org/sarif-2.1.0.json",
		"version": "2.1.0",
		"runs": []any{map[string]any{
			"tool":       map[string]any{"driver": map[string]any{"name": "sallyport", "version": versionText(), "rules": rules}},
			"columnKind": "utf16CodeUnits",
			"results":    results,
		}},
	})
}

// sarifPath is a path as a URI.
func sarifPath(root, path string) string {
	if rel, err := filepath.Rel(root, path); err == nil && root != "" && filepath.IsLocal(rel) {
		return (&url.URL{Path: filepath.ToSlash(rel)}).String()
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") {
		path = "/" + path
	}
	return "file://" + (&url.URL{Path: path}).EscapedPath()
}
