package keyring

import (
	"fmt"
	"log/slog"
)

// A Value is a secret in memory. Whatever prints it prints ‹secret› instead.
type Value struct{ b []byte }

// NewValue takes b over: the caller does not use it any more.
func NewValue(b []byte) Value { return Value{b} }

// Reveal gives the value.
func (v Value) Reveal() string { return string(v.b) }

// Len is its length in bytes.
func (v Value) Len() int { return len(v.b) }

// Clear overwrites the value, but not what Reveal gave.
func (v *Value) Clear() {
	clear(v.b)
	v.b = nil
}

const shown = "‹secret›"

// Format implements fmt.Formatter, for every verb.
func (v Value) Format(f fmt.State, _ rune) { f.Write([]byte(shown)) }

// MarshalText implements encoding.TextMarshaler, so that JSON holds none either.
func (v Value) MarshalText() ([]byte, error) { return []byte(shown), nil }

// LogValue implements slog.LogValuer.
func (v Value) LogValue() slog.Value { return slog.StringValue(shown) }
