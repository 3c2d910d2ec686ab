-- The streams read the event log that all apps share. The messenger's own log, whose positions and NOTIFY made all commits
-- wait for each other, goes.
DROP TRIGGER messenger_message_told ON messenger_message;
DROP TRIGGER messenger_conversation_told ON messenger_conversation;
DROP TRIGGER messenger_member_told ON messenger_member;
DROP FUNCTION messenger_message_told();
DROP FUNCTION messenger_conversation_told();
DROP FUNCTION messenger_member_told();
DROP FUNCTION messenger_tell_conversation(uuid);
DROP FUNCTION messenger_tell(text, uuid, uuid, uuid, bigint);

-- `since` of a member is compared with the numbers of events from now on, which are drawn under the conversation's lock too.
SELECT setval('events_pending_number_seq',
              greatest((SELECT last_value FROM events_pending_number_seq), (SELECT last_value FROM messenger_event_position) + 1));
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
DROP SEQUENCE messenger_event_position;

-- A conversation's events are in its own scope, as those of its messages are, so that one index finds them all.
CREATE FUNCTION messenger_conversation_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM events_add('messenger_conversation', TG_OP, 'messenger', NEW.id, NEW.id, NULL, '{}');
    RETURN NULL;
END $$;
CREATE TRIGGER messenger_conversation_event AFTER INSERT OR UPDATE OF name, description, owner_id, archived_at
    ON messenger_conversation FOR EACH ROW EXECUTE FUNCTION messenger_conversation_event();

-- Who is in a conversation belongs to it; how far somebody has read is an event of its own. A mark that moved by writing
-- has none: the message has one.
CREATE FUNCTION messenger_member_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    conversation uuid := coalesce(NEW.conversation_id, OLD.conversation_id);
BEGIN
    IF TG_OP <> 'UPDATE' THEN
        PERFORM events_add('messenger_conversation', 'UPDATE', 'messenger', conversation, conversation, NULL, '{members}');
    ELSIF NEW.read_seq > OLD.read_seq AND pg_trigger_depth() = 1 THEN
        PERFORM events_add('messenger_read', 'UPDATE', 'messenger', conversation, conversation, 'read', '{read_seq}',
                           jsonb_build_object('user_id', NEW.user_id, 'seq', NEW.read_seq));
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER messenger_member_event AFTER INSERT OR UPDATE OR DELETE ON messenger_member
    FOR EACH ROW EXECUTE FUNCTION messenger_member_event();

UPDATE procrastinate_periodic_defers SET task_name = 'messenger.tasks.delete_expired_tickets'
    WHERE task_name = 'messenger.tasks.delete_old_events';
UPDATE procrastinate_jobs SET
    task_name = 'messenger.tasks.delete_expired_tickets',
    lock = replace(lock, 'messenger.tasks.delete_old_events', 'messenger.tasks.delete_expired_tickets'),
    queueing_lock = replace(queueing_lock, 'messenger.tasks.delete_old_events', 'messenger.tasks.delete_expired_tickets')
WHERE task_name = 'messenger.tasks.delete_old_events';
