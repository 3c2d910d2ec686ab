CREATE FUNCTION skeleton_uuid7() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
    -- RFC 9562: 48 bits of milliseconds, the version, 12 bits of the millisecond's fraction, the variant, random bits.
    SELECT encode(
        substring(int8send(floor(micros / 1000)::bigint) FROM 3 FOR 6)
        || substring(int4send(28672 + floor((micros % 1000) * 4.096)::int) FROM 3 FOR 2)
        || set_bit(set_bit(substring(uuid_send(gen_random_uuid()) FROM 9), 7, 1), 6, 0),
        'hex')::uuid
    FROM (SELECT floor(extract(epoch FROM clock_timestamp()) * 1000000) AS micros) AS now
$$;
