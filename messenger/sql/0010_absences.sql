-- A member joins where the conversation is: earlier messages count as read, and no earlier event is sent. Who is removed
-- misses what is written until they are added again.
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
    IF TG_OP = 'DELETE' THEN
        INSERT INTO messenger_absence (conversation_id, user_id, after_seq)
            VALUES (c.id, OLD.user_id, c.last_seq);
        RETURN OLD;
    END IF;
    UPDATE messenger_absence SET until_seq = c.last_seq
        WHERE conversation_id = c.id AND user_id = NEW.user_id AND until_seq IS NULL;
    NEW.read_seq := c.last_seq;
    SELECT last_value INTO NEW.since FROM events_pending_number_seq;
    RETURN NEW;
END $$;
