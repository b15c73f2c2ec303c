package keyring

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"filippo.io/age"

	"sallyport/wrap/file"
)

// A Key opens the encrypted file. One of its members is set.
type Key struct {
	Identity   string // path of a file with an age identity (AGE-SECRET-KEY-1…)
	Passphrase Value
}

const (
	maxVault = 1 << 20
	// maxWork is how much of scrypt a file may ask for: 2^20 takes 1 GiB of memory, four times what we write with.
	maxWork = 20
)

// OpenFile gives the encrypted file at a path, which need not exist yet. The file is read at the first use, once.
func OpenFile(path string, key Key) (Store, error) {
	v := &vault{path: path}
	if key.Identity == "" {
		if key.Passphrase.Len() == 0 {
			return nil, errors.New("the encrypted file has neither a passphrase nor an identity")
		}
		identity, err := age.NewScryptIdentity(key.Passphrase.Reveal())
		if err != nil {
			return nil, err
		}
		identity.SetMaxWorkFactor(maxWork)
		recipient, err := age.NewScryptRecipient(key.Passphrase.Reveal())
		if err != nil {
			return nil, err
		}
		v.identities, v.recipients = []age.Identity{identity}, []age.Recipient{recipient}
		v.hint = "check the passphrase"
		return v, nil
	}
	text, err := privateFile(key.Identity)
	if err != nil {
		return nil, fmt.Errorf("reading the identity (\"age-keygen -o %s\" makes one): %w", key.Identity, err)
	}
	v.identities, err = age.ParseIdentities(bytes.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("%q holds no age identity: make one with \"age-keygen -o %s\"", key.Identity, key.Identity)
	}
	for _, i := range v.identities {
		switch i := i.(type) {
		case *age.X25519Identity:
			v.recipients = append(v.recipients, i.Recipient())
		case *age.HybridIdentity:
			v.recipients = append(v.recipients, i.Recipient())
		}
	}
	v.hint = "check the identity file"
	return v, nil
}

// A vault is a file of secrets.
type vault struct {
	path       string
	identities []age.Identity
	recipients []age.Recipient
	hint       string

	mu      sync.Mutex
	read    bool
	secrets map[string][]byte
	err     error
}

type content struct {
	Version int               `json:"version"`
	Secrets map[string][]byte `json:"secrets"`
}

func (v *vault) Get(ctx context.Context, name string) (Value, error) {
	secrets, err := v.opened(ctx)
	if err != nil {
		return Value{}, err
	}
	b, ok := secrets[name]
	if !ok {
		return Value{}, ErrNotFound
	}
	return NewValue(bytes.Clone(b)), nil
}

// opened reads the file, once. The map does not change any more.
func (v *vault) opened(ctx context.Context) (map[string][]byte, error) {
	type answer struct {
		secrets map[string][]byte
		err     error
	}
	done := make(chan answer, 1)
	go func() { // scrypt takes its time, and cannot be interrupted
		v.mu.Lock()
		defer v.mu.Unlock()
		if !v.read {
			v.secrets, v.err = v.load()
			v.read = true
		}
		done <- answer{v.secrets, v.err}
	}()
	select {
	case a := <-done:
		return a.secrets, a.err
	case <-ctx.Done():
		return nil, errors.New("opening the encrypted file takes too long")
	}
}

func (v *vault) load() (map[string][]byte, error) {
	sealed, err := file.ReadFile(v.path, 2*maxVault)
	if errors.Is(err, fs.ErrNotExist) {
		return map[string][]byte{}, nil
	}
	if err != nil {
		return nil, err
	}
	var none *age.NoIdentityMatchError
	r, err := age.Decrypt(bytes.NewReader(sealed), v.identities...)
	switch {
	case errors.As(err, &none):
		return nil, fmt.Errorf("%q does not open: %s", v.path, v.hint)
	case err != nil:
		return nil, v.damaged()
	}
	text, err := io.ReadAll(io.LimitReader(r, maxVault+1))
	if err != nil || len(text) > maxVault {
		return nil, v.damaged()
	}
	return v.decode(text)
}

func (v *vault) decode(text []byte) (map[string][]byte, error) {
	var c content
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	err := d.Decode(&c)
	switch {
	case c.Version > 1:
		return nil, fmt.Errorf("%q was written by a later sallyport: install that one", v.path)
	case err != nil || c.Version != 1 || c.Secrets == nil:
		return nil, v.damaged()
	}
	// What is read twice in different ways is no file of ours.
	if again, err := json.Marshal(c); err != nil || !bytes.Equal(again, text) {
		return nil, v.damaged()
	}
	for name, value := range c.Secrets {
		if ValidName(name) != nil || value == nil {
			return nil, v.damaged()
		}
	}
	return c.Secrets, nil
}

func (v *vault) damaged() error {
	return fmt.Errorf("%q is damaged: put a copy of it back, or move it away and set the secrets anew", v.path)
}

func (v *vault) Set(ctx context.Context, name string, value Value) error {
	if value.Len() == 0 {
		return errors.New("it is empty")
	}
	return v.change(func(secrets map[string][]byte) error {
		secrets[name] = bytes.Clone(value.bytes())
		return nil
	})
}

func (v *vault) Remove(_ context.Context, name string) error {
	return v.change(func(secrets map[string][]byte) error {
		if _, ok := secrets[name]; !ok {
			return ErrNotFound
		}
		delete(secrets, name)
		return nil
	})
}

// change writes the file anew. One that cannot be read stays as it is.
func (v *vault) change(f func(map[string][]byte) error) error {
	if err := os.MkdirAll(filepath.Dir(v.path), 0o700); err != nil {
		return err
	}
	unlock, err := file.Lock(v.path + ".lock")
	if err != nil {
		return err
	}
	defer unlock()
	v.mu.Lock()
	defer v.mu.Unlock()
	old, err := v.load()
	if err != nil {
		return err
	}
	secrets := maps.Clone(old)
	if err := f(secrets); err != nil {
		return err
	}
	text, err := json.Marshal(content{1, secrets})
	if err != nil {
		return err
	}
	defer clear(text)
	if len(text) > maxVault {
		return fmt.Errorf("%q would hold more than %d bytes", v.path, maxVault)
	}
	var sealed bytes.Buffer
	w, err := age.Encrypt(&sealed, v.recipients...)
	if err != nil {
		return err
	}
	if _, err := w.Write(text); err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	if err := file.WriteFile(v.path, sealed.Bytes(), 0o600); err != nil {
		return err
	}
	v.secrets, v.read, v.err = secrets, true, nil
	return nil
}
