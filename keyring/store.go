package keyring

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/zalando/go-keyring"
)

// A Store keeps values by name. Methods may be called concurrently.
type Store interface {
	Get(ctx context.Context, name string) (Value, error)
	Set(ctx context.Context, name string, v Value) error
	// Remove is ErrNotFound where there is nothing.
	Remove(ctx context.Context, name string) error
}

// Errors of stores.
var (
	ErrNotFound  = errors.New("there is no such secret")
	ErrLocked    = errors.New("the keyring is locked: unlock it, by logging in at the desktop or with its own program, and try again; or " + fileInstead)
	ErrNoKeyring = errors.New("no keyring of the system can be reached here; " + fileInstead)
)

const fileInstead = "write \"secrets: {store: file}\" into your rules.yaml to keep secrets in an encrypted file instead"

const (
	service  = "sallyport"
	wholeMax = 1200 // bytes of a value that stands in one entry as it is
	partMax  = 900  // bytes of a part, before base64
	maxParts = 100
	headMark = "sallyport:"
	// usualTime is how long an operation has where the context has no deadline.
	usualTime = 5 * time.Second
)

// OS is the keyring of the system: Keychain, Credential Manager, or the Secret Service.
func OS() Store { return &osStore{turn: make(chan struct{}, 1)} }

// An osStore asks one thing at a time: where a keyring wants its password, go-keyring takes whatever signal comes first for the answer.
type osStore struct{ turn chan struct{} }

// head is what names the parts of a value.
type head struct {
	parts int
	stamp string
	hash  string
}

func (h head) String() string {
	return fmt.Sprintf("%s1:%d:%s:%s", headMark, h.parts, h.stamp, h.hash)
}

func (h head) part(name string, i int) string { return name + "#" + h.stamp + "." + strconv.Itoa(i) }

// parseHead is of what an account holds. ok is false where that is a value.
func parseHead(text string) (h head, ok bool, err error) {
	if !strings.HasPrefix(text, headMark) {
		return h, false, nil
	}
	f := strings.Split(text, ":")
	if len(f) != 5 || f[1] != "1" {
		return h, true, errors.New("it was kept by a later sallyport: install that one, or set it anew")
	}
	h = head{stamp: f[3], hash: f[4]}
	if h.parts, err = strconv.Atoi(f[2]); err != nil || h.parts < 1 || h.parts > maxParts {
		return h, true, errors.New("its entry is damaged: set it anew")
	}
	return h, true, nil
}

func (s *osStore) Get(ctx context.Context, name string) (Value, error) {
	ctx, cancel := bounded(ctx)
	defer cancel()
	var torn error
	for was := ""; ; {
		text, err := s.get(ctx, name)
		if err != nil {
			return Value{}, err
		}
		h, ok, err := parseHead(text)
		switch {
		case err != nil:
			return Value{}, err
		case !ok:
			return NewValue([]byte(text)), nil
		case torn != nil && text == was:
			return Value{}, torn
		}
		// Whoever replaces the value removes these parts: then there is another head.
		var value []byte
		if value, torn, err = s.parts(ctx, name, h); err != nil {
			return Value{}, err
		}
		if torn == nil {
			return NewValue(value), nil
		}
		was = text
	}
}

// parts is the value whose parts h names. torn says why they are none.
func (s *osStore) parts(ctx context.Context, name string, h head) (value []byte, torn, err error) {
	for i := range h.parts {
		part, err := s.get(ctx, h.part(name, i))
		if errors.Is(err, ErrNotFound) {
			return nil, fmt.Errorf("part %d of %d is missing: set it anew", i+1, h.parts), nil
		}
		if err != nil {
			return nil, nil, err
		}
		if value, err = base64.StdEncoding.AppendDecode(value, []byte(part)); err != nil {
			return nil, errors.New("one of its parts is damaged: set it anew"), nil
		}
	}
	if sum := sha256.Sum256(value); hex.EncodeToString(sum[:]) != h.hash {
		return nil, errors.New("its parts do not fit together: set it anew"), nil
	}
	return value, nil, nil
}

func (s *osStore) Set(ctx context.Context, name string, v Value) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	old, err := s.head(ctx, name)
	if err != nil {
		return err
	}
	text := v.Reveal()
	var h head
	if !plain(v.bytes()) {
		if h, err = s.setParts(ctx, name, v.bytes()); err != nil {
			return err
		}
		text = h.String()
	}
	if err := s.setHead(ctx, name, text); err != nil {
		if ctx.Err() == nil { // else it may still arrive
			s.removeParts(ctx, name, h)
		}
		return err
	}
	return s.removeParts(ctx, name, old)
}

// setParts writes a value in parts, all or none.
func (s *osStore) setParts(ctx context.Context, name string, b []byte) (head, error) {
	if len(b) == 0 {
		return head{}, errors.New("it is empty")
	}
	sum := sha256.Sum256(b)
	h := head{(len(b) + partMax - 1) / partMax, rand.Text()[:8], hex.EncodeToString(sum[:])}
	if h.parts > maxParts {
		return head{}, fmt.Errorf("it is longer than %d bytes, which is more than a secret", maxParts*partMax)
	}
	for i := range h.parts {
		part := base64.StdEncoding.EncodeToString(b[i*partMax : min(len(b), (i+1)*partMax)])
		if err := s.set(ctx, h.part(name, i), part); err != nil {
			h.parts = i
			s.removeParts(ctx, name, h) // as far as there is time
			return head{}, err
		}
	}
	return h, nil
}

