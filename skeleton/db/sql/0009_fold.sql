-- How texts are compared by searches and unique keys. Columns store what these functions return, so they never change:
-- a new way of folding gets the next version here, and a migration adds the columns again that use it
-- (skeleton/db/search.py). Each part of the code that folds names its version.

-- skeleton_fold(text): the text without differences that people don't type: case, accents, letters of other alphabets'
-- variants (ß ss, ø o, ё е, ґ г), forms of Unicode, apostrophes, invisible characters, kinds of spaces, dashes and digits.
-- й and ї are letters of their own and stay.
CREATE FUNCTION skeleton_fold(value text, version integer DEFAULT 1) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text;
BEGIN
    IF version <> 1 THEN
        RAISE EXCEPTION 'skeleton_fold() has no version %', version;
    END IF;
    IF octet_length(value) = char_length(value) THEN  -- ASCII
        RETURN translate(lower(value), E'\t`''', ' ');
    END IF;
    -- the acute accent alone is typed as an apostrophe, but is a space with a mark in NFKD
    folded := lower(normalize(replace(value, E'\u00B4', ''), NFKD));
    -- of й and ї, the mark is a part of the letter
    folded := replace(replace(folded, E'\u0438\u0306', E'\u0439'), E'\u0456\u0308', E'\u0457');
    -- marks of European, Hebrew and Arabic letters (those of Indic and other scripts are vowels), and invisible characters
    folded := regexp_replace(
        folded,
        E'[\u00AD\u0300-\u036F\u0483-\u0487\u0591-\u05BD\u05BF\u05C1-\u05C2\u05C4-\u05C5\u05C7\u061C\u0640\u064B-\u065F'
        '\u0670\u115F-\u1160\u17B4-\u17B5\u180B-\u180F\u1AB0-\u1AFF\u1DC0-\u1DFF\u200B-\u200F\u202A-\u202E\u2060-\u206F'
        '\u20D0-\u20FF\uFE00-\uFE0F\uFE20-\uFE2F\uFEFF\uFFF9-\uFFFB\U000E0000-\U000E0FFF]+',
        '', 'g'
    );
    folded := replace(replace(replace(replace(folded, 'ß', 'ss'), 'æ', 'ae'), 'œ', 'oe'), 'þ', 'th');
    folded := translate(
        folded,
        E'øđðħıłŋŧƀɨƶəɓɗƙʉґς'
        -- dashes, slashes and the tab
        '\u058A\u05BE\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\u2E3A\u2E3B\u2044\u2215\u29F8\t'
        -- digits: Arabic, Persian, Devanagari, Bengali, Thai
        '\u0660\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668\u0669\u06F0\u06F1\u06F2\u06F3\u06F4\u06F5\u06F6\u06F7'
        '\u06F8\u06F9\u0966\u0967\u0968\u0969\u096A\u096B\u096C\u096D\u096E\u096F\u09E6\u09E7\u09E8\u09E9\u09EA\u09EB'
        '\u09EC\u09ED\u09EE\u09EF\u0E50\u0E51\u0E52\u0E53\u0E54\u0E55\u0E56\u0E57\u0E58\u0E59'
        -- apostrophes, which are dropped
        '\u0027\u0060\u02B9\u02BB\u02BC\u02BD\u02BE\u02BF\u02C8\u02CA\u02CB\u055A\u05F3\u2018\u2019\u201A\u201B\u2032'
        '\u2035\uA78C',
        'oddhilntbizebdkuгσ------------/// 01234567890123456789012345678901234567890123456789'
    );
    RETURN normalize(folded, NFC);
END $$;

