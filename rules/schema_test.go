package rules

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/jsonschema-go/jsonschema"
)

func resolvedSchema(t *testing.T) *jsonschema.Resolved {
	t.Helper()
	var s jsonschema.Schema
	if err := json.Unmarshal(Schema(), &s); err != nil {
		t.Fatal(err)
	}
	r, err := s.Resolve(nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func validate(r *jsonschema.Resolved, text []byte) error {
	raw, err := yaml.YAMLToJSON(text)
	if err != nil {
		return err
	}
	var v any
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	return r.Validate(v)
}

// Every rule file that there is loads and is valid by the schema, so that an editor does not complain of what sallyport takes.
func TestTheSchemaTakesWhatLoadTakes(t *testing.T) {
	r := resolvedSchema(t)
	n := 0
	for _, pattern := range []string{"packs/*.yaml", "testdata/packs/*.yaml", "../examples/*.yaml"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			text, err := os.ReadFile(path)
			if err == nil {
				err = validate(r, text)
			}
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			n++
		}
	}
	for name, text := range map[string]string{
		"all keys": `
version: 1
include: [b.yaml]
use: [base]
off: [base/keys]
default: {read: allow, write: ask, destructive: deny}
servers:
  only: pinned
  s: {classes: {t: read}, like: filesystem, env: {A: b}, observe: true, rules: [x.yaml], places: {state: /tmp}}
limits: {frame: 1MiB, depth: 10, keys: 100, open: 5}
log: {arguments: true, debug: f, keep_days: 3, keep_bytes: 1000}
approve: {wait: 45s, dialog: false, form: true, notify: false}
rules:
  - {name: a, on: [call, result], when: "true", do: deny, because: x}
  - {name: b, on: any, mask: [secrets, email, {matches: x+}]}
  - {name: c, set: {a: {max: 1, min: 0.5, default: 1}, b: {value: {c: 1}}, d: [1], e: null, f: x, g: true}}
  - {name: d, hide: [tools, prompts]}
  - {name: e, hide: resources}
tests:
  - {call: {server: s, client: c, tool: t, args: {a: 1}, on: call, method: m, result: {}}, want: deny, by: a, times: 3, set: {a: 1}, mask: [email], hide: true}
`,
		"answers": "version: 1\ngrants:\n  - {name: g, answers: default/write, server: s, client: c, tool: t, on: call, when: 'true', given: x}\n",
	} {
		if err := validate(r, []byte(text)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		n++
	}
	if n < 10 {
		t.Errorf("only %d files", n)
	}
}

// What has the wrong shape is refused by both. What only Load can know, such as the meaning of an expression, is not asked here.
func TestTheSchemaRefusesWhatHasTheWrongShape(t *testing.T) {
	r := resolvedSchema(t)
	for _, text := range []string{
		"use: [base]", "version: 2", "version: one", "version: 1\nalow: []", "version: 1\ninclude: a", "version: 1\ndefault: {read: maybe}",
		"version: 1\ndefault: {red: allow}", "version: 1\nservers: {only: nobody}", "version: 1\nservers: {s: {classes: {t: reads}}}",
		"version: 1\nservers: {s: {class: {}}}", "version: 1\nlimits: {frame: [1]}", "version: 1\nlimits: {depht: 1}", "version: 1\nlog: {arguments: maybe}",
		"version: 1\nrules: [{do: deny}]", "version: 1\nrules: [{name: a, do: refuse}]", "version: 1\nrules: [{name: a, on: calls, do: deny}]",
		"version: 1\nrules: [{name: a, mask: secrets}]", "version: 1\nrules: [{name: a, mask: [secretss]}]", "version: 1\nrules: [{name: a, hide: tool}]",
		"version: 1\nrules: [{name: a, set: {n: {maximum: 1}}}]", "version: 1\ntests: [{want: deny}]", "version: 1\nuse: [bas]", "version: 1\nrules: {}",
	} {
		if validate(r, []byte(text)) == nil {
			t.Errorf("the schema takes %q", text)
		}
		if _, err := Load(open(map[string]string{"r": text}), Source{Path: "r", Trust: User}); err == nil {
			t.Errorf("Load takes %q", text)
		}
	}
}

func TestTheSchemaSaysWhatKeysAreFor(t *testing.T) {
	for _, word := range []string{`"description": "rules that are switched off, like base/keys"`, `"additionalProperties": false`, `"destructive"`} {
		if !strings.Contains(string(Schema()), word) {
			t.Errorf("no %s", word)
		}
	}
}
