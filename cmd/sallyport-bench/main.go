// Sallyport-bench measures what a wrapped server costs, and prints it as a table.
//
// Three targets run in turn, interleaved: the bare server, the same server behind a
// relay that only copies (io.Copy both ways: the floor for any second process), and the
// same server behind "sallyport wrap" with rules, pins, guard and log on. Server, relay
// and the busy loops that keep the CPUs awake are this binary, started again with a
// private first argument.
//
// Each figure is the median over the rounds; in brackets stands its ratio to the relay of
// the same run. Absolute figures move with the machine, ratios move less. Sequential
// latency on two CPUs is bimodal (it depends on where the scheduler puts the two hops),
// so the table gives it pinned to one CPU as well.
//
// Client and server write each small frame by itself, 32 in flight or not, as real ones do.
// Every answer is checked for its id and its length, and the first of each kind byte for
// byte, so that a wrapper that refuses, holds or changes a frame ends the run with an error.
//
// Two more targets are measured where they are named: "guarded", sallyport that has given the
// server 20 secrets and looks for them in all it says, and "keyring", sallyport that takes 5
// secrets from the keyring of the system at each start (under dbus-run-session, with
// gnome-keyring-daemon unlocked).
//
// The wrapper gets folders of its own for configuration, state and sockets. Where the user
// has a sallyport configuration, wrap does not honour such folders, and the run ends with
// wrap's own words. The time of a single decision over many rules is not measured here but
// by the benchmarks of package rules.
//
// It needs Linux: CPU times, peak memory and affinity come from there.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
)

const usage = `usage: go run ./cmd/sallyport-bench [-rounds N] [-quick] [-spin=false] [-pin]
           [-targets bare,relay,sallyport,guarded,keyring] [-sallyport PATH] [-json]

`

type options struct {
	rounds    int
	quick     bool
	spin      bool
	pin       bool
	json      bool
	targets   []string
	sallyport string
}

func main() {
	if runRole(os.Args[1:]) {
		return
	}
	opts, err := parse(os.Args[1:], os.Stderr)
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err != nil {
		os.Exit(2)
	}
	// After an interrupt the folders are removed and the busy loops ended as after any error.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, opts, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintf(os.Stderr, "sallyport-bench: error: %v\n", err)
		os.Exit(1)
	}
}

// parse reads the command line; what is wrong with it has been written to stderr.
func parse(args []string, stderr io.Writer) (options, error) {
	var opts options
	var targets string
	flags := flag.NewFlagSet("sallyport-bench", flag.ContinueOnError)
	flags.SetOutput(stderr)
	flags.Usage = func() {
		fmt.Fprint(stderr, usage)
		flags.PrintDefaults()
	}
	flags.IntVar(&opts.rounds, "rounds", 10, "take the median of `N` interleaved rounds")
	flags.BoolVar(&opts.quick, "quick", false, "few calls a round: to see that it works, not to measure")
	flags.BoolVar(&opts.spin, "spin", true, "keep CPUs awake with one SCHED_IDLE busy loop each")
	flags.BoolVar(&opts.pin, "pin", false, "pin every process of every figure to one CPU")
	flags.BoolVar(&opts.json, "json", false, "print JSON, with the value of every round")
	flags.StringVar(&targets, "targets", "bare,relay,sallyport", "what to measure, comma separated")
	flags.StringVar(&opts.sallyport, "sallyport", "", "the binary to measure `PATH` (default: built from this module)")
	if err := flags.Parse(args); err != nil {
		return opts, err
	}
	opts.targets = strings.Split(targets, ",")
	err := check(opts, flags.Args())
	if err != nil {
		fmt.Fprintf(stderr, "sallyport-bench: error: %v\n", err)
	}
	return opts, err
}

func check(opts options, rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("unexpected argument %q", rest[0])
	}
	if opts.rounds < 1 {
		return errors.New("-rounds must be 1 or more")
	}
	for i, name := range opts.targets {
		if known := []string{bare, relay, sallyport, guarded, keyring}; !slices.Contains(known, name) {
			return fmt.Errorf("unknown target %q; there are %s", name, strings.Join(known, ", "))
		}
		if slices.Contains(opts.targets[:i], name) {
			return fmt.Errorf("target %q is named twice", name)
		}
	}
	return nil
}

// run measures and prints; progress goes to stderr.
func run(ctx context.Context, opts options, stdout, stderr io.Writer) error {
	if err := checkSystem(); err != nil {
		return err
	}
	bench, err := newBench(opts)
	if err != nil {
		return err
	}
	defer bench.close()
	report, err := bench.measure(ctx, stderr)
	if err != nil {
		return err
	}
	if opts.json {
		return report.writeJSON(stdout)
	}
	return report.writeTable(stdout)
}
