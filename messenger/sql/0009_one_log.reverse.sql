DROP TRIGGER messenger_member_event ON messenger_member;
DROP FUNCTION messenger_member_event();
DROP TRIGGER messenger_conversation_event ON messenger_conversation;
DROP FUNCTION messenger_conversation_event();
CREATE SEQUENCE messenger_event_position;
SELECT setval('messenger_event_position', (SELECT last_value FROM events_pending_number_seq));
CREATE OR REPLACE FUNCTION messenger_member_place()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;
CREATE OR REPLACE FUNCTION messenger_tell(type text, conversation uuid, message uuid, who uuid, place bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('messenger_event'));
    INSERT INTO messenger_event (position, type, conversation_id, message_id, user_id, seq, created_at)
    VALUES (nextval('messenger_event_position'), type, conversation, message, who, place, clock_timestamp());
    PERFORM pg_notify('messenger', '');
END $function$;
CREATE OR REPLACE FUNCTION messenger_tell_conversation(which uuid)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
DECLARE
    told text := coalesce(current_setting('messenger.told', true), '');
BEGIN
    IF position(which::text IN told) > 0 THEN RETURN; END IF;
    PERFORM set_config('messenger.told', told || which || ' ', true);
    PERFORM messenger_tell('conversation.updated', which, NULL, NULL, NULL);
END $function$;
CREATE OR REPLACE FUNCTION messenger_message_told()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM messenger_tell(
        CASE WHEN TG_OP = 'INSERT' THEN 'message.created'
             WHEN NEW.deleted_at IS NOT NULL THEN 'message.deleted' ELSE 'message.updated' END,
        NEW.conversation_id, NEW.id, NEW.sender_id, NEW.seq);
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION messenger_conversation_told()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
BEGIN
    PERFORM messenger_tell_conversation(NEW.id);
    RETURN NULL;
END $function$;
CREATE OR REPLACE FUNCTION messenger_member_told()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'public', 'pg_temp'
AS $function$
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
END $function$;
CREATE CONSTRAINT TRIGGER messenger_message_told AFTER INSERT OR UPDATE ON messenger_message DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION messenger_message_told();
CREATE CONSTRAINT TRIGGER messenger_conversation_told AFTER INSERT OR UPDATE OF name, description, owner_id, archived_at ON messenger_conversation DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION messenger_conversation_told();
CREATE CONSTRAINT TRIGGER messenger_member_told AFTER INSERT OR DELETE OR UPDATE ON messenger_member DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW
    EXECUTE FUNCTION messenger_member_told();
CREATE TRIGGER messenger_event_append_only BEFORE UPDATE ON messenger_event
    FOR EACH ROW
    EXECUTE FUNCTION skeleton_never('messenger_event_append_only', 'what happened is never changed');
CREATE TRIGGER messenger_event_derived BEFORE INSERT ON messenger_event
    FOR EACH ROW WHEN (pg_trigger_depth() = 0)
    EXECUTE FUNCTION skeleton_never('messenger_event_append_only', 'the log follows from what happened');
UPDATE procrastinate_periodic_defers SET task_name = 'messenger.tasks.delete_old_events'
    WHERE task_name = 'messenger.tasks.delete_expired_tickets';
UPDATE procrastinate_jobs SET
    task_name = 'messenger.tasks.delete_old_events',
    lock = replace(lock, 'messenger.tasks.delete_expired_tickets', 'messenger.tasks.delete_old_events'),
    queueing_lock = replace(queueing_lock, 'messenger.tasks.delete_expired_tickets', 'messenger.tasks.delete_old_events')
WHERE task_name = 'messenger.tasks.delete_expired_tickets';
