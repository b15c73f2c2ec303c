//go:build unix

package main

import "syscall"

// noCore keeps memory out of core dumps. The hard limit stays, so that a server can have its dumps back.
func noCore() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		syscall.Setrlimit(syscall.RLIMIT_CORE, &limit)
	}
}
