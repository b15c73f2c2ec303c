package sql

import (
	"strings"
	"testing"
)

// shown writes statements as "select", "drop!" for one that writes, "delete!?"
// with a WHERE.
func shown(list []Statement) string {
	var out []string
	for _, s := range list {
		k := s.Kind
		if s.Write {
			k += "!"
		}
		if s.Where {
			k += "?"
		}
		out = append(out, k)
	}
	return strings.Join(out, " ")
}

var honest = []struct{ text, want string }{
	{"", ""}, {" ;; ", ""}, {"-- only a comment", ""}, {"/* x */;", ""},
	{"SELECT 1", "select"},
	{"select conversation, dialog, receive from conversation c join dialog on conversation = 1", "select"},
	{"select * from pragma_table_info('t') p", "select"}, {"select name from main.pragma_table_list", "select"},
	{"select (t).f from t", "select"},
	{`explain ("analyze") delete from t`, "explain! delete!"}, {`explain (costs, "analyze" true) delete from t where a=1`, "explain! delete!?"},
	{"select * from users where id = 5;", "select"},
	{"SELECT u.id, count(*) FROM users u LEFT JOIN orders o ON o.uid = u.id GROUP BY u.id HAVING count(*) > 3 ORDER BY 2 DESC LIMIT 10", "select"},
	{"WITH a AS (SELECT 1), b (x, y) AS (SELECT 2, 3) SELECT * FROM a, b", "select"},
	{"WITH RECURSIVE t(n) AS (VALUES (1) UNION ALL SELECT n+1 FROM t WHERE n < 100) SELECT sum(n) FROM t", "select"},
	{"SELECT x FROM t WHERE a IN (1,2) AND b BETWEEN 1 AND 2 OR c IS NULL", "select"},
	{"SELECT CAST(x AS varchar(10)), y::numeric(10,2) FROM t", "select"},
	{"SELECT * FROM generate_series(1, 10) g(n)", "select"},
	{"SELECT * FROM (VALUES (1,'a')) t(a, b)", "select"},
	{"SELECT a #>> '{x,y}', b->'c' ? 'd' FROM t", "select"},
	{"SELECT `a`, `order` FROM `my-db`.`t`", "select"},
	{"SELECT TOP 10 [name] FROM [dbo].[users] WITH (NOLOCK)", "select"},
	{"SELECT replace(a, 'x', 'y'), insert(a, 1, 2, 'z'), truncate(1.5, 1) FROM t", "select"},
	{"SELECT 'it''s; DROP TABLE x'", "select"},
	{`SELECT 'it\'s'`, "select"},
	{`SELECT E'it\'s; DROP TABLE x'`, "unknown! drop!"},
	{"(SELECT 1) UNION (SELECT 2)", "select"},
	{"VALUES (1, 2)", "values"}, {"TABLE users", "table"}, {"FROM users SELECT id", "select"},
	{"SHOW TABLES", "show"}, {"SHOW CREATE TABLE t", "show"}, {"show grants for 'a'@'b'", "show"},
	{"SHOW FULL COLUMNS FROM t LIKE 'a%'", "show"},
	{"DESCRIBE t", "describe"}, {"desc t col", "describe"}, {"DESCRIBE TABLE a.b", "describe"},
	{"EXPLAIN SELECT 1", "explain"}, {"EXPLAIN DELETE FROM t", "explain"}, {"EXPLAIN QUERY PLAN SELECT * FROM t", "explain"},
	{"EXPLAIN UPDATE t SET a = 1 WHERE b = 2", "explain"},
	{"EXPLAIN INSERT INTO t (a) VALUES (1)", "explain"},
	{"EXPLAIN (FORMAT JSON, VERBOSE) SELECT * FROM t", "explain"},
	{"EXPLAIN (ANALYZE, BUFFERS) SELECT * FROM t", "explain"},
	{"EXPLAIN ANALYZE SELECT * FROM t", "explain"},
	{"EXPLAIN FORMAT=JSON SELECT * FROM t", "explain"},
	{"EXPLAIN ANALYZE DELETE FROM t", "explain! delete!"},
	{"EXPLAIN (ANALYZE, BUFFERS) DELETE FROM t WHERE a=1", "explain! delete!?"},
	{"EXPLAIN ANALYZE WITH x AS (DELETE FROM t RETURNING *) SELECT * FROM x", "explain! delete!"},
	{"DESC ANALYZE UPDATE t SET a=1", "describe! update!"},
	{"PRAGMA table_info(x)", "pragma"}, {"PRAGMA table_info('x')", "pragma"}, {"pragma main.user_version", "pragma"},
	{"PRAGMA user_version = 3", "pragma!"}, {"PRAGMA user_version(3)", "pragma!"}, {"PRAGMA writable_schema=ON", "pragma!"},
	{"PRAGMA journal_mode", "pragma"}, {"PRAGMA journal_mode=DELETE", "pragma!"}, {"PRAGMA optimize", "pragma!"},
	{"INSERT INTO t VALUES (1)", "insert!"}, {"INSERT INTO t (a) SELECT b FROM u ON CONFLICT (a) DO UPDATE SET a = 1", "insert!"},
	{"INSERT INTO t VALUES (1) ON DUPLICATE KEY UPDATE a = 1", "insert!"},
	{"REPLACE INTO t VALUES (1)", "replace!"},
	{"UPDATE t SET a = 1 WHERE b = 2", "update!?"}, {"UPDATE t SET a = 1", "update!"},
	{"DELETE FROM t WHERE id IN (SELECT id FROM u WHERE x = 1) RETURNING *", "delete!?"},
	{"MERGE INTO t USING s ON t.a=s.a WHEN MATCHED THEN UPDATE SET a=1 WHEN NOT MATCHED THEN INSERT (a) VALUES (1) WHEN MATCHED THEN DELETE", "merge!"},
	{"CREATE TABLE t (a int REFERENCES b ON DELETE CASCADE)", "create!"},
	{"ALTER TABLE t DROP COLUMN a, ADD COLUMN b int", "alter!"},
	{"DROP TABLE IF EXISTS a, b", "drop!"}, {"TRUNCATE t", "truncate!"}, {"GRANT SELECT, INSERT, DELETE ON t TO u", "grant!"},
	{"BEGIN", "begin"}, {"START TRANSACTION READ ONLY", "begin"}, {"BEGIN READ WRITE", "begin!"}, {"BEGIN IMMEDIATE", "begin!"},
	{"COMMIT", "commit!"}, {"ROLLBACK", "rollback!"}, {"ROLLBACK TO SAVEPOINT a", "rollback"}, {"SAVEPOINT a", "savepoint"},
	{"SET TRANSACTION READ ONLY", "set"}, {"SET TRANSACTION READ WRITE", "set!"}, {"SET ROLE admin", "set!"}, {"SET GLOBAL x = 1", "set!"},
	{"SET NOCOUNT ON; SELECT 1", "set select"},
	{"USE db", "use"}, {"USE ROLE admin", "use!"}, {"EXEC sp_who", "execute!"}, {"CALL p()", "call!"}, {"DO $$x$$", "do!"},
	{"VACUUM INTO 'x'", "vacuum!"}, {"ATTACH 'x' AS y", "attach!"}, {"COPY t TO PROGRAM 'x'", "copy!"},
	{"SELECT 1; SELECT 2", "select select"}, {"SELECT 1\nGO\nSELECT 2", "unknown!"},
	{"WITH x AS (SELECT 1) INSERT INTO t SELECT * FROM x", "insert!"},
	{"WITH x AS (SELECT 1) UPDATE t SET a=1 WHERE b=1", "update!?"},
	{"WITH x AS (DELETE FROM t WHERE a=1 RETURNING *) SELECT * FROM x", "select! delete!?"},
	{"SELECT имя FROM клиенты", "select"},
	{"SELECT open, high, low, close FROM prices", "select"},
	{"SELECT commit, load FROM builds", "select"},
	{"SELECT a FROM t -- don't", "select"},
	{"SELECT /*+ hint */ a FROM t", "select"}, {"SELECT /*!40001 SQL_NO_CACHE */ a FROM t", "select"},
	{"SELECT * FROM t WHERE a = $1 AND b = $2", "select"}, {"SELECT * FROM t WHERE a = ? AND b = :b AND c = @c", "select"},
	{"SELECT pg_catalog.lower(x), EXTRACT(year FROM d) FROM t", "select"},
	{"SELECT CASE WHEN a THEN 1 ELSE 2 END FROM t", "select"},
	{"SELECT row_number() OVER (PARTITION BY a ORDER BY b) FROM t", "select"},
	{"SELECT a FROM t1 UNION ALL SELECT b FROM t2", "select"},
	{"SELECT EXISTS(SELECT 1 FROM t)", "select"},
	{"SELECT ARRAY[1,2], a[1] FROM t", "select"},
	{"SELECT a FROM t FOR XML PATH('')", "select"},
}

func TestReadsHonestStatements(t *testing.T) {
	for _, c := range honest {
		if got := shown(parse(c.text)); got != c.want {
			t.Errorf("%q: got %q, want %q", c.text, got, c.want)
		}
	}
}
