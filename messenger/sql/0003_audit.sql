-- Audits conversations, their members, and every change of a message. The content is private to the members: the entry
-- records that a message was edited or deleted, but not its text. New messages already record who and when.
CREATE TRIGGER messenger_conversation_audit AFTER INSERT OR UPDATE OF name, description, owner_id, archived_at
    ON messenger_conversation
    FOR EACH ROW EXECUTE FUNCTION audit_row('messenger', '{last_seq,last_activity_at}');
CREATE TRIGGER messenger_member_audit_insert AFTER INSERT ON messenger_member REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('messenger', 'conversation_id', 'members');
CREATE TRIGGER messenger_member_audit_delete AFTER DELETE ON messenger_member REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('messenger', 'conversation_id', 'members');
CREATE TRIGGER messenger_message_audit AFTER UPDATE ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION audit_row('messenger', '{content}');
