from django.db import migrations

# Conversations and who is in them, and every change of a message. What was written is nobody's business but the members':
# the entry says that a message was edited or deleted, not what it said. New messages say by themselves who and when.
AUDIT = """
CREATE TRIGGER messenger_conversation_audit AFTER INSERT OR UPDATE OF name, description, owner_id, archived_at
    ON messenger_conversation
    FOR EACH ROW EXECUTE FUNCTION audit_row('messenger', '{last_seq,last_activity_at}');
CREATE TRIGGER messenger_member_audit_insert AFTER INSERT ON messenger_member REFERENCING NEW TABLE AS after_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('messenger', 'conversation_id', 'members');
CREATE TRIGGER messenger_member_audit_delete AFTER DELETE ON messenger_member REFERENCING OLD TABLE AS before_rows
    FOR EACH STATEMENT EXECUTE FUNCTION audit_children('messenger', 'conversation_id', 'members');
CREATE TRIGGER messenger_message_audit AFTER UPDATE ON messenger_message
    FOR EACH ROW EXECUTE FUNCTION audit_row('messenger', '{content}');
"""

REVERSE = """
DROP TRIGGER messenger_message_audit ON messenger_message;
DROP TRIGGER messenger_member_audit_delete ON messenger_member;
DROP TRIGGER messenger_member_audit_insert ON messenger_member;
DROP TRIGGER messenger_conversation_audit ON messenger_conversation;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("messenger", "0002_rules_and_log"),
        ("audit", "0001_audit_log"),
    ]

    operations = [migrations.RunSQL(AUDIT, REVERSE)]
