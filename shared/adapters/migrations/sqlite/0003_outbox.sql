-- What the sweeper looks for: messages to be published, and those that wait for their claim. From here on outbox.published
-- counts the confirms since the sweeper last took the row.
create index outbox_unconfirmed on outbox (kind, due_at) where published = 0;
create index outbox_confirmed on outbox (kind, due_at) where published > 0;
