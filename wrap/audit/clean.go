package audit

import "encoding/json"

// Clean makes every entry from now on pass through f, text by text, before anything of it is cut. f takes out what must not be kept, and
// gives its input where there is nothing.
func (l *Log) Clean(f func(text string) string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.clean = f
}

func (l *Log) cleaned(e *Entry) *Entry {
	c := *e
	for _, text := range []*string{&c.Method, &c.Tool, &c.Rule, &c.At, &c.Edits, &c.Reason, &c.Answer, &c.By, &c.Granted, &c.Trace} {
		if *text != "" {
			*text = l.clean(*text)
		}
	}
	c.ID = l.cleanJSON(c.ID)
	if l.arguments && len(c.Values) <= valuesSize {
		c.Values = l.cleanJSON(c.Values)
	}
	return &c
}

// cleanJSON leaves a value out where it is none any more: a number, or a part of one, was taken out.
func (l *Log) cleanJSON(raw []byte) []byte {
	if len(raw) == 0 {
		return raw
	}
	clean := l.clean(string(raw))
	switch {
	case clean == string(raw):
		return raw
	case !json.Valid([]byte(clean)):
		return nil
	}
	return []byte(clean)
}
