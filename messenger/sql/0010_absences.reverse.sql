CREATE OR REPLACE FUNCTION messenger_member_place() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    c messenger_conversation;
BEGIN
    SELECT * INTO c FROM messenger_conversation
        WHERE id = coalesce(NEW.conversation_id, OLD.conversation_id) FOR NO KEY UPDATE;
    IF c.archived_at IS NOT NULL THEN
        PERFORM skeleton_refuse('messenger_conversation_archived', 'an archived conversation is read-only');
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    NEW.read_seq := c.last_seq;
    SELECT last_value INTO NEW.since FROM events_pending_number_seq;
    RETURN NEW;
END $$;
