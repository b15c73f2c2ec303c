package sql

import (
	"slices"
	"strings"
	"testing"
)

var bypasses = []string{
	// Statements behind others, with and without separators.
	"SELECT 1; DROP TABLE x", "COMMIT; DROP TABLE x", "SELECT 1 DROP TABLE x", "SELECT 1DROP TABLE x", "SELECT 1.DROP TABLE x",
	"SELECT 0x1DROP TABLE x", "SELECT 1eDROP TABLE x", "SELECT * FROM t WHERE a='x'DROP TABLE y", "SELECT (1)EXEC('x')",
	"SELECT * DELETE FROM t", "SELECT a FROM t ORDER BY a DESC DELETE t", "SELECT 1 l: DROP TABLE x",
	"IF 1=1 SELECT 1 ELSE DROP TABLE x", "BEGIN DROP TABLE x END", "SELECT 1\nGO\nDROP TABLE x", "SELECT 1\n/\nDROP TABLE x",
	"SELECT 1 EXEC xp_cmdshell 'dir'", "xp_cmdshell 'dir'", "DECLARE @x varchar(9) EXEC(@x)", "SELECT 1 SHUTDOWN",
	"EXPLAIN SELECT 1 DROP TABLE x", "SELECT 1 FROM [a]DROP TABLE x", "SELECT 1 UPDATE..t SET a=1", "SHOW TABLES; DROP TABLE x",
	"SELECT ? DROP TABLE x", "SELECT 1 FROM t GROUP BY ALL DELETE t", "SELECT 1 SELECT 2 INTO t", "USE db DROP TABLE x",
	"PRAGMA table_info(x) DROP TABLE x", "SAVEPOINT a DROP TABLE x", "SELECT NULL DROP TABLE x", "SELECT a[1] DROP TABLE x",
	// Comments that dialects end in different places.
	"/* /* */ DROP TABLE x; -- */", "/* /* */ SELECT 1; */ DROP TABLE x", "/*! DROP TABLE x */", "/*!50000 DROP TABLE x */",
	"/*M! DROP TABLE x */", "/*M!100100 DROP TABLE x */", "SELECT 1 /*!; DROP TABLE x */", "SELECT 1 # \n; DROP TABLE x",
	"SELECT 1 #; DROP TABLE x", "SELECT 1 --; DROP TABLE x", "SELECT 1 --1; DROP TABLE x", "SELECT 1 -- \r; DROP TABLE x",
	"SELECT 1 -- \u2028; DROP TABLE x", "SELECT 1 //; DROP TABLE x", "SELECT 1 /*! */ /*! INTO OUTFILE 'x' */", "SELECT 1 /* x",
	"SELECT/**/1;DROP/**/TABLE/**/x", "/*!DELETE*/ FROM t", "SELECT 1 */ DROP TABLE x",
	// Strings and names likewise.
	`SELECT 'a\'; DROP TABLE x; --'`, `SELECT 'a\\'; DROP TABLE x; --'`, `SELECT '\'' ; DROP TABLE x; -- '`,
	`SELECT "a\"; DROP TABLE x; --"`, "SELECT `a\\`; DROP TABLE x; --`", "SELECT $$a; DROP TABLE x; $$", "SELECT $a$'$a$; DROP TABLE x; --'",
	"SELECT $1$ ; DROP TABLE x; $1$", "SELECT [a'] ; DROP TABLE x; --']", "SELECT [a]]; DROP TABLE x; --]",
	"SELECT '''a'; DROP TABLE x; --'''", "SELECT E'a'\n'b\\'; DROP TABLE x; --'", "SELECT 'x", `SELECT "x`, "SELECT `x", "SELECT [x", "SELECT $$x",
	`SELECT U&"pg\005fsleep"(1)`, `SELECT U&"pg!005fsleep" UESCAPE '!' (1)`, `SELECT q'[']; DROP TABLE x; --]'`,
	// Writes within queries.
	"WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "WITH x AS (WITH y AS (SELECT 1) DELETE FROM t RETURNING *) SELECT 1",
	"WITH x AS (SELECT 1) DELETE FROM t", "SELECT * INTO t FROM u", "SELECT 1 INTO OUTFILE '/x'", "SELECT 1 INTO DUMPFILE '/x'",
	"SELECT 1 INTO @x", "SELECT @x := 1", "SELECT * FROM t FOR UPDATE", "SELECT * FROM t FOR NO KEY UPDATE", "SELECT * FROM t FOR SHARE",
	"SELECT * FROM t LOCK IN SHARE MODE", "SELECT * FROM t WITH (UPDLOCK)", "SELECT NEXT VALUE FOR s", "SELECT s.nextval",
	"SELECT * FROM FINAL TABLE (INSERT INTO t VALUES (1))", "(DELETE FROM t)", "((SELECT * INTO a FROM b))", "FROM t INSERT INTO u SELECT 1",
	// Functions.
	"SELECT pg_sleep(1)", `SELECT "pg_sleep"(1)`, "SELECT pg_catalog.pg_sleep(1)", "SELECT pg_read_file('x')", "SELECT lo_import('x')",
	"SELECT lo_export(1, 'x')", "SELECT * FROM dblink('x', 'y') AS t(a int)", "SELECT nextval('s')", "SELECT setval('s', 1)",
	"SELECT pg_terminate_backend(1)", "SELECT load_file('x')", "SELECT load_extension('x')", "SELECT sys_exec('x')",
	"SELECT query_to_xml('drop table x', true, true, '')", "SELECT writefile('x', 'y')", "SELECT http_get('x')", "SELECT set_config('a', 'b', false)",
	"SELECT my_function()", "SELECT evil.lower('x')", "SELECT [pg_sleep] (1)", "SELECT `load_file`('x')", "SELECT PG_SLEEP/**/(1)", "SELECT pg_sleep\n(1)",
	"SELECT DISTINCT pg_sleep(1)", "SELECT TOP (1) f(x)", "SELECT sleep(5)", "SELECT benchmark(1, 2)", "VALUES (pg_sleep(1))",
	"SHOW TABLES WHERE sleep(5)", "SELECT * FROM OPENROWSET('a', 'b', 'c')", "SELECT * FROM read_csv('x')", "SELECT * FROM 'x.csv'",
	`SELECT * FROM "x.csv"`, "SELECT * FROM `http://x/y`", "EXPLAIN SELECT sleep(5)", "SELECT 'x'.system()", "SELECT OPERATOR(a.+)(1)",
	"SELECT CASE WHEN pg_sleep(1) IS NULL THEN 1 END", "SELECT a FROM t ORDER BY pg_sleep(1)", "SELECT x'41' || load_file(0x41)",
	"SELECT * FROM t, lateral dangerous(t.a)", "SELECT a FROM t LIMIT (SELECT nextval('s'))", "SELECT f(x) g(y), h(z)", ".lower(", "SELECT * FROM (pg_sleep(1)) x",
	"SELECT * FROM (a, pg_sleep(1))", "SELECT * FROM ((pg_sleep(1)))", "SELECT a FROM t JOIN pg_sleep(1) ON true",
	// Explaining, describing, pragmas, clients.
	`explain ("analyze") delete from t`, `explain (costs, "analyze" true) delete from t`, `explain (U&"analyze") delete from t`,
	"select * from pragma_optimize", "select * from main.pragma_optimize", `select * from "pragma_optimize" where arg=1`,
	"select 1 begin dialog conversation @h from service x", "select 1 end conversation @h",
	"select 1 begin dialog @h from service x", "select 1 begin conversation timer (@h) timeout = 1", "select 1 send on conversation @h (1)",
	"select 1 receive top(1) * from q", "select 1 receive * from q", "select 1 disable trigger a on b", "select * from pragma_wal_checkpoint('x')",
	"select 1 INTO/**/OUTFILE 'x'", "create function f returns integer soname 'x.so'", "install plugin a soname 'x.so'", "vacuum into 'x'",
	"select t.f(x) from t", "select (t).f(x) from t", "select * from [pragma_optimize]",
	"EXPLAIN ANALYZE DELETE FROM t", "EXPLAIN (ANALYZE) DELETE FROM t", "EXPLAIN (VERBOSE, ANALYZE TRUE) UPDATE t SET a=1",
	"EXPLAIN ANALYZE EXECUTE p", "EXPLAIN PLAN FOR SELECT 1", "EXPLAIN INTO @v SELECT 1", "EXPLAIN ANALYZE CREATE TABLE x AS SELECT 1",
	"EXPLAIN ANALYZE VERBOSE WITH x AS (SELECT 1) DELETE FROM t", "ANALYZE FORMAT=JSON DELETE FROM t", "DESCRIBE ANALYZE DELETE FROM t",
	"PRAGMA writable_schema=1", "PRAGMA writable_schema(1)", "PRAGMA main.journal_mode=off", "PRAGMA wal_checkpoint(TRUNCATE)",
	"PRAGMA table_info(x); DROP TABLE y", "PRAGMA incremental_vacuum", `PRAGMA "writable_schema"=1`, "PRAGMA temp_store_directory='x'",
	`\! rm x`, `SELECT 1 \! rm`, `\copy t to 'x'`, `SELECT 1 \gexec`, ".shell rm", ".read x", ".tables\nDROP TABLE x", "!!rm", "SELECT 1\n!!rm",
	"SELECT 1\n:!! rm", "DELIMITER $$\nDROP TABLE x$$", "system rm", "source x", "{call p()}", "HANDLER t OPEN",
	// Letters and bytes.
	"SELECT 1;\u0000DROP TABLE x", "SELECT 1\x00", "ＤＲＯＰ TABLE x", "DRОP TABLE x", "D\u200bROP TABLE x", "SELECT\u00a01", "\ufeffSELECT 1",
	"SELECT 1\u3000", "SELECT 'a\xbf\x27; DROP TABLE x'", "ſELECT 1", "SELECT 1 \x01", "SELEСT 1", "SELECT pg_ѕleep(1)",
	// The rest.
	"SET SESSION CHARACTERISTICS AS TRANSACTION READ WRITE", "SET ROLE x", "SET TRANSACTION READ ONLY, READ WRITE", "RESET ALL", "BEGIN READ WRITE",
	"START TRANSACTION READ WRITE", "SET default_transaction_read_only = off", "PREPARE x AS DELETE FROM t", "EXECUTE x", "CALL p()",
	"DO $$ BEGIN DROP TABLE x; END $$", "ATTACH 'x' AS y", "DETACH y", "LOAD 'x'", "INSTALL httpfs", "COPY t FROM PROGRAM 'x'", "COPY (SELECT 1) TO '/x'",
	"LOCK TABLE t", "REFRESH MATERIALIZED VIEW v", "REINDEX TABLE t", "VACUUM", "ANALYZE t", "NOTIFY x", "KILL 5", "FLUSH TABLES", "USE ROLE x",
	"BACKUP DATABASE x TO DISK='y'", "IMPORT FOREIGN SCHEMA s FROM SERVER x INTO y", "TABLE t INTO OUTFILE 'x'", "VALUES ROW(1) INTO OUTFILE 'x'",
	"WITH x AS (SELECT 1)", "WITH", "nonsense", "1", "'x'", "(", ")", "SELECT 1)", "SELECT (1", "ROLLBACK", "END", "CREATE TABLE x (a int)",
}

