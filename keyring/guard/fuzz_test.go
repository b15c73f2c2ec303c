package guard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"testing"
)

// FuzzFrame states the promise: what comes out of Frame holds no form of a secret, is JSON if the input was, and is the input where no form
// was found. leaked knows nothing of how the guard looks.
func FuzzFrame(f *testing.F) {
	g, _ := New([]Secret{{"github", []byte(values["github"])}, {"odd", []byte(values["odd"])}, {"short", []byte(values["short"])}})
	for _, s := range surfaces[:4] {
		for _, form := range forms {
			f.Add([]byte(fmt.Sprintf(s.frame, form.inJSON(values["odd"]))))
			f.Add([]byte(fmt.Sprintf(s.frame, form.inJSON(values["github"]))))
		}
	}
	f.Add([]byte(`{"result":{"content":[{"type":"text","text":"s3cr"},{"type":"text","text":"3t\u0070w"}]}}`))
	f.Add([]byte(`{"result":{"content":[{"type":"text","text":"\\\\\\u0073%33cr3t%2570w"}]}}`))
	f.Fuzz(func(t *testing.T, frame []byte) {
		valid := json.Valid(frame) && !bytes.ContainsAny(frame, "\n\r")
		before := bytes.Clone(frame)
		clean, found := g.Text(frame)
		if !bytes.Equal(frame, before) {
			t.Fatal("the input was written to")
		}
		check(t, clean, found == nil, frame)
		if !valid {
			return
		}
		clean, found, err := g.Frame(frame, false)
		switch {
		case err != nil && clean == nil && len(found) > 0:
			return
		case err != nil:
			t.Fatalf("%v with %q and %v", err, clean, found)
		case !json.Valid(clean):
			t.Fatalf("no JSON any more: %q", clean)
		case (found != nil) != g.Holds(frame) || g.Holds(clean):
			t.Fatalf("Holds says something else of %q or %q", frame, clean)
		}
		check(t, clean, found == nil, frame)
	})
}

func check(t *testing.T, clean []byte, same bool, was []byte) {
	t.Helper()
	if same && (!bytes.Equal(clean, was) || len(was) > 0 && &clean[0] != &was[0]) {
		t.Fatalf("%q became %q although nothing was found", was, clean)
	}
	for _, name := range []string{"github", "short"} {
		if what := leaked(clean, values[name]); what != "" {
			t.Fatalf("%s of %s is left in %q, which was %q", what, name, clean, was)
		}
	}
}
