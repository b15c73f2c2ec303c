package sql

import (
	"strings"
	"sync"
)

// What is known of a word, as bits.
const (
	verbWord    uint8 = 1 << iota // may begin a statement that writes, behind another in SQL Server
	reserved                      // part of the grammar: neither a name nor called when "(" follows
	beforeValue                   // a value or name follows, so that no statement can begin
	pure                          // a function that only computes, or a type
	opens                         // a word of the grammar that may stand before "("
	fromArgs                      // a function whose arguments are separated by FROM
	tableNext                     // a table's name follows
)

type vocabulary struct {
	ids   map[string]uint16
	words []string
	flags []uint8
}

// The vocabulary is made when it is first needed, as most sessions hold no SQL.
var known = sync.OnceValue(func() *vocabulary {
	v := &vocabulary{ids: map[string]uint16{"": 0}, words: []string{""}, flags: []uint8{0}}
	v.add(runOnVerbs, verbWord)
	v.add(grammar, reserved)
	v.add(valueComesNext, beforeValue)
	v.add(fromArguments, fromArgs|pure)
	v.add(tableComesNext, tableNext)
	v.add(beforeParenthesis, opens)
	v.add(furtherWords, 0)
	for verb := range verbs {
		v.add(verb, 0)
	}
	for _, list := range [...]string{types, textFunctions, numberFunctions, timeFunctions,
		setFunctions, jsonFunctions, postgresFunctions, otherFunctions} {
		v.add(list, pure)
	}
	return v
})

func (v *vocabulary) add(list string, flags uint8) {
	for _, w := range strings.Fields(list) {
		id, ok := v.ids[w]
		if !ok {
			id = uint16(len(v.words))
			v.ids[w] = id
			v.words = append(v.words, w)
			v.flags = append(v.flags, 0)
		}
		v.flags[id] |= flags
	}
}

