-- Type, direct members and creator of a conversation never change. Message numbers are only written by the trigger on
-- messages, at a trigger depth of one.
CREATE FUNCTION messenger_conversation_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a conversation is never deleted'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_permanent';
    END IF;
    IF TG_OP = 'INSERT' THEN
        IF NEW.last_seq = 0 AND NEW.archived_at IS NULL THEN RETURN NEW; END IF;
    ELSIF NEW.last_seq = OLD.last_seq OR pg_trigger_depth() > 1 THEN
        IF (NEW.id, NEW.type, NEW.low_user_id, NEW.high_user_id, NEW.created_by_id, NEW.created_at)
           IS DISTINCT FROM (OLD.id, OLD.type, OLD.low_user_id, OLD.high_user_id, OLD.created_by_id, OLD.created_at) THEN
            RAISE EXCEPTION 'a conversation stays what it is'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_identity';
        END IF;
        IF OLD.archived_at IS NOT NULL AND NEW.archived_at IS NOT NULL
           AND (NEW.name, NEW.description, NEW.owner_id, NEW.last_seq)
               IS DISTINCT FROM (OLD.name, OLD.description, OLD.owner_id, OLD.last_seq) THEN
            RAISE EXCEPTION 'an archived conversation is read-only'
                USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_archived';
        END IF;
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'the numbers of messages follow from the messages'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_counted';
END $$;
CREATE TRIGGER messenger_conversation_guard BEFORE INSERT OR UPDATE OR DELETE ON messenger_conversation
    FOR EACH ROW EXECUTE FUNCTION messenger_conversation_guard();

-- Checked at commit: a direct conversation has its two members, a group's owner is one of its members.
CREATE FUNCTION messenger_check_members(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    c messenger_conversation;
    present uuid[];
BEGIN
    SELECT * INTO c FROM messenger_conversation WHERE id = which;
    present := ARRAY(SELECT user_id FROM messenger_member WHERE conversation_id = which);
    IF c.type = 'direct' AND NOT (present @> ARRAY[c.low_user_id, c.high_user_id] AND cardinality(present) = 2) THEN
        RAISE EXCEPTION 'a direct conversation has its two members'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_member_direct';
    END IF;
    IF c.type = 'group'
       AND NOT coalesce(c.owner_id = ANY(present) OR (present = '{}' AND c.owner_id IS NULL), false) THEN
        RAISE EXCEPTION 'a group is owned by one of its members'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_owner';
    END IF;
END $$;

CREATE FUNCTION messenger_conversation_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM messenger_check_members(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER messenger_conversation_checked AFTER INSERT OR UPDATE OF owner_id ON messenger_conversation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION messenger_conversation_checked();

CREATE FUNCTION messenger_member_checked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM messenger_check_members(coalesce(NEW.conversation_id, OLD.conversation_id));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER messenger_member_checked AFTER INSERT OR DELETE ON messenger_member
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION messenger_member_checked();

-- Members join and leave under the conversation's lock, under which messages are written too. So the position of the
-- log when a member joined (`since`) separates earlier from later events.
CREATE SEQUENCE messenger_event_position;

CREATE FUNCTION messenger_member_place() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    c messenger_conversation;
BEGIN
    SELECT * INTO c FROM messenger_conversation
        WHERE id = coalesce(NEW.conversation_id, OLD.conversation_id) FOR NO KEY UPDATE;
    IF c.archived_at IS NOT NULL THEN
        RAISE EXCEPTION 'an archived conversation is read-only'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_archived';
    END IF;
    IF TG_OP = 'DELETE' THEN RETURN OLD; END IF;
    NEW.read_seq := c.last_seq;
    SELECT CASE WHEN is_called THEN last_value ELSE 0 END INTO NEW.since FROM messenger_event_position;
    RETURN NEW;
END $$;
CREATE TRIGGER messenger_member_place BEFORE INSERT OR DELETE ON messenger_member
    FOR EACH ROW EXECUTE FUNCTION messenger_member_place();

CREATE FUNCTION messenger_member_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.id, NEW.conversation_id, NEW.user_id, NEW.since, NEW.joined_at)
       IS DISTINCT FROM (OLD.id, OLD.conversation_id, OLD.user_id, OLD.since, OLD.joined_at) THEN
        RAISE EXCEPTION 'a membership stays what it is'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_member_identity';
    END IF;
    IF NEW.read_seq < OLD.read_seq
       OR NEW.read_seq > (SELECT last_seq FROM messenger_conversation WHERE id = NEW.conversation_id) THEN
        RAISE EXCEPTION 'a read mark only grows, up to the last message'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_member_read_grows';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER messenger_member_guard BEFORE UPDATE ON messenger_member
    FOR EACH ROW EXECUTE FUNCTION messenger_member_guard();

-- A message takes the next number from its conversation's row, which it locks; a rollback returns the number. So
-- numbers have no gaps or duplicates and follow the order of commits. The sender has read everything before.
CREATE FUNCTION messenger_message_place() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE messenger_conversation SET last_seq = last_seq + 1, last_activity_at = clock_timestamp()
        WHERE id = NEW.conversation_id RETURNING last_seq, last_activity_at INTO NEW.seq, NEW.created_at;
    NEW.edited_at := NULL;
    NEW.deleted_at := NULL;
    UPDATE messenger_member SET read_seq = NEW.seq
        WHERE conversation_id = NEW.conversation_id AND user_id = NEW.sender_id;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'only a member writes'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_message_sender_is_member';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER messenger_message_place BEFORE INSERT ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION messenger_message_place();

CREATE FUNCTION messenger_message_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        RAISE EXCEPTION 'a message keeps its place'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_message_permanent';
    END IF;
    IF OLD.deleted_at IS NOT NULL THEN
        RAISE EXCEPTION 'a deleted message stays deleted'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_message_deleted';
    END IF;
    IF (NEW.id, NEW.conversation_id, NEW.seq, NEW.sender_id, NEW.client_id, NEW.created_at)
       IS DISTINCT FROM (OLD.id, OLD.conversation_id, OLD.seq, OLD.sender_id, OLD.client_id, OLD.created_at) THEN
        RAISE EXCEPTION 'place, sender and time of a message stay'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_message_identity';
    END IF;
    PERFORM FROM messenger_conversation WHERE id = NEW.conversation_id AND archived_at IS NULL FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'an archived conversation is read-only'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_conversation_archived';
    END IF;
    IF NEW.deleted_at IS NOT NULL THEN
        NEW.content := NULL;
        DELETE FROM messenger_attachment WHERE message_id = NEW.id;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER messenger_message_guard BEFORE UPDATE OR DELETE ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION messenger_message_guard();
CREATE TRIGGER messenger_message_no_truncate BEFORE TRUNCATE ON messenger_message
    FOR EACH STATEMENT EXECUTE FUNCTION messenger_message_guard();

CREATE FUNCTION messenger_attachment_guard() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF (SELECT sender_id FROM messenger_message WHERE id = NEW.message_id)
           = (SELECT owner_id FROM files_file WHERE id = NEW.file_id) THEN RETURN NEW; END IF;
        RAISE EXCEPTION 'only one''s own files can be attached'
            USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_attachment_own_file';
    END IF;
    IF TG_OP = 'DELETE' AND pg_trigger_depth() > 1 THEN RETURN OLD; END IF;
    RAISE EXCEPTION 'the attachments of a message stay as they were sent'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_attachment_fixed';
END $$;
CREATE TRIGGER messenger_attachment_guard BEFORE INSERT OR UPDATE OR DELETE ON messenger_attachment
    FOR EACH ROW EXECUTE FUNCTION messenger_attachment_guard();

-- The log. A position is taken at commit, under a lock that is held until the commit is complete. So a reader that sees
-- a position also sees all lower ones. PostgreSQL serialises commits with notifications anyway, so the lock adds no
-- cost. See docs/decisions.md.
CREATE FUNCTION messenger_tell(type text, conversation uuid, message uuid, who uuid, place bigint)
RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('messenger_event'));
    INSERT INTO messenger_event (position, type, conversation_id, message_id, user_id, seq, created_at)
    VALUES (nextval('messenger_event_position'), type, conversation, message, who, place, clock_timestamp());
    PERFORM pg_notify('messenger', '');
