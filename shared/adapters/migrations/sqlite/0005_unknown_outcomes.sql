alter table mails add column handed_over bigint not null default 0; -- the attempt that the mail server got the mail of
alter table mails add column unknowns bigint not null default 0; -- attempts of unknown outcome, since made or redriven