// setHead looks whether the keyring has what it took: the program that writes to Keychain ends well although that is locked.
func (s *osStore) setHead(ctx context.Context, name, text string) error {
	if err := s.set(ctx, name, text); err != nil {
		return err
	}
	switch now, err := s.get(ctx, name); {
	case errors.Is(err, ErrNotFound):
		return fmt.Errorf("the keyring took it, and does not have it; %w", ErrLocked)
	case err != nil:
		return err
	case now != text:
		return errors.New("the keyring holds something else than what was just written: set it anew")
	}
	return nil
}

func (s *osStore) Remove(ctx context.Context, name string) error {
	ctx, cancel := bounded(ctx)
	defer cancel()
	old, err := s.head(ctx, name)
	if err != nil {
		return err
	}
	if err := s.remove(ctx, name); err != nil {
		return err
	}
	return s.removeParts(ctx, name, old)
}

// head is what names the parts of the value that is there; none where it has no parts, or is not there.
func (s *osStore) head(ctx context.Context, name string) (head, error) {
	text, err := s.get(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return head{}, nil
	}
	if err != nil {
		return head{}, err
	}
	h, _, err := parseHead(text)
	if err != nil {
		return head{}, nil // it is about to go
	}
	return h, nil
}

func (s *osStore) removeParts(ctx context.Context, name string, h head) error {
	for i := range h.parts {
		if err := s.remove(ctx, h.part(name, i)); err != nil && !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("removing what stood there before: %w", err)
		}
	}
	return nil
}

// plain reports whether a value is kept as it is.
func plain(b []byte) bool {
	if len(b) == 0 || len(b) > wholeMax || strings.HasPrefix(string(b), headMark) || !utf8.Valid(b) {
		return false
	}
	for _, r := range string(b) {
		if !unicode.IsPrint(r) {
			return false
		}
	}
	return true
}

func (s *osStore) get(ctx context.Context, account string) (string, error) {
	return s.call(ctx, func() (string, error) { return keyring.Get(service, account) })
}

func (s *osStore) set(ctx context.Context, account, text string) error {
	_, err := s.call(ctx, func() (string, error) { return "", keyring.Set(service, account, text) })
	return err
}

func (s *osStore) remove(ctx context.Context, account string) error {
	_, err := s.call(ctx, func() (string, error) { return "", keyring.Delete(service, account) })
	return err
}

// bounded is for an operation that nobody has given a time.
func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ends := ctx.Deadline(); ends {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, usualTime)
}

// call does what a keyring may take any time for: it may ask a person for a password. What is left of it when the time is over goes on
// alone, and nothing else of this store begins before it has ended.
func (s *osStore) call(ctx context.Context, f func() (string, error)) (string, error) {
	if !hasBus() {
		return "", ErrNoKeyring
	}
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	select {
	case s.turn <- struct{}{}:
		go func() {
			defer func() { <-s.turn }()
			text, err := f()
			done <- answer{text, err}
		}()
	case <-ctx.Done():
	}
	select {
	case a := <-done:
		return a.text, explain(a.err)
	case <-ctx.Done():
		return "", fmt.Errorf("the keyring has not answered in time; %w", ErrLocked)
	}
}

// lockedWords are what go-keyring, GNOME Keyring, KWallet and Keychain say of a keyring that is locked. Whole phrases, because a path
// in an error can hold any word.
var lockedWords = []string{"failed to unlock", "locked object", "locked collection", "is locked", "islocked", "dismissed", "interaction is not allowed"}

// lockedCodes are with which /usr/bin/security ends: the last byte of errSecInteractionNotAllowed, errSecAuthFailed and userCanceledErr.
var lockedCodes = []int{36, 51, 128}

// removedMeanwhile reports whether somebody removed an entry between our finding it and our reading it.
func removedMeanwhile(text string) bool {
	_, at, ok := strings.Cut(text, "/org/freedesktop/secrets/collection/")
	entry := ok && strings.Contains(at, "/") // of a collection, which has no further slash
	return entry && (strings.Contains(text, "does not exist") || strings.Contains(text, "no such interface"))
}

// explain turns errors of the systems into ours.
func explain(err error) error {
	var unreachable *net.OpError
	var ended *exec.ExitError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return errors.New("the keyring of the system does not take a name or value of this length")
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return ErrNoKeyring
	case errors.As(err, &unreachable):
		return fmt.Errorf("%w (%v)", ErrNoKeyring, err)
	case runtime.GOOS == "darwin" && errors.As(err, &ended) && slices.Contains(lockedCodes, ended.ExitCode()):
		return ErrLocked
	}
	text := strings.ToLower(err.Error())
	if removedMeanwhile(text) {
		return ErrNotFound
	}
	if strings.Contains(text, "aliases/default") {
		return fmt.Errorf("%w (or there is no keyring yet: logging in at the desktop makes one)", ErrLocked)
	}
	if slices.ContainsFunc(lockedWords, func(words string) bool { return strings.Contains(text, words) }) {
		return ErrLocked
	}
	if runtime.GOOS == "linux" || strings.HasSuffix(runtime.GOOS, "bsd") {
		return fmt.Errorf("%w (%v)", ErrNoKeyring, err)
	}
	return fmt.Errorf("asking the keyring of the system: %v", err)
}