func TestBypassesWrite(t *testing.T) {
	for _, text := range bypasses {
		list := parse(text)
		if !slices.ContainsFunc(list, func(s Statement) bool { return s.Write }) {
			t.Errorf("%q: %q does not write", text, shown(list))
		}
		if strings.Contains(text, "DROP TABLE") && !strings.Contains(text, "$$\nDROP") && !slices.ContainsFunc(list, func(s Statement) bool { return s.Kind == "drop" || s.Kind == unknown }) {
			t.Errorf("%q: %q neither drops nor is unknown", text, shown(list))
		}
	}
}

func TestBypassesAreUnknownWhereDialectsDisagree(t *testing.T) {
	for _, text := range []string{
		`SELECT 'a\'; DROP TABLE x; --'`, "SELECT 1 DROP TABLE x", "/* /* */ DROP TABLE x; -- */", "/*! DROP TABLE x */", "SELECT 1 /* x",
		"SELECT 'x", "SELECT\u00a01", "D\u200bROP TABLE x", "DRОP TABLE x", "SELECT 1\x00", "SELECT '\xff'", `SELECT 1 \! rm`,
		"SELECT 1 #; DROP TABLE x", "SELECT $$a; DROP TABLE x; $$",
	} {
		if list := parse(text); len(list) == 0 || list[0].Kind != unknown || !list[0].Write {
			t.Errorf("%q: %q, want unknown first", text, shown(list))
		}
	}
}

