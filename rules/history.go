package rules

import (
	"crypto/sha256"
	"fmt"
	"sync"
	"time"
)

// What a History holds at most. An attacker chooses the keys, so each bound fails to the strict side: what is not remembered counts
// as new, and what cannot be counted is an error.
const (
	maxSeen    = 10_000
	maxCounted = 1_000
	maxStamps  = 10_000  // of one key
	maxAll     = 200_000 // stamps of all keys; what more is asked about cannot be counted
	maxWindow  = 24 * time.Hour
	maxKey     = 256 // bytes; longer ones are hashed
)

// History is what a session has let through, as far as rules ask for it with seen and count. Any goroutines may share it.
type History struct {
	mu     sync.Mutex
	seen   map[string]bool
	stamps map[string][]time.Time // in order
	all    int                    // stamps, about
}

// NewHistory makes the history of a new session.
func NewHistory() *History {
	return &History{seen: map[string]bool{}, stamps: map[string][]time.Time{}}
}

// Notes are what the rules asked a History about while they judged a frame.
type Notes []note

type note struct {
	key     string
	counted bool
}

// Add remembers a frame that passed at t. A key that stands twice in notes counts once.
func (h *History) Add(t time.Time, notes Notes) {
	if h == nil || len(notes) == 0 {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	counted := map[string]bool{}
	for _, n := range notes {
		switch {
		case !n.counted && len(h.seen) < maxSeen:
			h.seen[n.key] = true
			continue
		case !n.counted || counted[n.key]:
			continue
		}
		counted[n.key] = true
		h.all++
		stamps := append(h.stamps[n.key], t)
		h.stamps[n.key] = stamps[max(0, len(stamps)-maxStamps):]
	}
}

func (h *History) has(key string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.seen[key]
}

// count tells how often key passed within window before t.
func (h *History) count(key string, t time.Time, window time.Duration) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	stamps, known := h.stamps[key]
	if !known && len(h.stamps) >= maxCounted || h.all >= maxAll {
		h.forget(t)
		stamps, known = h.stamps[key]
		if !known && len(h.stamps) >= maxCounted {
			return 0, fmt.Errorf("more than %d different things are counted", maxCounted)
		}
		if h.all >= maxAll {
			return 0, fmt.Errorf("more than %d frames are counted", maxAll)
		}
	}
	n := 0
	for i := len(stamps) - 1; i >= 0 && t.Sub(stamps[i]) < window; i-- {
		n++
	}
	return n, nil
}

// forget drops what no window reaches any more.
func (h *History) forget(t time.Time) {
	h.all = 0
	for key, stamps := range h.stamps {
		if t.Sub(stamps[len(stamps)-1]) >= maxWindow {
			delete(h.stamps, key)
		}
		h.all += len(h.stamps[key])
	}
}

// historyKey makes a key of bounded length. Values of different kinds have different keys.
func historyKey(v any) (string, error) {
	var key string
	switch v := v.(type) {
	case string:
		key = "s" + v
	case int, bool, float64:
		key = fmt.Sprintf("%T%v", v, v)
	default:
		return "", fmt.Errorf("a text or a number is needed, not %s", kindOf(v))
	}
	if len(key) > maxKey {
		key = fmt.Sprintf("h%x", sha256.Sum256([]byte(key)))
	}
	return key, nil
}

// window is the literal second argument of count.
type window time.Duration

func windowLiteral(texts []string) (any, error) {
	d, err := time.ParseDuration(texts[0])
	if err != nil || len(texts) != 1 || d < time.Second || d > maxWindow {
		return nil, fmt.Errorf(`a time from "1s" to "24h" is needed, like "10m"`)
	}
	return window(d), nil
}

func (f *frame) note(key string, counted bool) error {
	if f.facts.History == nil {
		return fmt.Errorf("nothing is known of earlier calls here")
	}
	if len(f.notes) >= maxList {
		return errLongList
	}
	f.notes = append(f.notes, note{key, counted})
	return nil
}

func (f *frame) wasSeen(v any) (any, error) {
	key, err := historyKey(v)
	if err == nil {
		err = f.note(key, false)
	}
	if err != nil {
		return nil, err
	}
	return f.facts.History.has(key), nil
}

// counted gives how many frames passed under a key, this one included.
func (f *frame) counted(v any, w window) (any, error) {
	key, err := historyKey(v)
	if err == nil {
		err = f.note(key, true)
	}
	if err != nil {
		return nil, err
	}
	n, err := f.facts.History.count(key, f.time, time.Duration(w))
	return n + 1, err
}
