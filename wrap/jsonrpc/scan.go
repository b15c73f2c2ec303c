package jsonrpc

import (
	"encoding/binary"
	"math/bits"
	"strconv"
)

// blanks returns the offset of the first byte from i on that is no blank. The carriage return is none: some readers split lines at it.
func (p *Parser) blanks(i int) int {
	for i < len(p.b) && (p.b[i] == ' ' || p.b[i] == '\t') {
		i++
	}
	return i
}

// scan follows the structure from the opening brace at i to the end of the line. It does not recurse, so depth costs no Go stack.
func (p *Parser) scan(i int) *Refusal {
	b := p.b
	for {
		// Here a value begins.
		start := i
		if i >= len(b) {
			return p.stop(i, "ends in the middle of a value")
		}
		var r *Refusal
		switch c := b[i]; {
		case c == '{' || c == '[':
			if len(p.levels) >= p.limits.Depth {
				return p.stop(i, "is nested deeper than the limit")
			}
			p.push(c == '{', i)
			i = p.blanks(i + 1)
			if i < len(b) && b[i] == closer(c) {
				break
			}
			if c == '[' {
				continue
			}
			if i, r = p.key(i); r != nil {
				return r
			}
			continue
		case c == '"':
			i, r = p.str(i, p.valueMode())
		case c == '-' || '0' <= c && c <= '9':
			i, r = p.number(i)
		default:
			i, r = p.literal(i)
		}
		if r != nil {
			return r
		}
		// Here a value has ended, or i is at the bracket that closes one.
		if b[start] != '{' && b[start] != '[' {
			p.ended(start, i)
		}
		next, done, r := p.after(i)
		if r != nil {
			return r
		}
		if done {
			return nil
		}
		i = next
	}
}

// after deals with what follows a value: brackets that close, then a comma and, in an object, the next key. It returns where the
// next value begins, or that the line is done.
func (p *Parser) after(i int) (next int, done bool, r *Refusal) {
	b := p.b
	for {
		i = p.blanks(i)
		top := &p.levels[len(p.levels)-1]
		switch {
		case i >= len(b):
			return i, false, p.stop(i, "ends in the middle of a value")
		case b[i] == ',':
			i = p.blanks(i + 1)
			if !top.object {
				return i, false, nil
			}
			i, r = p.key(i)
			return i, false, r
		case top.object && b[i] == '}' || !top.object && b[i] == ']':
			i++
			start := top.start
			p.pop()
			if len(p.levels) == 0 {
				if i != len(b) {
					return i, false, p.stop(i, "has more than one value on the line")
				}
				return i, true, nil
			}
			p.ended(start, i)
		default:
			return i, false, p.unexpected(i, "has an unexpected character where a comma or a bracket must be")
		}
	}
}

func closer(open byte) byte { return open + 2 } // '{' and '}', '[' and ']' are two apart

// valueMode is the mode of a scalar in the current container.
func (p *Parser) valueMode() mode {
	top := &p.levels[len(p.levels)-1]
	if top.object {
		return top.child & lone
	}
	return top.mode & lone
}

func (p *Parser) push(object bool, at int) {
	m := inEnvelope | folded
	if n := len(p.levels); n > 0 {
		top := &p.levels[n-1]
		if m = top.child; !top.object {
			m = top.mode &^ (inTop | inMeta)
		}
	}
	if !object {
		m &^= inTop | inMeta
	}
	if m&foldBelow != 0 {
		m |= folded
	}
	p.serial++
	p.levels = append(p.levels, level{object: object, mode: m, start: at, keys: len(p.hashes), serial: p.serial * 0x9e3779b97f4a7c15})
}

func (p *Parser) pop() {
	n := len(p.levels) - 1
	p.hashes = p.hashes[:p.levels[n].keys]
	p.levels = p.levels[:n]
}

// ended records a value where its place asks for it.
func (p *Parser) ended(start, end int) {
	top := &p.levels[len(p.levels)-1]
	val := Span{start, end}
	switch {
	case top.mode&inTop != 0:
		p.f.Top[len(p.f.Top)-1].Val = val
	case top.mode&inMeta != 0:
		p.f.Meta[len(p.f.Meta)-1].Val = val
	case top.mode&inEnvelope != 0:
		p.envelopeValue(val)
	}
}

// envelopeValue records a member of the envelope. Of two of one name the first is kept: the frame is refused, and its id is needed.
func (p *Parser) envelopeValue(val Span) {
	f := p.f
	var at *Span
	switch p.current {
	case sawJSONRPC:
		at = &f.JSONRPC
	case sawID:
		at = &f.IDSpan
	case sawMethod:
		at = &f.MethodSpan
	case sawParams:
		at = &f.Params
	case sawResult:
		at = &f.Result
	case sawError:
		at = &f.Err
	default:
		return
	}
	if !at.OK() {
		*at = val
	}
}

