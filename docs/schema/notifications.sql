-- The schema of skeleton.notifications as it is in a migrated database: written by `manage.py document_schema`, not by hand.
-- A change is a new migration with its .sql file in skeleton/notifications/sql.

-- notifications_delivery ----------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE notifications_delivery (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    channel character varying(5) NOT NULL,
    status character varying(7) NOT NULL,
    attempts integer NOT NULL,
    error text NOT NULL,
    sent_at timestamp with time zone,
    notification_id uuid NOT NULL,
    CONSTRAINT notifications_delivery_pkey PRIMARY KEY (id),
    CONSTRAINT notifications_delivery_attempts_positive CHECK (attempts >= 0),
    CONSTRAINT notifications_delivery_channel_known CHECK (channel::text = ANY (ARRAY['email'::character varying, 'sms'::character varying, 'push'::character varying]::text[])),
    CONSTRAINT notifications_delivery_status_fits CHECK (sent_at IS NOT NULL AND status::text = 'sent'::text OR sent_at IS NULL AND (status::text = ANY (ARRAY['waiting'::character varying, 'skipped'::character varying, 'failed'::character varying]::text[]))),
    CONSTRAINT notifications_delive_notification_id_ea8dc048_fk_notificat FOREIGN KEY (notification_id) REFERENCES notifications_notification(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT notifications_delivery_once UNIQUE (notification_id, channel)
);

CREATE INDEX notifications_delivery_open ON notifications_delivery USING btree (id) WHERE status::text = ANY (ARRAY['waiting'::character varying, 'failed'::character varying]::text[]);

CREATE TRIGGER notifications_delivery_audit AFTER UPDATE OF status ON notifications_delivery
    FOR EACH ROW WHEN (old.status::text = 'failed'::text AND new.status::text = 'waiting'::text)
    EXECUTE FUNCTION audit_row('deliveries');

-- notifications_notification ------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE notifications_notification (
    id uuid NOT NULL,
    type character varying(40) NOT NULL,
    title text NOT NULL,
    body text NOT NULL,
    link character varying(200),
    values jsonb NOT NULL,
    read_at timestamp with time zone,
    created_at timestamp with time zone NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT notifications_notification_pkey PRIMARY KEY (id),
    CONSTRAINT notifications_notification_title_present CHECK (NOT title = ''::text),
    CONSTRAINT notifications_notification_user_id_b5e8c0ff_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED
);

CREATE INDEX notifications_notification_own ON notifications_notification USING btree (user_id, id);
CREATE INDEX notifications_unread ON notifications_notification USING btree (user_id, id) WHERE read_at IS NULL;

CREATE TRIGGER notifications_notification_event AFTER INSERT OR DELETE OR UPDATE ON notifications_notification
    FOR EACH ROW
    EXECUTE FUNCTION events_row('notifications', '{}', 'user_id');

-- notifications_occasion ----------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE notifications_occasion (
    event character varying(40) NOT NULL,
    key character varying(100) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT notifications_occasion_pkey PRIMARY KEY (event, key)
);

-- notifications_preferences -------------------------------------------------------------------------------------------
-- The application may: SELECT, INSERT, UPDATE, DELETE

CREATE TABLE notifications_preferences (
    id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    updated_at timestamp with time zone NOT NULL,
    email_enabled boolean NOT NULL,
    sms_enabled boolean NOT NULL,
    push_enabled boolean NOT NULL,
    quiet_hours_start time without time zone,
    quiet_hours_end time without time zone,
    timezone character varying(64) NOT NULL,
    user_id uuid NOT NULL,
    CONSTRAINT notifications_preferences_pkey PRIMARY KEY (id),
    CONSTRAINT notifications_preferences_user_id_fdd9e2dd_fk_identity_user_id FOREIGN KEY (user_id) REFERENCES identity_user(id) DEFERRABLE INITIALLY DEFERRED,
    CONSTRAINT notifications_preferences_user_id_key UNIQUE (user_id)
);

CREATE TRIGGER notifications_preferences_audit AFTER INSERT OR DELETE OR UPDATE ON notifications_preferences
    FOR EACH ROW
    EXECUTE FUNCTION audit_row('notifications', '{}', 'user_id');
