package main

import (
	"encoding/json"
	"fmt"
	"io"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"
)

// A report is the table: what was measured on what machine.
type report struct {
	Machine machine `json:"machine"`
	Rounds  int     `json:"rounds"`
	Awake   bool    `json:"cpus_kept_awake"`
	Pinned  bool    `json:"pinned_to_one_cpu"`
	Quick   bool    `json:"quick"`
	Rows    []*row  `json:"rows"`
	targets []string
}

// A machine is what figures depend on. It names nobody.
type machine struct {
	CPUs   int    `json:"cpus"`
	Arch   string `json:"arch"`
	Go     string `json:"go"`
	Kernel string `json:"kernel"`
}

// A row is a figure with its values by target: the median, its ratio to the relay's, and
// the value of each round.
type row struct {
	Key     string               `json:"key"`
	Figure  string               `json:"figure"`
	Unit    string               `json:"unit"`
	Median  map[string]float64   `json:"median"`
	Ratio   map[string]float64   `json:"ratio"`
	Budget  string               `json:"budget,omitempty"`
	Verdict string               `json:"verdict,omitempty"`
	Values  map[string][]float64 `json:"values"`
}

func newReport(b *bench) *report {
	r := &report{
		Machine: machine{b.cpus, runtime.GOARCH, runtime.Version(), kernel()},
		Rounds:  b.opts.rounds, Awake: b.opts.spin, Pinned: b.opts.pin, Quick: b.opts.quick,
		targets: b.opts.targets,
	}
	for _, f := range figures {
		r.Rows = append(r.Rows, &row{
			Key: f.key, Figure: f.title, Unit: f.unit, Budget: f.budget.String(),
			Median: map[string]float64{}, Ratio: map[string]float64{}, Values: map[string][]float64{},
		})
	}
	return r
}

// add takes what one group of a round gave for a target.
func (r *report) add(target string, got values) {
	for _, row := range r.Rows {
		if value, ok := got[row.Key]; ok {
			row.Values[target] = append(row.Values[target], value)
		}
	}
}

// judge computes medians, ratios and verdicts from the values.
func (r *report) judge() {
	for i, row := range r.Rows {
		for target, all := range row.Values {
			row.Median[target] = median(all)
		}
		floor, ok := row.Median[relay]
		for target, value := range row.Median {
			if ok && floor > 0 {
				row.Ratio[target] = value / floor
			}
		}
		row.Verdict = figures[i].budget.verdict(lookUp(row.Median, sallyport), lookUp(row.Ratio, sallyport))
	}
}

func lookUp(m map[string]float64, key string) *float64 {
	value, ok := m[key]
	if !ok {
		return nil
	}
	return &value
}

func median(all []float64) float64 {
	sorted := slices.Sorted(slices.Values(all))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

func (r *report) writeJSON(w io.Writer) error {
	r.judge()
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	out.SetEscapeHTML(false)
	return out.Encode(r)
}

// writeTable prints Markdown that reads well as it stands.
func (r *report) writeTable(w io.Writer) error {
	r.judge()
	header := append([]string{"figure", "unit"}, r.targets...)
	table := [][]string{append(header, "budget", "")}
	for i, row := range r.Rows {
		cells := []string{row.Figure, row.Unit}
		for _, target := range r.targets {
			cells = append(cells, row.cell(target, figures[i].digits))
		}
		table = append(table, append(cells, row.Budget, row.Verdict))
	}
	if _, err := io.WriteString(w, r.conditions()+"\n\n"); err != nil {
		return err
	}
	widths := columnWidths(table)
	for i, cells := range table {
		if err := writeCells(w, cells, widths); err != nil {
			return err
		}
		if i == 0 {
			if _, err := io.WriteString(w, ruler(widths)); err != nil {
				return err
			}
		}
	}
	return nil
}

// cell is the median, with the ratio to the relay's in brackets.
func (row *row) cell(target string, digits int) string {
	value, ok := row.Median[target]
	if !ok {
		return "–"
	}
	text := fmt.Sprintf("%.*f", digits, value)
	if ratio, ok := row.Ratio[target]; ok && target != relay {
		text += fmt.Sprintf(" (%.2f)", ratio)
	}
	return text
}

func (r *report) conditions() string {
	m := r.Machine
	parts := []string{fmt.Sprintf("%d CPUs, %s, %s, %s", m.CPUs, m.Arch, m.Go, m.Kernel),
		fmt.Sprintf("medians of %d interleaved rounds, in brackets × the relay's", r.Rounds)}
	if r.Awake {
		parts = append(parts, "CPUs kept awake")
	} else {
		parts = append(parts, "CPUs may halt")
	}
	if r.Pinned {
		parts = append(parts, "all pinned to one CPU")
	}
	if r.Quick {
		parts = append(parts, "quick: too few calls to judge by")
	}
	return strings.Join(parts, "; ")
}

func columnWidths(table [][]string) []int {
	widths := make([]int, len(table[0]))
	for _, cells := range table {
		for i, cell := range cells {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	return widths
}

func writeCells(w io.Writer, cells []string, widths []int) error {
	var line strings.Builder
	for i, cell := range cells {
		pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
		if i < 2 {
			line.WriteString("| " + cell + pad + " ")
		} else {
			line.WriteString("| " + pad + cell + " ")
		}
	}
	_, err := io.WriteString(w, line.String()+"|\n")
	return err
}

func ruler(widths []int) string {
	var line strings.Builder
	for i, width := range widths {
		if i < 2 {
			line.WriteString("|" + strings.Repeat("-", width+2))
		} else {
			line.WriteString("|" + strings.Repeat("-", width+1) + ":")
		}
	}
	return line.String() + "|\n"
}
