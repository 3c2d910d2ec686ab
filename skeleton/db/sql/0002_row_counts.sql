-- Differences are only inserted and deleted, never updated. Folding is a single statement, so every snapshot sees
-- either the rows it removes or their replacement. SKIP LOCKED separates concurrent folds.
CREATE FUNCTION core_fold_row_count(counted text) RETURNS void LANGUAGE sql AS $$
    WITH free AS (
        SELECT id FROM core_row_count WHERE source = counted LIMIT 4096 FOR UPDATE SKIP LOCKED
    ), gone AS (
        DELETE FROM core_row_count USING free WHERE core_row_count.id = free.id RETURNING part, delta
    )
    INSERT INTO core_row_count (source, part, delta) SELECT counted, part, sum(delta) FROM gone GROUP BY part;
$$;

-- core_count_rows('<column to group counts by>', or nothing)
CREATE FUNCTION core_count_rows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM core_row_count WHERE source = TG_TABLE_NAME;
    ELSIF TG_OP = 'UPDATE' THEN  -- of the column that rows are counted apart by
        INSERT INTO core_row_count (source, part, delta)
        VALUES (TG_TABLE_NAME, to_jsonb(OLD)->>TG_ARGV[0], -1), (TG_TABLE_NAME, to_jsonb(NEW)->>TG_ARGV[0], 1);
    ELSE
        INSERT INTO core_row_count (source, part, delta)
        SELECT TG_TABLE_NAME, coalesce(to_jsonb(touched)->>TG_ARGV[0], ''), count(*) * CASE TG_OP WHEN 'INSERT' THEN 1 ELSE -1 END
        FROM touched GROUP BY 2;
        IF random() < 1.0 / 256 THEN
            PERFORM core_fold_row_count(TG_TABLE_NAME);
        END IF;
    END IF;
    RETURN NULL;
END $$;

CREATE FUNCTION core_begin_counting(counted text, part text DEFAULT NULL) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER core_count_insert AFTER INSERT ON %I REFERENCING NEW TABLE AS touched
                    FOR EACH STATEMENT EXECUTE FUNCTION core_count_rows(%s)', counted, quote_literal(part));
    EXECUTE format('CREATE TRIGGER core_count_delete AFTER DELETE ON %I REFERENCING OLD TABLE AS touched
                    FOR EACH STATEMENT EXECUTE FUNCTION core_count_rows(%s)', counted, quote_literal(part));
    EXECUTE format('CREATE TRIGGER core_count_truncate AFTER TRUNCATE ON %I
                    FOR EACH STATEMENT EXECUTE FUNCTION core_count_rows()', counted);
    IF part IS NOT NULL THEN
        EXECUTE format('CREATE TRIGGER core_count_update AFTER UPDATE ON %1$I FOR EACH ROW
                        WHEN (OLD.%2$I IS DISTINCT FROM NEW.%2$I) EXECUTE FUNCTION core_count_rows(%2$L)', counted, part);
    END IF;
    -- CREATE TRIGGER keeps writers out until the end of the transaction: nothing slips in between
    EXECUTE format('INSERT INTO core_row_count (source, part, delta) SELECT %L, %s, count(*) FROM %I GROUP BY 2',
                   counted, coalesce(quote_ident(part) || '::text', '''''::text'), counted);
END $$;

CREATE FUNCTION core_stop_counting(counted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER core_count_insert ON %I', counted);
    EXECUTE format('DROP TRIGGER core_count_delete ON %I', counted);
    EXECUTE format('DROP TRIGGER core_count_truncate ON %I', counted);
    EXECUTE format('DROP TRIGGER IF EXISTS core_count_update ON %I', counted);
    DELETE FROM core_row_count WHERE source = counted;
END $$;
