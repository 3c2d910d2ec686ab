-- Counts one hit for each of several limits, in the given order, and returns 0, or the seconds to wait if one of them
-- refuses. A refused hit isn't counted anywhere. A limit with a pause grows: after `allowed` hits, each further one
-- must wait twice as long as the previous one, at most `longest`, until `seconds` pass without any.
CREATE FUNCTION core_throttle_hit(keys text[], allowed int[], seconds int[], pauses int[], longest int[])
RETURNS int LANGUAGE plpgsql AS $$
DECLARE
    refused int;
BEGIN
    FOR i IN 1 .. cardinality(keys) LOOP
        INSERT INTO core_throttle AS t (key, hits, resets_at, next_at)
        VALUES (keys[i], 1, now() + seconds[i] * interval '1 second',
                CASE WHEN pauses[i] > 0 AND allowed[i] <= 1 THEN now() + pauses[i] * interval '1 second' END)
        ON CONFLICT (key) DO UPDATE SET
            hits = CASE WHEN t.resets_at <= now() THEN 1 ELSE t.hits + 1 END,
            resets_at = CASE WHEN t.resets_at <= now() OR (pauses[i] > 0 AND t.hits + 1 >= allowed[i])
                             THEN excluded.resets_at ELSE t.resets_at END,
            next_at = CASE WHEN t.resets_at <= now() THEN excluded.next_at
                           WHEN pauses[i] > 0 AND t.hits + 1 >= allowed[i]
                           THEN now() + least(longest[i], pauses[i] * 2 ^ least(t.hits + 1 - allowed[i], 20))
                                        * interval '1 second' END
        WHERE t.resets_at <= now() OR t.hits < allowed[i]
              OR (pauses[i] > 0 AND coalesce(t.next_at, now()) <= now());
        IF NOT FOUND THEN
            UPDATE core_throttle SET hits = hits - 1 WHERE key = ANY (keys[:i - 1]) AND hits > 0;
            SELECT greatest(1, ceil(extract(epoch FROM
                CASE WHEN pauses[i] > 0 THEN next_at ELSE resets_at END - clock_timestamp()))::int) INTO refused
            FROM core_throttle WHERE key = keys[i];
            RETURN coalesce(refused, 1);
        END IF;
    END LOOP;
    RETURN 0;
END $$;
