package keyring

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/zalando/go-keyring"
)

// store is a store over whatever go-keyring has, where a bus is thought to be.
func store(t *testing.T) *osStore {
	t.Helper()
	t.Setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere")
	return OS().(*osStore)
}

func mustSet(t *testing.T, s Store, name, value string) {
	t.Helper()
	if err := s.Set(t.Context(), name, NewValue([]byte(value))); err != nil {
		t.Fatalf("set %s: %v", name, err)
	}
}

func wantValue(t *testing.T, s Store, name, want string) {
	t.Helper()
	v, err := s.Get(t.Context(), name)
	if err != nil || v.Reveal() != want {
		t.Errorf("%s: %d bytes, %v; want %d bytes", name, v.Len(), err, len(want))
	}
}

func wantError(t *testing.T, what string, err error, words string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), words) {
		t.Errorf("%s: %v, want %q", what, err, words)
	}
}

// keepsAnyValue is what every store promises.
func keepsAnyValue(t *testing.T, s Store) {
	ctx := t.Context()
	for name, value := range map[string]string{
		"one-line":             "ghp_A1b2C3d4E5f6G7h8I9j0K1l2M3n4O5p6Q7r8",
		"a/b@c-d_e.f":          "ünïcode ‹and› spaces",
		"lines":                "-----BEGIN KEY-----\nabc\r\n\n-----END KEY-----\n",
		"any-byte":             "\x00\x01\xff\xfe\n\t\x7f",
		"not-utf8":             "caf\xe9",
		"blanks":               "  \t ",
		"newline":              "\n",
		"longest-whole":        strings.Repeat("x", wholeMax),
		"shortest-of-parts":    strings.Repeat("x", wholeMax+1),
		"parts-without-a-rest": strings.Repeat("x", 2*partMax),
		"longest":              strings.Repeat("\xff", maxParts*partMax),
		"looks-like-a-head":    "sallyport:1:1:ABCDEFGH:00",
		"of-the-library":       "go-keyring-base64:aGVsbG8=",
	} {
		if testing.Short() && len(value) > 10*partMax {
			continue
		}
		mustSet(t, s, name, value)
		wantValue(t, s, name, value)
		if len(value) < 10*partMax { // else it takes long
			mustSet(t, s, name, value)
			wantValue(t, s, name, value)
		}
		if err := s.Remove(ctx, name); err != nil {
			t.Errorf("remove %s: %v", name, err)
		}
		if _, err := s.Get(ctx, name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s is still there: %v", name, err)
		}
		if err := s.Remove(ctx, name); !errors.Is(err, ErrNotFound) {
			t.Errorf("%s was removed twice: %v", name, err)
		}
	}
}

// noticesTornParts damages what the keyring holds in each way that it could.
func noticesTornParts(t *testing.T, s *osStore) {
	ctx := t.Context()
	long := strings.Repeat("0123456789", 300) + "\n"
	for name, tt := range map[string]struct {
		damage func(h head) error
		want   string
	}{
		"a part is gone":          {func(h head) error { return s.remove(ctx, h.part("torn", 1)) }, "part 2 of 4 is missing"},
		"a part is another":       {func(h head) error { return s.set(ctx, h.part("torn", 1), "AAAA") }, "do not fit together"},
		"a part is no base64":     {func(h head) error { return s.set(ctx, h.part("torn", 1), "?") }, "damaged"},
		"fewer parts":             {func(h head) error { h.parts = 3; return s.set(ctx, "torn", h.String()) }, "do not fit together"},
		"more parts":              {func(h head) error { h.parts = 5; return s.set(ctx, "torn", h.String()) }, "part 5 of 5 is missing"},
		"no parts":                {func(h head) error { h.parts = 0; return s.set(ctx, "torn", h.String()) }, "damaged"},
		"too many parts":          {func(h head) error { h.parts = maxParts + 1; return s.set(ctx, "torn", h.String()) }, "damaged"},
		"another hash":            {func(h head) error { h.hash = "00"; return s.set(ctx, "torn", h.String()) }, "do not fit together"},
		"the head of a later one": {func(h head) error { return s.set(ctx, "torn", "sallyport:2:x") }, "a later sallyport"},
	} {
		mustSet(t, s, "torn", long)
		h, err := s.head(ctx, "torn")
		if err != nil || h.parts != 4 {
			t.Fatalf("%s: head %+v, %v", name, h, err)
		}
		if err := tt.damage(h); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		v, err := s.Get(ctx, "torn")
		wantError(t, name, err, tt.want)
		if v.Len() != 0 {
			t.Errorf("%s: a value came with the error", name)
		}
		mustSet(t, s, "torn", "anew")
		wantValue(t, s, "torn", "anew")
	}
	if err := s.Remove(ctx, "torn"); err != nil {
		t.Error(err)
	}
}

