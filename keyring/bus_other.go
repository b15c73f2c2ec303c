//go:build !unix || darwin

package keyring

func hasBus() bool { return true }
