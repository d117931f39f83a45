create table ledger_identity (
    singleton smallint primary key check (singleton = 1),
    id uuid not null, -- the document store carries it too
    generation bigint not null -- counts the passes over the document store
);
insert into ledger_identity (singleton, id, generation) values (1, gen_random_uuid(), 0);

create table orphans ( -- blobs that no row names, set aside before they are deleted
    bucket text not null,
    blob uuid not null,
    set_aside_at bigint not null,
    primary key (bucket, blob)
);
create index orphans_set_aside_at on orphans (set_aside_at);

create table store_pass ( -- over the document store, in search of orphans
    singleton smallint primary key check (singleton = 1),
    holder uuid,
    held_until bigint not null,
    phase text, -- removing | raw | processed; none between two passes
    after_blob uuid,
    checked bigint not null, -- blobs listed so far
    blobs bigint not null, -- in the store, as the last whole pass found it
    looked_at bigint, -- when the clock was looked at last
    steady_since bigint not null -- when the clock jumped last; 0 for never
);
insert into store_pass (singleton, held_until, checked, blobs, steady_since) values (1, 0, 0, 0, 0);

create table replaced_blobs ( -- of documents that were made again: links that name them go on
    blob uuid primary key,
    document uuid not null references documents (id)
);
create index replaced_blobs_document on replaced_blobs (document);
