package audit

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"sallyport/wrap/file"
)

// Prune removes the files of sessions whose last line is older than keepDays days, and of the oldest
// ones as long as all files together have more than keepBytes bytes. Zero or less stands for no
// limit. Live sessions stay. Each removal is recorded in heads.jsonl before it is made.
//
// It also gives sessions that were killed a "lost" record, which fixes their lines from then on.
//
// It may be called concurrently with everything, and waits for the folder's lock like Open.
func Prune(dir string, keepDays int, keepBytes int64, now time.Time) error {
	unlock, err := file.Lock(filepath.Join(dir, lockName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("pruning the log: %w", err)
	}
	defer unlock()
	if err := prune(dir, limits{keepDays, keepBytes, now}); err != nil {
		return fmt.Errorf("pruning the log in %q: %w", dir, err)
	}
	return nil
}

type limits struct {
	days  int
	bytes int64
	now   time.Time
}

func prune(dir string, lim limits) error {
	h, err := readHeads(dir)
	if err != nil {
		return err
	}
	files, err := List(dir)
	if err != nil {
		return err
	}
	var records []head
	var old []File
	var total int64
	sizes := map[string]int64{}
	for _, f := range files {
		info, err := os.Lstat(f.Path)
		if err != nil || !info.Mode().IsRegular() {
			continue
		}
		st := h.files[f.Name]
		if st == nil || st.end == nil {
			if isLive(f.Path) {
				total += info.Size()
				continue
			}
			if st != nil && st.start != nil && st.removed == nil {
				records = appendLost(records, f, lim.now)
			}
		}
		if lim.days > 0 && info.ModTime().Before(lim.now.AddDate(0, 0, -lim.days)) || st != nil && st.removed != nil {
			records = appendRemoval(records, f, st, removal{"age", lim.now})
			old = append(old, f)
			continue
		}
		sizes[f.Name] = info.Size()
		total += info.Size()
	}
	for _, f := range files {
		size, ok := sizes[f.Name]
		if !ok || lim.bytes <= 0 || total <= lim.bytes {
			continue
		}
		records = appendRemoval(records, f, h.files[f.Name], removal{"size", lim.now})
		old = append(old, f)
		total -= size
	}
	if len(records) > 0 {
		if err := appendHead(dir, records...); err != nil {
			return err
		}
	}
	return remove(old)
}

// removal says why and when a file is removed.
type removal struct {
	reason string
	now    time.Time
}

// appendRemoval records a removal, once: a file that an earlier one could not remove has its record.
func appendRemoval(records []head, f File, st *headState, r removal) []head {
	if st != nil && st.removed != nil {
		return records
	}
	return append(records, head{Time: r.now, Event: "remove", Session: f.ID, File: f.Name, Reason: r.reason})
}

// appendLost fixes the lines of a session that ended without an end record.
func appendLost(records []head, f File, now time.Time) []head {
	in, err := file.Open(f.Path)
	if err != nil {
		return records // Verify says more about such a file
	}
	defer in.Close()
	s, err := scan(f.Name, in, func(int, []byte, chainHash) string { return "" })
	if err != nil || s.lines == 0 {
		return records
	}
	return append(records, head{Time: now, Event: "lost", Session: f.ID, File: f.Name,
		Lines: uint64(s.lines), Head: s.last.String()})
}

func remove(files []File) error {
	var first error
	for _, f := range files {
		if err := os.Remove(f.Path); err != nil && !errors.Is(err, fs.ErrNotExist) && first == nil {
			first = err
		}
	}
	return first
}