// leavesNoParts replaces and refuses values, and looks for what was there before.
func leavesNoParts(t *testing.T, s *osStore) {
	ctx := t.Context()
	long := strings.Repeat("a", 3000)
	mustSet(t, s, "parts", long)
	before, _ := s.head(ctx, "parts")
	err := s.Set(ctx, "parts", NewValue(make([]byte, maxParts*partMax+1)))
	wantError(t, "too long", err, "longer than 90000 bytes")
	wantError(t, "empty", s.Set(ctx, "parts", NewValue(nil)), "is empty")
	wantValue(t, s, "parts", long)
	mustSet(t, s, "parts", "short")
	for i := range before.parts {
		if _, err := s.get(ctx, before.part("parts", i)); !errors.Is(err, ErrNotFound) {
			t.Errorf("part %d of what was replaced is still there: %v", i, err)
		}
	}
	if err := s.Remove(ctx, "parts"); err != nil {
		t.Error(err)
	}
}

// readersSeeOldOrNew reads while somebody else replaces.
func readersSeeOldOrNew(t *testing.T, s Store, writer Store) {
	one, other := strings.Repeat("1", 2000), strings.Repeat("2", 3000)
	mustSet(t, writer, "moving", one)
	done := make(chan error)
	go func() {
		var err error
		for i := range 20 {
			err = errors.Join(err, writer.Set(context.Background(), "moving", NewValue([]byte([]string{other, one}[i%2]))))
		}
		done <- err
	}()
	for n := 0; ; n++ {
		if v, err := s.Get(t.Context(), "moving"); err != nil || v.Reveal() != one && v.Reveal() != other {
			t.Errorf("read %d: %d bytes, %v", n, v.Len(), err)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Error(err)
			}
			if err := writer.Remove(t.Context(), "moving"); err != nil {
				t.Error(err)
			}
			return
		default:
		}
	}
}

func TestKeyringsKeepAnyValue(t *testing.T) {
	s := store(t)
	keyring.MockInit()
	keepsAnyValue(t, s)
	noticesTornParts(t, s)
	leavesNoParts(t, s)
}

func TestSlowStoresDoNotHoldALaunch(t *testing.T) {
	s := store(t)
	first, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := s.call(first, func() (string, error) { select {} })
	if !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
	second, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err = s.call(second, func() (string, error) {
		t.Error("a second one began while the first waits for a password")
		return "", nil
	})
	if !errors.Is(err, ErrLocked) {
		t.Error(err)
	}
}

func TestOperationsTakeTheTimeThatTheyAreGiven(t *testing.T) {
	for name, tt := range map[string]struct {
		given, want time.Duration
	}{
		"nothing": {0, usualTime}, "less": {time.Second, time.Second}, "more, for a person": {time.Minute, time.Minute},
	} {
		ctx, cancel := context.Background(), context.CancelFunc(func() {})
		if tt.given > 0 {
			ctx, cancel = context.WithTimeout(ctx, tt.given)
		}
		ctx, end := bounded(ctx)
		deadline, ok := ctx.Deadline()
		if left := time.Until(deadline); !ok || left > tt.want || left < tt.want/2 {
			t.Errorf("%s: %v left", name, left)
		}
		end()
		cancel()
	}
}

func TestErrorsOfSystemsAreTold(t *testing.T) {
	for name, tt := range map[string]struct {
		err, want error
	}{
		"nothing":            {nil, nil},
		"not there":          {fmt.Errorf("x: %w", keyring.ErrNotFound), ErrNotFound},
		"no such system":     {keyring.ErrUnsupportedPlatform, ErrNoKeyring},
		"locked":             {errors.New("failed to unlock correct collection '/org/freedesktop/secrets/collection/login'"), ErrLocked},
		"none yet":           {errors.New("failed to unlock correct collection '/org/freedesktop/secrets/aliases/default'"), ErrLocked},
		"locked, on reading": {errors.New("Cannot get secret of a locked object"), ErrLocked},
		"no bus, in a folder with a telling name": {&net.OpError{Op: "dial", Net: "unix", Err: errors.New("/home/locked object is locked: no such file")}, ErrNoKeyring},
	} {
		if got := explain(tt.err); !errors.Is(got, tt.want) {
			t.Errorf("%s: %v", name, got)
		}
	}
	if removedMeanwhile("object does not exist at path “/org/freedesktop/secrets/collection/login”") {
		t.Error("a keyring that is not there was taken for an entry")
	}
	for _, err := range []error{ErrLocked, ErrNoKeyring} {
		wantError(t, "words", err, `"secrets: {store: file}"`)
	}
}
