-- The events of a message: who may see them depends on its conversation. A deleted message keeps its row.
CREATE FUNCTION messenger_message_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    PERFORM events_add('messenger_message',
                       CASE WHEN TG_OP = 'UPDATE' AND NEW.deleted_at IS NOT NULL THEN 'DELETE' ELSE TG_OP END,
                       'messenger', NEW.id, NEW.conversation_id, NULL, '{content}');
    RETURN NULL;
END $$;
CREATE TRIGGER messenger_message_event AFTER INSERT OR UPDATE ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION messenger_message_event();
