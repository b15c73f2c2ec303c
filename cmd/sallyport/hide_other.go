//go:build unix && !linux

package main

// hide keeps our memory out of core dumps.
func hide() { noCore() }
