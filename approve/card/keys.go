package card

import "strings"

// What keys of arguments and names of tools stand for. Both are read as words: "filePath", "file-path" and "FILE_PATH" are file and path. The
// words are about those of package rules, which refuses by them; here they only decide how something is shown.

// wordSet is a set of lower-case words.
type wordSet map[string]bool

func set(words string) wordSet {
	s := wordSet{}
	for _, w := range strings.Fields(words) {
		s[w] = true
	}
	return s
}

var (
	contentWords = set(`content contents text texts body data message messages markdown html xml json csv diff patch string str description
		comment comments summary prompt observation observations instruction instructions blob base64 bytes title subject`)
	pathWords = set(`path paths pathname file files filename filenames filepath filepaths dir dirs directory directories folder folders
		root roots cwd workdir source sources src destination destinations dest dst notebook attachment attachments pathnames basedir
		rootdir outdir outfile infile logfile keyfile pathlist archive workbook backup storagestate`)
	commandWords    = set(`command commands cmd cmds commandline shell bash sh zsh powershell exec run argv cmdline program executable binary exe bin terminal`)
	codeWords       = set(`script scripts code expression function javascript js python`)
	argumentWords   = set(`args argv arguments params parameters options flags`)
	lineWords       = set(`commands cmds scripts lines`)
	notCommandWords = set(`id ids number status date time type url attempt count conclusion timeout`)
	hostWords       = set(`url urls uri uris host hosts hostname hostnames domain domains endpoint endpoints webhook proxy registry href`)
	sqlWords        = set(`sql query queries statement statements`)
	recipientWords  = set(`to cc bcc recipient recipients attendee attendees invitee invitees channel channels email emails forward forwarding`)

	startWords = set(`cwd workdir dir directory folder root basedir rootdir base basepath project workspace parent`)

	shellTools  = set(`shell bash sh zsh exec execute command commands cmd run terminal process powershell ssh`)
	sqlTools    = set(`sql query db database sqlite postgres postgresql pg mysql mariadb duckdb bigquery snowflake mssql`)
	moveTools   = set(`move rename mv copy cp`)
	copyTools   = set(`copy cp`)
	deleteTools = set(`delete remove rm unlink rmdir trash erase destroy purge del`)
	makeTools   = set(`create make mkdir new`)
	folderTools = set(`directory folder dir mkdir`)
	fileMaps    = set(`files contents changes`)

	// Whole names, without what separates their words, in the order in which they count.
	pathNames    = strings.Fields(`path filepath file filename targetfile absolutepath abspath relativepath notebookpath target destination dest outputpath output outfile uri`)
	loosePaths   = set(`target destination dest output uri`) // of them: no path unless they look like one
	contentNames = strings.Fields(`content contents filetext filecontent newcontent text newtext newsource codeedit data blob base64 markdown html json csv code body`)
	oldNames     = strings.Fields(`oldtext oldstring oldstr oldcontent old search find originaltext oldcode`)
	newNames     = strings.Fields(`newtext newstring newstr newcontent new replace replacement replacewith newcode`)
	editNames    = strings.Fields(`edits changes replacements operations`)
	patchNames   = strings.Fields(`diff patch`)
	sourceNames  = strings.Fields(`source src from oldpath sourcepath frompath oldname path`)
	destNames    = strings.Fields(`destination dest dst to newpath destinationpath destpath topath targetpath newname target`)
	wherePlaced  = set(`line startline endline insertline offset position range ranges startindex lines viewrange cellid cellnumber`)
)

// words gives the lower-case words of a name.
func words(name string) (out []string) {
	name = firstBytes(name, 128)
	start, prevLower := -1, false
	flush := func(end int) {
		if start >= 0 {
			out = append(out, strings.ToLower(name[start:end]))
		}
		start = -1
	}
	for i := 0; i < len(name); i++ {
		c := name[i]
		upper := c >= 'A' && c <= 'Z'
		letter := upper || c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c >= 0x80
		if !letter || upper && prevLower {
			flush(i)
		}
		if letter && start < 0 {
			start = i
		}
		prevLower = letter && !upper
	}
	flush(len(name))
	return out
}

// any tells whether one of the words is in the set.
func (s wordSet) any(words []string) bool {
	for _, w := range words {
		if s[w] {
			return true
		}
	}
	return false
}

func (s wordSet) last(words []string) bool {
	return len(words) > 0 && s[words[len(words)-1]]
}

// plain gives a key without what separates its words.
func plain(key string) string { return strings.Join(words(key), "") }

// members gives the members of an object by plain key; they are kept, since they are asked for often.
func (t *tree) members(i int32) map[string]int32 {
	if i < 0 || !t.nodes[i].isObject() {
		return nil
	}
	if m, known := t.known[i]; known {
		return m
	}
	m := map[string]int32{}
	for c := range t.children(i) {
		name := plain(t.nodes[c].key)
		if _, twice := m[name]; !twice {
			m[name] = c
		}
	}
	if t.known == nil {
		t.known = map[int32]map[string]int32{}
	}
	t.known[i] = m
	return m
}

// first gives the first of the names that stands among members as a string, -1 where none does.
func (t *tree) first(members map[string]int32, names []string) int32 {
	for _, name := range names {
		if c, ok := members[name]; ok && t.nodes[c].isString() {
			return c
		}
	}
	return -1
}

// isTrue tells whether a member is the literal true.
func (t *tree) isTrue(members map[string]int32, name string) bool {
	c, ok := members[name]
	return ok && string(t.nodes[c].raw) == "true"
}
