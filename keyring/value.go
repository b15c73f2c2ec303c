package keyring

import (
	"fmt"
	"log/slog"
)

// A Value is a secret in memory. Whatever prints it prints ‹secret› instead. Copies are the same value.
type Value struct {
	p **[]byte // fmt looks into unexported members without asking Format, and through one pointer where the verb is wrong
}

// NewValue takes b over: the caller does not use it any more.
func NewValue(b []byte) Value {
	p := &b
	return Value{&p}
}

func (v Value) bytes() []byte {
	if v.p == nil {
		return nil
	}
	return **v.p
}

// Reveal gives the value.
func (v Value) Reveal() string { return string(v.bytes()) }

// Len is its length in bytes.
func (v Value) Len() int { return len(v.bytes()) }

// Clear overwrites the value, of all copies, but not what Reveal gave.
func (v *Value) Clear() {
	if v.p != nil {
		clear(**v.p)
		**v.p = nil
	}
}

const shown = "‹secret›"

// Format implements fmt.Formatter, for every verb.
func (v Value) Format(f fmt.State, _ rune) { f.Write([]byte(shown)) }

// MarshalText implements encoding.TextMarshaler, so that JSON holds none either.
func (v Value) MarshalText() ([]byte, error) { return []byte(shown), nil }

// LogValue implements slog.LogValuer.
func (v Value) LogValue() slog.Value { return slog.StringValue(shown) }
