-- Every trigger function runs with the rights of the tables' owner and a fixed search path, so the application's role
-- needs no rights on what triggers write.

-- Type, direct members and creator of a conversation never change. Message numbers are only written by the trigger on
-- messages, at a trigger depth of one.
CREATE OR REPLACE FUNCTION messenger_conversation_guard() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.last_seq = 0 AND NEW.archived_at IS NULL THEN RETURN NEW; END IF;
    ELSIF NEW.last_seq = OLD.last_seq OR pg_trigger_depth() > 1 THEN
        IF (NEW.id, NEW.type, NEW.low_user_id, NEW.high_user_id, NEW.created_by_id, NEW.created_at)
           IS DISTINCT FROM (OLD.id, OLD.type, OLD.low_user_id, OLD.high_user_id, OLD.created_by_id, OLD.created_at) THEN
            PERFORM skeleton_refuse('messenger_conversation_identity', 'a conversation stays what it is');
        END IF;
        IF OLD.archived_at IS NOT NULL AND NEW.archived_at IS NOT NULL
           AND (NEW.name, NEW.description, NEW.owner_id, NEW.last_seq)
               IS DISTINCT FROM (OLD.name, OLD.description, OLD.owner_id, OLD.last_seq) THEN
            PERFORM skeleton_refuse('messenger_conversation_archived', 'an archived conversation is read-only');
        END IF;
        RETURN NEW;
    END IF;
    PERFORM skeleton_refuse('messenger_conversation_counted', 'the numbers of messages follow from the messages');
END $$;

-- Checked at commit: a direct conversation has its two members, a group's owner is one of its members.
CREATE OR REPLACE FUNCTION messenger_check_members(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c messenger_conversation;
    present uuid[];
BEGIN
    SELECT * INTO c FROM messenger_conversation WHERE id = which;
    present := ARRAY(SELECT user_id FROM messenger_member WHERE conversation_id = which);
    IF c.type = 'direct' AND NOT (present @> ARRAY[c.low_user_id, c.high_user_id] AND cardinality(present) = 2) THEN
        PERFORM skeleton_refuse('messenger_member_direct', 'a direct conversation has its two members');
    END IF;
    IF c.type = 'group'
       AND NOT coalesce(c.owner_id = ANY(present) OR (present = '{}' AND c.owner_id IS NULL), false) THEN
        PERFORM skeleton_refuse('messenger_conversation_owner', 'a group is owned by one of its members');
    END IF;
END $$;

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
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO NEW.since FROM messenger_event_position;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION messenger_member_guard() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (NEW.id, NEW.conversation_id, NEW.user_id, NEW.since, NEW.joined_at)
       IS DISTINCT FROM (OLD.id, OLD.conversation_id, OLD.user_id, OLD.since, OLD.joined_at) THEN
        PERFORM skeleton_refuse('messenger_member_identity', 'a membership stays what it is');
    END IF;
    IF NEW.read_seq < OLD.read_seq
       OR NEW.read_seq > (SELECT last_seq FROM messenger_conversation WHERE id = NEW.conversation_id) THEN
        PERFORM skeleton_refuse('messenger_member_read_grows', 'a read mark only grows, up to the last message');
    END IF;
    RETURN NEW;
END $$;

-- A message takes the next number from its conversation's row, which it locks; a rollback returns the number. So
-- numbers have no gaps or duplicates and follow the order of commits. The sender has read everything before.
CREATE OR REPLACE FUNCTION messenger_message_place() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    UPDATE messenger_conversation SET last_seq = last_seq + 1, last_activity_at = clock_timestamp()
        WHERE id = NEW.conversation_id RETURNING last_seq, last_activity_at INTO NEW.seq, NEW.created_at;
    NEW.edited_at := NULL;
    NEW.deleted_at := NULL;
    UPDATE messenger_member SET read_seq = NEW.seq
        WHERE conversation_id = NEW.conversation_id AND user_id = NEW.sender_id;
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('messenger_message_sender_is_member', 'only a member writes');
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION messenger_message_guard() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF OLD.deleted_at IS NOT NULL THEN
        PERFORM skeleton_refuse('messenger_message_deleted', 'a deleted message stays deleted');
    END IF;
    IF (NEW.id, NEW.conversation_id, NEW.seq, NEW.sender_id, NEW.client_id, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.conversation_id, OLD.seq, OLD.sender_id, OLD.client_id, OLD.created_at) THEN
        PERFORM skeleton_refuse('messenger_message_identity', 'place, sender and time of a message stay');
    END IF;
    PERFORM FROM messenger_conversation WHERE id = NEW.conversation_id AND archived_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        PERFORM skeleton_refuse('messenger_conversation_archived', 'an archived conversation is read-only');
    END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        NEW.content := NULL;
        DELETE FROM messenger_attachment WHERE message_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;

CREATE OR REPLACE FUNCTION messenger_attachment_guard() RETURNS trigger LANGUAGE plpgsql
    SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF (SELECT sender_id FROM messenger_message WHERE id = NEW.message_id)
       IS DISTINCT FROM (SELECT owner_id FROM files_file WHERE id = NEW.file_id) THEN
        PERFORM skeleton_refuse('messenger_attachment_own_file', 'only one''s own files can be attached');
    END IF;
    RETURN NEW;
END $$;

ALTER FUNCTION messenger_conversation_checked() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION messenger_member_checked() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION messenger_message_told() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION messenger_conversation_told() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;
ALTER FUNCTION messenger_member_told() SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp;

CREATE OR REPLACE TRIGGER messenger_conversation_guard BEFORE INSERT OR UPDATE ON messenger_conversation
    FOR EACH ROW EXECUTE FUNCTION messenger_conversation_guard();
CREATE TRIGGER messenger_conversation_permanent BEFORE DELETE ON messenger_conversation
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('messenger_conversation_permanent', 'a conversation is never deleted');

CREATE OR REPLACE TRIGGER messenger_message_guard BEFORE UPDATE ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION messenger_message_guard();
CREATE TRIGGER messenger_message_permanent BEFORE DELETE ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('messenger_message_permanent', 'a message keeps its place');
CREATE OR REPLACE TRIGGER messenger_message_no_truncate BEFORE TRUNCATE ON messenger_message
    FOR EACH STATEMENT EXECUTE FUNCTION skeleton_never('messenger_message_permanent', 'a message keeps its place');

CREATE OR REPLACE TRIGGER messenger_attachment_guard BEFORE INSERT ON messenger_attachment
    FOR EACH ROW EXECUTE FUNCTION messenger_attachment_guard();
CREATE TRIGGER messenger_attachment_fixed BEFORE UPDATE ON messenger_attachment
    FOR EACH ROW EXECUTE FUNCTION skeleton_never(
        'messenger_attachment_fixed', 'the attachments of a message stay as they were sent');
-- The trigger on messages deletes them with the content of a deleted message.
CREATE TRIGGER messenger_attachment_permanent BEFORE DELETE ON messenger_attachment
    FOR EACH ROW WHEN (pg_trigger_depth() = 0) EXECUTE FUNCTION skeleton_never(
        'messenger_attachment_fixed', 'the attachments of a message stay as they were sent');

CREATE TRIGGER messenger_event_derived BEFORE INSERT ON messenger_event
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('messenger_event_append_only', 'the log follows from what happened');
CREATE OR REPLACE TRIGGER messenger_event_append_only BEFORE UPDATE ON messenger_event
    FOR EACH ROW EXECUTE FUNCTION skeleton_never('messenger_event_append_only', 'what happened is never changed');

DROP FUNCTION messenger_event_refuse();
