create table users (
    id uuid primary key,
    email text not null unique,
    roles text not null, -- separated by spaces
    password_phc text not null,
    enabled boolean not null,
    created_at bigint not null -- milliseconds since 1970, as every time here
);

create table api_keys (
    id uuid primary key,
    owner uuid not null references users (id),
    name text not null,
    prefix text not null unique,
    sha256 bytea not null,
    scopes text not null, -- separated by spaces
    created_at bigint not null,
    last_used_at bigint,
    revoked_at bigint
);
create index api_keys_owner on api_keys (owner);

create table login_failures (
    subject text not null,
    failed_at bigint not null
);
create index login_failures_subject on login_failures (subject, failed_at);
create index login_failures_failed_at on login_failures (failed_at);

create table uploads (
    id uuid primary key,
    owner uuid not null,
    invoice_number text not null,
    raw uuid not null,
    notify text,
    trace text not null,
    open bigint not null, -- documents that are not final
    generation bigint not null, -- of its mail: one more for each redrive
    created_at bigint not null
);
create index uploads_owner on uploads (owner, id);
create index uploads_raw on uploads (raw);
create index uploads_created_at on uploads (created_at);

create table documents (
    id uuid primary key,
    upload uuid not null references uploads (id),
    format text not null,
    state text not null,
    attempt bigint not null, -- the fence: only ever grows
    attempts bigint not null, -- since accepted or redriven
    faults bigint not null, -- attempts that count towards giving up
    unreachable_since bigint, -- first of the attempts in a row that could not reach a server
    lease_until bigint,
    next_attempt_at bigint not null,
    reason text,
    finished_at bigint,
    blob uuid,
    bytes bigint,
    sha256 bytea,
    file_name text,
    unique (upload, format)
);
create index documents_blob on documents (blob);
create index documents_lease on documents (lease_until) where state = 'rendering';
create index documents_failed on documents (upload) where state = 'failed';

create table mails (
    id uuid primary key,
    upload uuid not null references uploads (id),
    generation bigint not null,
    recipient text not null,
    state text not null,
    attempt bigint not null,
    attempts bigint not null,
    faults bigint not null,
    unreachable_since bigint,
    lease_until bigint,
    next_attempt_at bigint not null,
    reason text,
    finished_at bigint,
    unique (upload, generation)
);
create index mails_lease on mails (lease_until) where state = 'sending';

create table outbox (
    id uuid primary key,
    kind text not null, -- render | notify
    subject uuid not null unique, -- the document or mail
    trace text not null,
    due_at bigint not null,
    published bigint not null -- how often the broker has confirmed it
);
create index outbox_due_at on outbox (due_at);

create table idempotency_keys (
    owner uuid not null,
    key text not null,
    fingerprint bytea not null,
    upload uuid not null,
    created_at bigint not null,
    primary key (owner, key)
);
create index idempotency_keys_created_at on idempotency_keys (created_at);
create index idempotency_keys_upload on idempotency_keys (upload);

create table audit (
    id uuid primary key,
    at bigint not null,
    actor text not null,
    action text not null,
    upload uuid not null,
    detail text not null
);
