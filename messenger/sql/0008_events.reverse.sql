DROP TRIGGER messenger_message_event ON messenger_message;
DROP FUNCTION messenger_message_event();
