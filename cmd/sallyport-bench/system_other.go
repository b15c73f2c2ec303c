//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"
)

var errLinux = errors.New("it needs Linux, where CPU times, peak memory and affinity come from")

func checkSystem() error { return errLinux }

func kernel() string { return runtime.GOOS }

func allowedCPUs() ([]int, error) { return nil, errLinux }

func pinThread(int) (undo func(), err error) { return nil, errLinux }

func yieldToAll(int) error { return errLinux }

func standApart() error { return errLinux }

func cpuTime(int) (time.Duration, error) { return 0, errLinux }

func peakMemory(int) (int64, error) { return 0, errLinux }

func descendants(int) ([]int, error) { return nil, errLinux }

func runsAs(int, string, string) bool { return false }
