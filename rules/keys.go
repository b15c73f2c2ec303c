package rules

import (
	"errors"
	"strings"
)

// Keys of arguments are read as words: "filePath", "file-path" and "FILE_PATH" are file and path. Words say what a value is to us.

// wordBits says what a word of a key stands for.
type wordBits uint16

const (
	contentWord wordBits = 1 << iota
	pathWord
	looseWord // a path where the value has the shape of one
	commandWord
	notCommandWord // ends keys that only speak of a command: run_id, command_type
	hostWord
	sqlWord
	recipientWord
	lineWord   // a list of command lines rather than an argument array
	folderWord // where relative paths beside it may start
)

var keyWords = func() map[string]wordBits {
	m := map[string]wordBits{}
	for bit, list := range map[wordBits]string{
		contentWord: `content contents text texts body data message messages markdown html
			xml json csv diff patch string str description comment comments summary prompt
			observation observations instruction instructions blob base64 bytes title subject`,
		pathWord: `path paths pathname file files filename filenames filepath filepaths
			dir dirs directory directories folder folders root roots cwd workdir source sources
			src destination destinations dest dst uri uris notebook attachment attachments
			pathnames basedir rootdir outdir outfile infile logfile keyfile pathlist archive
			workbook backup storagestate`,
		looseWord: `from to input inputs output outputs target targets location locations
			name names repo repository workspace project image images document documents database
			db key identity cert certificate config log link ref module entry item items include`,
		commandWord: `command commands cmd cmds commandline script scripts shell bash sh
			zsh powershell exec run argv args arguments code cmdline program executable binary
			exe bin terminal`,
		lineWord:       `commands cmds scripts lines`,
		folderWord:     `cwd workdir dir directory folder root basedir rootdir base basepath project workspace parent`,
		notCommandWord: `id ids number status date time type url attempt count conclusion`,
		hostWord:       `url urls host hosts hostname hostnames domain domains endpoint endpoints webhook proxy registry href`,
		sqlWord:        `sql query queries statement statements`,
		recipientWord: `to cc bcc recipient recipients attendee attendees invitee invitees channel channels
			email emails forward forwarding`,
	} {
		for _, w := range strings.Fields(list) {
			m[w] |= bit
		}
	}
	return m
}()

// keyMask is what the words of a key stand for: any of them, and the last.
type keyMask struct{ any, last wordBits }

// walk is what those share that go through the arguments of a frame: what keys stand for, since servers use few, again and again, and
// how much may still be walked, since what is nested is walked once for each level.
type walk struct {
	kinds map[string]keyMask
	left  int // bytes
}

const (
	maxKeyKinds = 1024
	maxKeyWords = 64 // bytes of a key that are read
)

var errNested = errors.New("the arguments are too large and too deeply nested")

// begin allows as much work as a frame of n bytes may cause.
func (w *walk) begin(n int) { w.left = 64<<20 + 16*n }

// enter charges for going through an object or a list.
func (w *walk) enter(raw []byte) error {
	if w.left -= len(raw); w.left < 0 {
		return errNested
	}
	return nil
}

func (w *walk) of(key []byte) keyMask {
	key = key[:min(len(key), maxKeyWords)]
	if m, known := w.kinds[string(key)]; known {
		return m
	}
	var m keyMask
	last := eachWord(key, func(word []byte) { m.any |= keyWords[string(word)] })
	m.last = keyWords[string(last)]
	if len(w.kinds) >= maxKeyKinds {
		clear(w.kinds)
	}
	w.kinds[string(key)] = m
	return m
}

// keyKind says what a key's value is to us as a path.
type keyKind uint8

const (
	plainKey   keyKind = iota
	looseKey           // a path where the value has the shape of one
	pathKey            // always a path
	contentKey         // never a path
)

// path gives the kind of a key: the last word decides about contents, any word about paths.
func (m keyMask) path() keyKind {
	switch {
	case m.last&contentWord != 0:
		return contentKey
	case m.any&pathWord != 0:
		return pathKey
	case m.any&looseWord != 0:
		return looseKey
	}
	return plainKey
}

// text tells whether the value is a command or code, as text.
func (m keyMask) text() bool { return m.any&commandWord != 0 }

// command tells whether it is a command line or an argument array.
func (m keyMask) command() bool { return m.text() && m.last&notCommandWord == 0 }

// lines tells whether an array there may hold command lines.
func (m keyMask) lines() bool { return m.any&lineWord != 0 }

// eachWord calls f with the lower-case words of a key and gives the last one. Keys
// of more than 64 bytes are cut, since words that matter are short.
func eachWord(key []byte, f func([]byte)) (last []byte) {
	var buf [maxKeyWords]byte
	w := buf[:0]
	flush := func() {
		if len(w) > 0 {
			f(w)
			last = w
		}
	}
	prevLower := false
	for _, c := range key[:min(len(key), len(buf))] {
		upper := c >= 'A' && c <= 'Z'
		letter := upper || c >= 'a' && c <= 'z' || c >= 0x80
		if !letter && (c < '0' || c > '9') || upper && prevLower {
			flush()
			w = w[len(w):]
		}
		if letter {
			if upper {
				c |= 0x20
			}
			w = append(w, c)
		}
		prevLower = letter && !upper
	}
	flush()
	return last
}
