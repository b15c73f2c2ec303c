package audit

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	// maxLine bounds a line of a session's file: values of 1 MiB, every byte of them escaped, and
	// the rest.
	maxLine = 7 << 20

	// maxFindings are reported of one file. One more changes nothing.
	maxFindings = 20
)

// scanned is what a pass over one chained file found.
type scanned struct {
	lines    int       // whole lines
	last     chainHash // of the last whole line, noHash where there is none
	torn     int       // bytes behind the last whole line
	findings []Finding
}

func (s *scanned) find(name, text string) {
	if len(s.findings) < maxFindings {
		s.findings = append(s.findings, Finding{name, s.lines, text})
	}
}

// scan checks the chain of the file called name. For each line that has a hash, right or wrong, it calls
// each, which says what else is wrong with the line. After a wrong line the chain goes on from the
// hash that the line states, so that a finding tells where a change was made.
func scan(name string, r io.Reader, each func(n int, line []byte, hash chainHash) string) (scanned, error) {
	s := scanned{last: noHash}
	br := bufio.NewReaderSize(r, 64<<10)
	var seq uint64
	for buf := []byte(nil); ; {
		line, whole, err := readLine(br, buf)
		if err != nil && !errors.Is(err, errLongLine) {
			return s, err
		}
		if !whole {
			s.torn = len(line)
			return s, nil
		}
		buf = line
		s.lines++
		body, hash, ok := splitLine(line)
		number, valid := lineSeq(line)
		if err != nil || !ok || !valid {
			s.find(name, "it is not a line of this log")
			seq++
			continue
		}
		if want := hashOf(s.last, body); want != hash {
			s.find(name, chainWords(seq, number))
		} else if number != seq+1 {
			s.find(name, fmt.Sprintf("its number is %d in place of %d", number, seq+1))
		}
		s.last, seq = hash, number
		if text := each(s.lines, line, hash); text != "" {
			s.find(name, text)
		}
	}
}

// chainWords says what probably happened where a line does not follow the one before it.
func chainWords(before, number uint64) string {
	switch {
	case number == before+2:
		return fmt.Sprintf("the line before it, number %d, is missing", before+1)
	case number > before+2:
		return fmt.Sprintf("the lines before it, numbers %d to %d, are missing", before+1, number-1)
	case number == before && number > 0:
		return fmt.Sprintf("it has the number %d of the line before it", number)
	case number <= before:
		return fmt.Sprintf("it is out of place: number %d follows number %d", number, before)
	}
	return "its hash is wrong: this line, or the hash of the one before it, was changed"
}

// lineSeq returns the number that a line states.
func lineSeq(line []byte) (uint64, bool) {
	var l struct {
		Seq uint64 `json:"seq"`
	}
	err := json.Unmarshal(line, &l)
	return l.Seq, err == nil && l.Seq > 0
}

var errLongLine = errors.New("the line is too long")

// readLine reads a line without its LF into buf. At the end of the file it returns whole = false and what
// is left. Of a line over maxLine bytes it returns the beginning and errLongLine.
func readLine(r *bufio.Reader, buf []byte) (line []byte, whole bool, err error) {
	line = buf[:0]
	for {
		part, rerr := r.ReadSlice('\n')
		if len(line)+len(part) > maxLine {
			err = errLongLine
		} else {
			line = append(line, part...)
		}
		switch {
		case rerr == nil:
			if err == nil {
				line = line[:len(line)-1]
			}
			return line, true, err
		case errors.Is(rerr, bufio.ErrBufferFull):
		case errors.Is(rerr, io.EOF):
			return line, false, nil
		default:
			return line, false, rerr
		}
	}
}
