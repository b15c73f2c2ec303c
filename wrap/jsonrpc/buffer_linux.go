package jsonrpc

import "golang.org/x/sys/unix"

// A buffer is an anonymous mapping: it grows by moving pages, not bytes, so a frame is in memory once however large it gets.
type buffer struct{ data []byte }

func (b *buffer) resize(size int) (err error) {
	if b.data == nil {
		b.data, err = unix.Mmap(-1, 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
		return err
	}
	data, err := unix.Mremap(b.data, size, unix.MREMAP_MAYMOVE)
	if err == nil {
		b.data = data
	}
	return err
}

func (b *buffer) free() {
	if b.data != nil {
		unix.Munmap(b.data)
		b.data = nil
	}
}
