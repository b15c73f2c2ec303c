package keyring

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
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
	ErrLocked    = errors.New("the keyring is locked: unlock it, by logging in at the desktop or with its own program, and try again")
	ErrNoKeyring = errors.New("no keyring of the system can be reached here; write \"secrets: {store: file}\" into your rules.yaml to keep secrets in an encrypted file instead")
)

const (
	service  = "sallyport"
	wholeMax = 1200 // bytes of a value that stands in one entry as it is
	partMax  = 900  // bytes of a part, before base64
	maxParts = 100
	headMark = "sallyport:"
	// usualTime is how long a store has where the context says nothing shorter.
	usualTime = 5 * time.Second
)

// OS is the keyring of the system: Keychain, Credential Manager, or the Secret Service.
func OS() Store { return osStore{} }

type osStore struct{}

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

func (osStore) Get(ctx context.Context, name string) (Value, error) {
	text, err := call(ctx, func() (string, error) { return keyring.Get(service, name) })
	if err != nil {
		return Value{}, err
	}
	h, ok, err := parseHead(text)
	if err != nil {
		return Value{}, err
	}
	if !ok {
		return Value{[]byte(text)}, nil
	}
	var value []byte
	for i := range h.parts {
		part, err := call(ctx, func() (string, error) { return keyring.Get(service, h.part(name, i)) })
		if errors.Is(err, ErrNotFound) {
			return Value{}, fmt.Errorf("part %d of %d is missing: set it anew", i+1, h.parts)
		}
		if err != nil {
			return Value{}, err
		}
		if value, err = base64.StdEncoding.AppendDecode(value, []byte(part)); err != nil {
			return Value{}, errors.New("one of its parts is damaged: set it anew")
		}
	}
	if sum := sha256.Sum256(value); hex.EncodeToString(sum[:]) != h.hash {
		return Value{}, errors.New("its parts do not fit together: set it anew")
	}
	return Value{value}, nil
}

func (s osStore) Set(ctx context.Context, name string, v Value) error {
	old, oldErr := s.head(ctx, name)
	if oldErr != nil {
		return oldErr
	}
	text := string(v.b)
	var h head
	if !plain(v.b) {
		sum := sha256.Sum256(v.b)
		h = head{(len(v.b) + partMax - 1) / partMax, rand.Text()[:8], hex.EncodeToString(sum[:])}
		if h.parts > maxParts {
			return fmt.Errorf("it is longer than %d bytes, which is more than a secret", maxParts*partMax)
		}
		for i := range h.parts {
			part := base64.StdEncoding.EncodeToString(v.b[i*partMax : min(len(v.b), (i+1)*partMax)])
			if err := set(ctx, h.part(name, i), part); err != nil {
				return err
			}
		}
		text = h.String()
	}
	if err := set(ctx, name, text); err != nil {
		return err
	}
	return s.removeParts(ctx, name, old)
}

func (s osStore) Remove(ctx context.Context, name string) error {
	old, err := s.head(ctx, name)
	if err != nil {
		return err
	}
	if _, err := call(ctx, func() (string, error) { return "", keyring.Delete(service, name) }); err != nil {
		return err
	}
	return s.removeParts(ctx, name, old)
}

// head is what names the parts of the value that is there; none where it has no parts, or is not there.
func (osStore) head(ctx context.Context, name string) (head, error) {
	text, err := call(ctx, func() (string, error) { return keyring.Get(service, name) })
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

func (osStore) removeParts(ctx context.Context, name string, h head) error {
	for i := range h.parts {
		_, err := call(ctx, func() (string, error) { return "", keyring.Delete(service, h.part(name, i)) })
		if err != nil && !errors.Is(err, ErrNotFound) {
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

func set(ctx context.Context, account, text string) error {
	_, err := call(ctx, func() (string, error) { return "", keyring.Set(service, account, text) })
	return err
}

// call does what a keyring may take any time for: it may ask a person for a password. What is left of it when the time is over goes on
// alone.
func call(ctx context.Context, f func() (string, error)) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, usualTime)
	defer cancel()
	type answer struct {
		text string
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := f()
		done <- answer{text, err}
	}()
	select {
	case a := <-done:
		return a.text, explain(a.err)
	case <-ctx.Done():
		return "", fmt.Errorf("the keyring has not answered in time; %w", ErrLocked)
	}
}

// explain turns errors of the systems into ours.
func explain(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, keyring.ErrNotFound):
		return ErrNotFound
	case errors.Is(err, keyring.ErrSetDataTooBig):
		return errors.New("the keyring of the system does not take a name or value of this length")
	case errors.Is(err, keyring.ErrUnsupportedPlatform):
		return ErrNoKeyring
	}
	text := strings.ToLower(err.Error())
	if strings.Contains(text, "lock") || strings.Contains(text, "dismiss") || strings.Contains(text, "interaction is not allowed") {
		return ErrLocked
	}
	if runtime.GOOS == "linux" || strings.HasSuffix(runtime.GOOS, "bsd") {
		return fmt.Errorf("%w (%v)", ErrNoKeyring, err)
	}
	return fmt.Errorf("asking the keyring of the system: %v", err)
}