END $$;

CREATE FUNCTION messenger_message_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM messenger_tell(
        CASE WHEN TG_OP = 'INSERT' THEN 'message.created'
             WHEN NEW.deleted_at IS NOT NULL THEN 'message.deleted' ELSE 'message.updated' END,
        NEW.conversation_id, NEW.id, NEW.sender_id, NEW.seq);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER messenger_message_told AFTER INSERT OR UPDATE ON messenger_message
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION messenger_message_told();

-- Once per conversation and transaction, regardless of the number of new members: `messenger.told` lists those already
-- notified.
CREATE FUNCTION messenger_tell_conversation(which uuid) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    told text := coalesce(current_setting('messenger.told', true), '');
BEGIN
    IF position(which::text IN told) > 0 THEN RETURN; END IF;
    PERFORM set_config('messenger.told', told || which || ' ', true);
    PERFORM messenger_tell('conversation.updated', which, NULL, NULL, NULL);
END $$;

CREATE FUNCTION messenger_conversation_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM messenger_tell_conversation(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER messenger_conversation_told
    AFTER INSERT OR UPDATE OF name, description, owner_id, archived_at ON messenger_conversation
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION messenger_conversation_told();

CREATE FUNCTION messenger_member_told() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        PERFORM messenger_tell_conversation(coalesce(NEW.conversation_id, OLD.conversation_id));
    ELSIF NEW.read_seq > OLD.read_seq AND NOT EXISTS (
        -- a mark that moved by writing is told by the message
        SELECT FROM messenger_message
        WHERE conversation_id = NEW.conversation_id AND seq = NEW.read_seq AND sender_id = NEW.user_id
    ) THEN
        PERFORM messenger_tell('conversation.read', NEW.conversation_id, NULL, NEW.user_id, NEW.read_seq);
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER messenger_member_told AFTER INSERT OR UPDATE OR DELETE ON messenger_member
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION messenger_member_told();

CREATE FUNCTION messenger_event_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what happened is never changed'
        USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'messenger_event_append_only';
END $$;
CREATE TRIGGER messenger_event_append_only BEFORE UPDATE ON messenger_event
    FOR EACH ROW EXECUTE FUNCTION messenger_event_refuse();
