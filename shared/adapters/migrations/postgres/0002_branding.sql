create table brandings (
    id uuid primary key,
    owner uuid not null,
    content text not null, -- JSON, without the logo
    logo uuid, -- its blob, in the bucket of raw uploads
    created_at bigint not null,
    ended_at bigint -- when another version, or none, took its place
);
create unique index brandings_owner on brandings (owner) where ended_at is null;
create index brandings_logo on brandings (logo) where logo is not null;
create index brandings_ended_at on brandings (ended_at) where ended_at is not null;

alter table uploads add column branding uuid references brandings (id);
create index uploads_branding on uploads (branding) where branding is not null;

alter table documents add column style_version bigint; -- of its looks, once stored
