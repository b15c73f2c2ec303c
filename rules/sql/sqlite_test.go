package sql

import (
	"bufio"
	"encoding/json"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// authorizer prepares each statement of standard input, a JSON string a line,
// and prints what sqlite says: "error", or whether anything but reading was
// asked for.
const authorizer = `
import json, sqlite3, sys
for line in sys.stdin:
    db = sqlite3.connect(":memory:", isolation_level=None)
    db.executescript("create table t(a,b); create table u(a,b); create view v as select a from t")
    seen = []
    def judge(action, a, b, c, d):
        if action == 19 and b is None or action == 19 and a in ("table_info", "index_list", "integrity_check"):
            return 0
        if action not in (20, 21, 31, 33):
            seen.append(action)
        return 0
    db.set_authorizer(judge)
    text = json.loads(line)
    try:
        db.execute("EXPLAIN " + text if not text.lower().lstrip().startswith(("explain", "pragma", "begin", "attach", "detach", "vacuum")) else text)
        print("writes" if seen else "reads")
    except Exception as e:
        print("error")
`

func generated(n int) []string {
	rng := rand.New(rand.NewPCG(1, 2))
	pick := func(list ...string) string { return list[rng.IntN(len(list))] }
	query := func() string {
		return pick("SELECT a FROM t", "SELECT * FROM v WHERE a = 'x'", "VALUES (1)", "SELECT max(a) FROM (SELECT * FROM u)",
			"SELECT replace(a, 'delete', 'y') FROM t", "SELECT [a] FROM `t` WHERE \"b\" > 1")
	}
	change := func() string {
		return pick("DELETE FROM t", "UPDATE t SET a = 1", "INSERT INTO t VALUES (1, 2)", "REPLACE INTO t (a) VALUES (1)",
			"INSERT OR REPLACE INTO t SELECT * FROM u", "DROP TABLE t", "CREATE TABLE x AS SELECT 1", "CREATE TEMP VIEW x AS SELECT 1",
			"ALTER TABLE t RENAME TO x", "PRAGMA user_version = 1", "PRAGMA writable_schema(1)", "SAVEPOINT x", "REINDEX t", "ANALYZE",
			"ATTACH ':memory:' AS x", "DROP VIEW v", "UPDATE t SET a = (SELECT 1) WHERE b = 2 RETURNING a", "COMMIT", "VACUUM")
	}
	var out []string
	for range n {
		s := query()
		if rng.IntN(2) == 0 {
			s = change()
		}
		switch rng.IntN(6) {
		case 0:
			s = "WITH x AS (" + query() + ") " + s
		case 1:
			s = "EXPLAIN QUERY PLAN " + query()
		case 2:
			s = query() + " UNION " + query()
		case 3:
			s = "WITH RECURSIVE x(a) AS MATERIALIZED (" + query() + "), y AS (SELECT 1) " + s
		}
		gap := pick(" ", "\n", "/* ; */", " -- x\n", "\t", "/**/")
		out = append(out, pick("", "/* x */", "-- x\n", " ")+strings.ReplaceAll(s, " ", gap)+pick("", ";", " -- DROP", ";;"))
	}
	return out
}

func TestSQLiteAuthorizerSeesNoWriteThatParseMisses(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		if os.Getenv("SALLYPORT_MUST_RUN") != "" {
			t.Fatal("no python3 to run sqlite's authorizer")
		}
		t.Skip("no python3 to run sqlite's authorizer")
	}
	texts := append(generated(1500), bypasses...)
	var in strings.Builder
	for _, s := range texts {
		line, _ := json.Marshal(s)
		in.Write(append(line, '\n'))
	}
	cmd := exec.CommandContext(t.Context(), python, "-c", authorizer)
	cmd.Dir = t.TempDir() // ATTACH makes files
	cmd.Stdin = strings.NewReader(in.String())
	out, err := cmd.Output()
	if err != nil {
		t.Skipf("python3 has no sqlite3: %v", err)
	}
	lines := bufio.NewScanner(strings.NewReader(string(out)))
	counts := map[string]int{}
	for _, s := range texts {
		if !lines.Scan() {
			t.Fatal("sqlite answered too few statements")
		}
		counts[lines.Text()]++
		list := parse(s)
		writes := slices.ContainsFunc(list, func(s Statement) bool { return s.Write })
		transaction := len(list) > 0 && list[0].Kind == "savepoint"
		if lines.Text() == "writes" && !writes && !transaction {
			t.Errorf("%q: sqlite sees a write, Parse gives %q", s, shown(list))
		}
	}
	t.Logf("%v", counts)
}
