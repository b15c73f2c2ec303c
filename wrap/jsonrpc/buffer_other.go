//go:build !linux

package jsonrpc

// A buffer is a slice of the heap.
type buffer struct{ data []byte }

func (b *buffer) resize(size int) error {
	data := make([]byte, size)
	copy(data, b.data)
	b.data = data
	return nil
}

func (b *buffer) free() { b.data = nil }
