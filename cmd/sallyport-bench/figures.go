package main

import "fmt"

// A figure is one row of the table.
type figure struct {
	key    string // in JSON
	title  string
	unit   string
	digits int // after the point
	budget budget
}

// A budget is a limit on what sallyport may cost; the zero value is none.
type budget struct {
	kind  budgetKind
	limit float64
}

type budgetKind int

const (
	noBudget   budgetKind = iota
	ratioMost             // times the relay's, at most
	ratioLeast            // times the relay's, at least
	valueMost             // in the figure's unit, at most
)

const (
	callP50         = "call_p50"
	callP99         = "call_p99"
	pathP50         = "path_call_p50"
	pinnedP50       = "pinned_call_p50"
	cpuAll          = "cpu_10000"
	cpuWrapper      = "cpu_10000_wrapper"
	cpuPinned       = "cpu_10000_pinned"
	inFlight        = "in_flight"
	textMedium      = "text_1mib"
	textLarge       = "text_16mib"
	records         = "records_1mib"
	listFirst       = "list_first"
	listLater       = "list_later"
	startTime       = "start"
	memorySmall     = "memory_small"
	memoryLarge     = "memory_16mib"
	memorySecondary = "memory_supervisor"
)

var figures = []figure{
	{callP50, "1 KiB call, round trip, median", "µs", 1, budget{ratioMost, 1.6}},
	{callP99, "1 KiB call, round trip, 99th percentile", "µs", 1, budget{}},
	{pathP50, "1 KiB call that names a path, median", "µs", 1, budget{}},
	{pinnedP50, "1 KiB call pinned to one CPU, median", "µs", 1, budget{}},
	{cpuAll, "CPU per 10,000 calls, wrapper and supervisor", "s", 3, budget{ratioMost, 2}},
	{cpuWrapper, "CPU per 10,000 calls, wrapper alone", "s", 3, budget{}},
	{cpuPinned, "CPU per 10,000 calls pinned to one CPU", "s", 3, budget{}},
	{inFlight, "32 calls in flight", "calls/s", 0, budget{ratioLeast, 0.3}},
	{textMedium, "1 MiB text results", "MB/s", 0, budget{ratioLeast, 0.25}},
	{textLarge, "16 MiB text results", "MB/s", 0, budget{ratioLeast, 0.25}},
	{records, "1 MiB of records", "MB/s", 0, budget{ratioLeast, 0.15}},
	{listLater, "tools/list of 500 tools", "ms", 2, budget{ratioMost, 3}},
	{listFirst, "tools/list of 500 tools, the first", "ms", 2, budget{ratioMost, 4}},
	{startTime, "start until initialize is answered", "ms", 2, budget{ratioMost, 2.5}},
	{memorySmall, "peak memory of the wrapper, small calls", "MiB", 1, budget{valueMost, 16}},
	{memoryLarge, "peak memory of the wrapper, 16 MiB frames", "MiB", 1, budget{valueMost, 16 + 1.5*16}},
	{memorySecondary, "peak memory of the supervisor", "MiB", 1, budget{}},
}

func (b budget) String() string {
	switch b.kind {
	case ratioMost:
		return fmt.Sprintf("≤ %g ×", b.limit)
	case ratioLeast:
		return fmt.Sprintf("≥ %g ×", b.limit)
	case valueMost:
		return fmt.Sprintf("≤ %g", b.limit)
	}
	return ""
}

// verdict is "ok" or "over", and "" where there is no budget or nothing to judge by: value
// or ratio is nil where it was not measured.
func (b budget) verdict(value, ratio *float64) string {
	measured := ratio
	if b.kind == valueMost {
		measured = value
	}
	if b.kind == noBudget || measured == nil {
		return ""
	}
	if b.kind == ratioLeast && *measured >= b.limit || b.kind != ratioLeast && *measured <= b.limit {
		return "ok"
	}
	return "over"
}