func TestConditions(t *testing.T) {
	for cond, want := range map[string]bool{
		"": false, "WHERE id = 1": true, "WHERE 1=1": false, "WHERE true": false, "WHERE 'a'='a'": false, "WHERE id = id": false,
		"WHERE t.id = t.id": false, "WHERE id = 1 OR 1=1": false, "WHERE id = 1 OR true": false, "WHERE (id = 1) OR (1=1)": false,
		"WHERE ((1=1))": false, "WHERE (id = 1 OR (a = 2 OR 1=1))": false, "WHERE id = 1 AND 1=1": true, "WHERE 1=1 AND id=1": true,
		"WHERE NOT false": false, "WHERE 1": false, "WHERE id BETWEEN 1 AND 5": true, "WHERE id IN (1,2)": true, "WHERE name LIKE '%x'": true,
		"WHERE exists (SELECT 1)": false, "WHERE id IN (SELECT a FROM b WHERE c = 1)": true, "WHERE a=1 || 1=1": false, "WHERE lower(name) = 'x'": true,
		"WHERE rand() < 2": false, "/* WHERE id = 1 */": false, "-- WHERE id = 1": false, "WHERE 'where' = 'where'": false, "/*! WHERE id = 1 */": false,
		"WHERE a = 1 /*! OR 1=1 */": false, "WHERE id >= id": false, "WHERE a LIKE a": false, "WHERE a = 1 LIMIT 5": true,
		"WHERE a = 1 RETURNING *": true, "SELECT * FROM y WHERE a = 1": false, "WHERE 1=1 SELECT * FROM y WHERE a = 1": false,
	} {
		list := parse("DELETE FROM t " + cond)
		i := slices.IndexFunc(list, func(s Statement) bool { return s.Kind == "delete" })
		j := slices.IndexFunc(list, func(s Statement) bool { return s.Kind == "delete" && !s.Where })
		if i < 0 || (j < 0) != want {
			t.Errorf("%q: %q, want where %v", cond, shown(list), want)
		}
	}
}