// literal reads true, false or null.
func (p *Parser) literal(i int) (int, *Refusal) {
	for _, word := range [...]string{"true", "false", "null"} {
		if len(p.b)-i >= len(word) && string(p.b[i:i+len(word)]) == word {
			return i + len(word), nil
		}
	}
	return i, p.unexpected(i, "has an unexpected character where a value must be")
}

// unexpected stops at a byte that does not belong there.
func (p *Parser) unexpected(i int, text string) *Refusal {
	if p.b[i] == '\r' {
		text = "has a carriage return in the middle"
	}
	return p.stop(i, text)
}

// number reads RFC 8259's number. One that overflows a float64 is infinite to some parsers and an error to others.
func (p *Parser) number(start int) (int, *Refusal) {
	b, i := p.b, start
	digits := func() bool {
		from := i
		for i < len(b) && '0' <= b[i] && b[i] <= '9' {
			i++
		}
		return i > from
	}
	if b[i] == '-' {
		i++
	}
	if i < len(b) && b[i] == '0' {
		i++
	} else if !digits() {
		return i, p.stop(i, "has a number that is not one")
	}
	exponent := false
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return i, p.stop(i, "has a number that is not one")
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		exponent = true
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return i, p.stop(i, "has a number that is not one")
		}
	}
	if i-start > maxNumber {
		p.fault(start, "has a number of more than 64 bytes")
	} else if exponent {
		if _, err := strconv.ParseFloat(string(b[start:i]), 64); err != nil {
			p.fault(start, "has a number that no float64 holds")
		}
	}
	return i, nil
}

const (
	ones  = 0x0101010101010101
	highs = 0x8080808080808080
)

// plain returns the offset of the first byte from i on that is a quote, a backslash or a control character, or len(b).
// It looks at eight bytes at a time; the lowest bit that is set is exact, those above it need not be.
func plain(b []byte, i int) int {
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		quote := w ^ ones*'"'
		slash := w ^ ones*'\\'
		hit := ((w-ones*0x20)&^w | (quote-ones)&^quote | (slash-ones)&^slash) & highs
		if hit != 0 {
			return i + bits.TrailingZeros64(hit)/8
		}
	}
	for i < len(b) && b[i] != '"' && b[i] != '\\' && b[i] >= 0x20 {
		i++
	}
	return i
}

// str reads a string from its opening quote on and returns the offset behind the closing one.
func (p *Parser) str(start int, m mode) (int, *Refusal) {
	b := p.b
	i := start + 1
	for {
		i = plain(b, i)
		switch {
		case i >= len(b):
			return i, p.stop(start, "has a string without an end")
		case b[i] == '"':
			return i + 1, nil
		case b[i] == '\r':
			return i, p.stop(i, "has a carriage return in the middle")
		case b[i] == 0:
			p.fault(i, "has a NUL byte")
			i++
		case b[i] < 0x20:
			p.fault(i, "has a control character in a string that is not escaped")
			i++
		default:
			var r *Refusal
			if i, r = p.escape(i, m); r != nil {
				return i, r
			}
		}
	}
}

// escape reads one escape sequence, or two that make a surrogate pair.
func (p *Parser) escape(i int, m mode) (int, *Refusal) {
	b := p.b
	if i+1 >= len(b) {
		return i, p.stop(i, "has a string without an end")
	}
	switch b[i+1] {
	case '"', '\\', '/', 'n', 'r', 't':
		return i + 2, nil
	case 'b', 'f':
		p.f.Plain = false
		return i + 2, nil
	case 'u':
	default:
		return i, p.stop(i, "has an escape that is not JSON's")
	}
	v := hex4(b[i+2:])
	p.f.Plain = false
	switch {
	case v < 0:
		return i, p.stop(i, "has an escape that is not JSON's")
	case v >= 0xd800 && v < 0xdc00 && i+12 <= len(b) && b[i+6] == '\\' && b[i+7] == 'u':
		if low := hex4(b[i+8:]); low >= 0xdc00 && low < 0xe000 {
			return i + 12, nil
		}
		p.half(i, m)
	case v >= 0xd800 && v < 0xe000:
		p.half(i, m)
	}
	return i + 6, nil
}

// half deals with half a surrogate pair. Parsers keep it, replace it, or fail on it; honest servers write it when they cut a text
// in the middle of an emoji.
func (p *Parser) half(i int, m mode) {
	if m&lone == 0 {
		p.fault(i, "has half a surrogate pair")
		return
	}
	if len(p.f.Lone) == maxLone {
		p.fault(i, "has too many halves of surrogate pairs")
		return
	}
	p.f.Lone = append(p.f.Lone, i)
}