-- skeleton_compact(folded): without separators, as numbers and codes are compared.
CREATE FUNCTION skeleton_compact(folded text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN translate(folded, ' -/.()+_,:;#"', '');

-- skeleton_names(names): the names of a JSON object of languages, a line each.
CREATE FUNCTION skeleton_names(names jsonb) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (SELECT string_agg(name, E'\n') FROM jsonb_each_text(names) AS each (language, name));

-- skeleton_search_text(texts, numbers): what a row is searched in, folded. The fields of each are separated by line
-- breaks, so that no match spans two. Phones, ids and numbers are found without their separators as well.
CREATE FUNCTION skeleton_search_text(texts text, numbers text, version integer) RETURNS text
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := public.skeleton_fold(numbers, version);
BEGIN
    RETURN public.skeleton_fold(texts, version) || E'\n' || folded || E'\n' || public.skeleton_compact(folded);
END $$;

-- skeleton_patterns(word): the patterns of LIKE for a word in a folded text, of which one must match. Any separator in
-- the word stands for any other; a number is also found without separators, and without the zeros that it is dialled with.
CREATE FUNCTION skeleton_patterns(word text, version integer DEFAULT 1) RETURNS text[]
    LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    folded text := btrim(public.skeleton_fold(word, version), E' \n-/,.:;()[]{}"!?<>«»„“”…');
    compact text := public.skeleton_compact(folded);
    escaped text := replace(replace(replace(folded, '\', '\\'), '%', '\%'), '_', '\_');
    patterns text[] := ARRAY['%' || translate(escaped, ' -/.(),:;', '_________') || '%'];
BEGIN
    IF compact ~ '[0-9]' THEN
        IF compact <> folded THEN
            patterns := patterns || ('%' || replace(replace(compact, '\', '\\'), '%', '\%') || '%');
        END IF;
        IF compact ~ '^0[0-9]{8,}$' THEN
            patterns := patterns || ('%' || ltrim(compact, '0') || '%');
        END IF;
    END IF;
    RETURN patterns;
END $$;

-- skeleton_key('<column>', '<key column>'): trigger that keeps the folded key of a text, by which the text is unique. A
-- key stays as long as its text does, so rows that were there before the rule keep a key with a suffix.
CREATE FUNCTION skeleton_key() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    entered text := to_jsonb(NEW) ->> TG_ARGV[0];
    key text := skeleton_fold(entered, 1);
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF entered IS NOT DISTINCT FROM to_jsonb(OLD) ->> TG_ARGV[0] THEN
            key := to_jsonb(OLD) ->> TG_ARGV[1];
        END IF;
    END IF;
    RETURN jsonb_populate_record(NEW, jsonb_build_object(TG_ARGV[1], key));
END $$;

-- skeleton_attach_key('<table>', '<column>', '<key column>'): fill the keys and attach the trigger. Called by migrations.
CREATE FUNCTION skeleton_attach_key(keyed text, entered text, key text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('UPDATE %1$I SET %3$I = ranked.key || CASE WHEN ranked.place > 1 THEN E''\n'' || ranked.place ELSE '''' END'
                   ' FROM (SELECT id, skeleton_fold(%2$I, 1) AS key,'
                   '              row_number() OVER (PARTITION BY skeleton_fold(%2$I, 1) ORDER BY id) AS place'
                   '       FROM %1$I WHERE %2$I IS NOT NULL) AS ranked'
                   ' WHERE %1$I.id = ranked.id', keyed, entered, key);
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OF %I, %I ON %I FOR EACH ROW'
                   ' EXECUTE FUNCTION skeleton_key(%L, %L)', keyed || '_key', entered, key, keyed, entered, key);
END $$;

-- skeleton_detach_key('<table>'): the reverse, which leaves the keys.
CREATE FUNCTION skeleton_detach_key(keyed text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('DROP TRIGGER %I ON %I', keyed || '_key', keyed);
END $$;

-- skeleton_e164(phone): the number as +, country code and digits, without its extension; null if it doesn't tell its
-- country by a + or 00.
CREATE FUNCTION skeleton_e164(phone text) RETURNS text LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    number text := substring(public.skeleton_fold(phone, 1) FROM '^[-0-9 +/.()·\[\]]*');
BEGIN
    number := translate(regexp_replace(number, '[[(] ?0 ?[])]', ''), '- /.()·[]', '');  -- +49 (0)30 is +49 30
    number := regexp_replace(number, '^00', '+');
    RETURN CASE WHEN number ~ '^\+[1-9][0-9]{6,14}$' THEN number END;
END $$;