func TestTables(t *testing.T) {
	for text, want := range map[string]string{
		"SELECT * FROM Users": "users",
		`SELECT * FROM public.users u, "Secret"."T" JOIN c ON 1=1`:      "public.users Secret.T c",
		"INSERT INTO a.b (c) SELECT d FROM e":                           "a.b e",
		"UPDATE t SET a = 1":                                            "t",
		"DELETE FROM t USING u WHERE t.a = u.a":                         "t u",
		"DROP TABLE IF EXISTS a, b":                                     "a b",
		"CREATE TABLE IF NOT EXISTS x.y (a int)":                        "x.y",
		"TRUNCATE TABLE a":                                              "a",
		"SELECT extract(year FROM d) FROM t WHERE a IS DISTINCT FROM b": "t",
		"SELECT * FROM (SELECT * FROM inner_t) x, other":                "inner_t other",
		"SELECT (SELECT max(a) FROM s) FROM t":                          "s t",
		"MERGE INTO a USING b ON a.x=b.x WHEN MATCHED THEN DELETE":      "a b",
		"SELECT * FROM [dbo].[My Table]":                                "dbo.My Table",
		"SELECT * FROM `a`.`b`":                                         "a.b",
		"EXPLAIN FORMAT=JSON SELECT * FROM t":                           "t",
		"ALTER TABLE ONLY a ADD b int":                                  "a",
		"DESCRIBE t":                                                    "t",
		"SELECT * FROM db..t":                                           "db..t",
		"SELECT * FROM generate_series(1,2), t":                         "t",
	} {
		var got []string
		for _, s := range parse(text) {
			got = append(got, s.Tables...)
		}
		if s := strings.Join(got, " "); s != want {
			t.Errorf("%q: %q, want %q", text, s, want)
		}
	}
}

func TestLimits(t *testing.T) {
	if got := shown(parse(strings.Repeat(" ", maxText+1))); got != "unknown!" {
		t.Errorf("long text: %q", got)
	}
	list := parse(strings.Repeat("SELECT 1;", maxStatements+50))
	if n := len(list); n != maxStatements+1 || list[n-1].Kind != unknown {
		t.Errorf("%d statements, the last %v", n, list[n-1])
	}
	if list := parse(strings.Repeat("SELECT 1;", maxStatements)); len(list) != maxStatements || list[maxStatements-1].Kind != "select" {
		t.Errorf("%d statements", len(list))
	}
	deep := "SELECT " + strings.Repeat("(", maxDepth+5) + "1" + strings.Repeat(")", maxDepth+5)
	if got := shown(parse(deep)); got != "unknown!" {
		t.Errorf("deep text: %q", got)
	}
}