// lookUp gives the place of a word in the vocabulary, in any case, or 0.
func lookUp(w string) uint16 {
	var buf [40]byte
	if len(w) > len(buf) {
		return 0
	}
	for i := range len(w) {
		c := w[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		buf[i] = c
	}
	return known().ids[string(buf[:len(w)])]
}

// mode says how a statement is judged.
type mode uint8

const (
	writes   mode = iota // always
	queries              // by its words
	withs                // by the verb behind WITH
	explains             // by the statement behind it, where that is run
	pragmas
	begins
	sets
	uses
	rollbacks
	reads // never
)

type verb struct {
	kind string
	mode mode
}

// verbs are the words that begin a statement. Those that are not here are
// unknown.
var verbs = func() map[string]verb {
	m := map[string]verb{
		"select": {"select", queries}, "values": {"values", queries}, "table": {"table", queries}, "from": {"select", queries},
		"show": {"show", queries}, "with": {"with", withs}, "pragma": {"pragma", pragmas},
		"explain": {"explain", explains}, "describe": {"describe", explains}, "desc": {"describe", explains},
		"begin": {"begin", begins}, "start": {"begin", begins}, "set": {"set", sets}, "use": {"use", uses},
		"rollback": {"rollback", rollbacks}, "abort": {"rollback", rollbacks},
		"savepoint": {"savepoint", reads}, "release": {"release", reads},
		"end": {"commit", writes}, "exec": {"execute", writes}, "analyse": {"analyze", writes},
	}
	for _, w := range strings.Fields(`insert update delete merge replace upsert create drop alter truncate rename grant
		revoke deny comment copy load unload import export call execute do prepare deallocate declare fetch open close move
		reset commit lock unlock vacuum analyze reindex cluster refresh discard listen notify unlisten reassign
		checkpoint attach detach install uninstall kill shutdown flush optimize repair check checksum cache handler xa change purge
		binlog signal get put remove undrop backup restore dbcc bulk reconfigure waitfor print raiserror throw
		revert save summarize security`) {
		m[w] = verb{w, writes}
	}
	return m
}()

const (
	runOnVerbs = `insert update delete merge replace create drop alter truncate grant revoke deny exec execute set commit rollback
		backup restore bulk dbcc kill shutdown reconfigure checkpoint use load save dump updatetext writetext setuser revert
		waitfor raiserror add`

	grammar = `in and or not from select where exists any all some on using as over when then else case end join by union
		intersect except minus having limit offset between like ilike rlike regexp glob match similar is isnull notnull escape
		distinct group order into with lateral null true false default cast returning asc desc inner outer cross natural full
		xor div mod binary collate qualify current_date current_time current_timestamp localtime localtimestamp values table recursive
		tablesample materialized interval array row`

	valueComesNext = `select distinct where and or not by on having when case in like ilike between is set from join as using
		limit offset top values returning into table order group union`

	fromArguments = `extract trim substring position overlay`

	tableComesNext = `from join into`

	furtherWords = `update delete for share key no lock next value nextval updlock xlock tablockx option only if ignore low_priority
		quick temporary temp unlogged concurrently external global local tables view views schema database user role login
		procedure proc function trigger extension character char charset index tran transaction work signature analyze analyse plan
		query read write isolation level committed uncommitted repeatable serializable snapshot deferred immediate exclusive
		deferrable session characteristics nocount off to tablespace conversation dialog send receive enable disable concurrent delayed high_priority consistent`

	types = `varchar char nchar nvarchar character text string bytes blob bytea binary varbinary bit bool boolean tinyint smallint
		mediumint int integer int2 int4 int8 int64 bigint hugeint decimal dec numeric number bignumeric real float float4 float8
		float64 double signed unsigned date datetime datetime2 datetimeoffset smalldatetime time timetz timestamp timestamptz
		timestamp_ntz timestamp_ltz timestamp_tz varying uuid json jsonb xml money enum struct map list array vector geometry geography
		uniqueidentifier bpchar varbit year`

	beforeParenthesis = `index key partition filter top option pivot unpivot bernoulli system first next columns exclude sets rollup
		cube path raw auto root against within grouping window force ignore unnest row rows rowset percent of nolock only
		materialized recursive flatten generator table partitions precision
		preceding following interval xmlnamespaces concurrently`

	textFunctions = `ascii bit_length btrim char char_length character_length charindex chr concat concat_ws contains convert decode
		difference elt encode ends_with endswith field find_in_set format formatmessage glob hex initcap insert instr lcase left
		length len like_escape locate lower lpad ltrim make_set mid normalize octet_length oct ord parse_ident parsename patindex printf
		quote quote_ident quote_literal quote_nullable quotename regexp_contains regexp_count regexp_extract
		regexp_extract_all regexp_instr regexp_like regexp_match regexp_matches regexp_replace regexp_split_to_array
		regexp_split_to_table regexp_substr repeat replace replicate reverse right rpad rtrim soundex space split split_part
		starts_with startswith str strcmp strpos string_split string_to_array string_to_table str_split stuff substr substring_index
		to_ascii to_base64 from_base64 to_hex translate try_cast try_convert ucase unhex unicode upper like similarity
		levenshtein unaccent soundex metaphone md5 sha sha1 sha2 sha224 sha256 sha384 sha512 crc32 hashbytes checksum
		binary_checksum hash digest to_char to_number to_date to_timestamp safe_cast try_parse parse weight_string ilike rlike regexp
		lower_inc lower_inf upper_inc upper_inf string_escape editdist3 edit_distance jaccard edit_distance_similarity`

	numberFunctions = `abs acos acosd acosh asin asinh atan atan2 atanh atn2 bit_count cbrt ceil ceiling conv cos cosh cot degrees
		div exp factorial floor gcd greatest lcm least ln log log10 log2 min_scale mod nullif pi pow power radians rand
		random round scale sign sin sinh sqrt square tan tanh trim_scale trunc truncate width_bucket coalesce ifnull isnull
		nvl nvl2 zeroifnull nullifzero iff if iif choose decode case safe_divide isnan is_nan is_inf isnumeric try_to_number
		try_to_date to_decimal uniform newid gen_random_uuid uuid_generate_v4 uuid generate_uuid randomblob zeroblob typeof
		pg_typeof bin bit_and bit_or bit_xor ieee_divide`

	timeFunctions = `adddate addtime age clock_timestamp convert_tz curdate current_date current_time current_timestamp curtime
		date date_add date_diff date_format date_part date_sub date_trunc dateadd datediff datediff_big datefromparts datename datepart
		datetime datetimefromparts datetrunc day dayname dayofmonth dayofweek dayofyear days_between eomonth from_days
		from_unixtime getdate getutcdate hour isdate isfinite julianday justify_days justify_hours justify_interval last_day
		localtime localtimestamp make_date make_interval make_time make_timestamp make_timestamptz makedate maketime microsecond
		minute month monthname months_between now period_add period_diff quarter sec_to_time second statement_timestamp str_to_date
		strftime strptime subdate subtime switchoffset sysdate sysdatetime sysdatetimeoffset sysutcdatetime time time_format
		time_to_sec timediff timefromparts timestamp timestampadd timestampdiff timezone to_days to_seconds todatetimeoffset
		transaction_timestamp unix_timestamp unixepoch utc_date utc_time utc_timestamp week weekday weekofyear year yearweek
		date_bin time_bucket epoch epoch_ms format_date format_timestamp parse_date parse_timestamp timestamp_trunc
		timestamp_diff timestamp_add timestamp_sub datetime_diff datetime_trunc datetime_add datetime_sub add_months try_to_timestamp`

	setFunctions = `any_value approx_count_distinct approx_distinct approx_quantiles approx_percentile arg_max arg_min argmax argmin
		array_agg array_concat_agg avg bit_and bool_and bool_or checksum_agg corr count count_big count_if countif covar_pop
		covar_samp cume_dist dense_rank every first first_value group_concat grouping grouping_id histogram hll
		json_agg json_arrayagg json_object_agg json_objectagg jsonb_agg jsonb_object_agg json_group_array json_group_object
		jsonb_group_array jsonb_group_object kurtosis lag last last_value lead list listagg logical_and logical_or max max_by mean
		median min min_by mode nth_value ntile object_agg percent_rank percentile_cont percentile_disc quantile quantile_cont
		range_agg rank regr_avgx regr_avgy regr_count regr_intercept regr_r2 regr_slope row_number skewness std stddev stddev_pop
		stddev_samp stdev stdevp string_agg sum sumif total var var_pop var_samp variance varp xmlagg array_to_string
		generate_series generate_subscripts range sequence series generate_array generate_date_array explode posexplode`

	jsonFunctions = `json json_array json_array_elements json_array_elements_text json_array_length json_build_array
		json_build_object json_contains json_contains_path json_depth json_each json_each_text json_extract
		json_extract_path json_extract_path_text json_extract_scalar json_insert json_keys json_length json_merge json_merge_patch
		json_merge_preserve json_modify json_object json_object_keys json_overlaps json_patch json_path_exists json_pretty
		json_query json_quote json_remove json_replace json_search json_serialize json_set json_strip_nulls json_table json_to_record
		json_to_recordset json_tree json_type json_typeof json_unquote json_valid json_value jsonb jsonb_array_elements
		jsonb_array_elements_text jsonb_array_length jsonb_build_array jsonb_build_object jsonb_each jsonb_each_text
		jsonb_extract jsonb_extract_path jsonb_extract_path_text jsonb_insert jsonb_object jsonb_object_keys jsonb_path_exists
		jsonb_path_match jsonb_path_query jsonb_path_query_array jsonb_path_query_first jsonb_populate_record jsonb_pretty
		jsonb_set jsonb_strip_nulls jsonb_to_record jsonb_to_recordset jsonb_typeof openjson isjson row_to_json to_json
		to_jsonb to_json_string parse_json try_parse_json get_path array_length array_position array_positions array_prepend
		array_remove array_replace array_upper array_lower array_ndims array_cat array_append array_dims array_contains
		array_size array_construct object_construct cardinality unnest array list_value list_contains struct_pack
		element_at map_keys map_values xmlelement xmlforest xmlparse xmlserialize xpath xpath_exists xmltable object_keys
		list_aggregate list_sort list_filter list_transform len flatten`

	postgresFunctions = `current_database current_schema current_schemas current_setting current_user session_user user version
		col_description obj_description shobj_description format_type has_any_column_privilege has_column_privilege
		has_database_privilege has_function_privilege has_schema_privilege has_sequence_privilege has_table_privilege
		pg_has_role pg_backend_pid pg_column_size pg_database_size pg_get_constraintdef pg_get_expr pg_get_functiondef
		pg_get_function_arguments pg_get_function_identity_arguments pg_get_function_result pg_get_indexdef pg_get_keywords
		pg_get_partkeydef pg_get_ruledef pg_get_serial_sequence pg_get_triggerdef pg_get_userbyid pg_get_viewdef
		pg_encoding_to_char pg_indexes_size pg_is_in_recovery pg_postmaster_start_time pg_relation_size pg_size_pretty
		pg_table_is_visible pg_table_size pg_tablespace_size pg_total_relation_size pg_type_is_visible
		pg_blocking_pids pg_current_wal_lsn pg_wal_lsn_diff pg_last_xact_replay_timestamp to_regclass to_regtype to_regproc
		to_regnamespace to_tsvector to_tsquery plainto_tsquery phraseto_tsquery websearch_to_tsquery ts_headline ts_rank ts_rank_cd
		setweight strip tsvector_to_array num_nonnulls num_nulls inet_client_addr inet_server_addr host network masklen
		daterange int4range int8range numrange tsrange tstzrange isempty st_area st_asgeojson st_astext st_buffer
		st_contains st_distance st_dwithin st_geomfromtext st_intersects st_length st_makepoint st_point st_setsrid
		st_transform st_within st_x st_y st_srid pg_get_statisticsobjdef pg_relation_filenode pg_stat_get_numscans`

	otherFunctions = `sqlite_version changes last_insert_rowid last_insert_id total_changes likely unlikely likelihood
		pragma_table_info pragma_table_xinfo pragma_index_list pragma_index_info pragma_index_xinfo pragma_foreign_key_list
		pragma_table_list pragma_database_list pragma_function_list pragma_module_list pragma_collation_list
		pragma_compile_options pragma_pragma_list bm25 highlight snippet database schema connection_id row_count found_rows system_user
		inet_aton inet_ntoa inet6_aton inet6_ntoa uuid_to_bin bin_to_uuid is_uuid any_value col_length col_name
		columnproperty databasepropertyex db_id db_name has_perms_by_name ident_current ident_incr
		ident_seed index_col indexproperty is_member is_srvrolemember object_definition object_id object_name object_schema_name
		objectproperty objectpropertyex original_db_name schema_id schema_name scope_identity serverproperty suser_id suser_name
		suser_sname type_id type_name typeproperty user_id user_name host_name app_name isnull error_message error_number
		dm_exec_sql_text dm_exec_query_plan current_account current_role current_warehouse current_region
		duckdb_tables duckdb_columns duckdb_views duckdb_schemas duckdb_functions duckdb_settings
		session_context`
)

func words(list string) []string { return strings.Fields(list) }
