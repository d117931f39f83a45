create table ledger_identity (
    singleton integer primary key check (singleton = 1),
    id blob not null, -- the document store carries it too
    generation integer not null -- counts the passes over the document store
) strict;
insert into ledger_identity (singleton, id, generation) values (1, randomblob(16), 0);

create table orphans ( -- blobs that no row names, set aside before they are deleted
    bucket text not null,
    blob blob not null,
    set_aside_at integer not null,
    primary key (bucket, blob)
) strict, without rowid;
create index orphans_set_aside_at on orphans (set_aside_at);

create table store_pass ( -- over the document store, in search of orphans
    singleton integer primary key check (singleton = 1),
    holder blob,
    held_until integer not null,
    phase text, -- removing | raw | processed; none between two passes
    after_blob blob,
    checked integer not null, -- blobs listed so far
    blobs integer not null, -- in the store, as the last whole pass found it
    looked_at integer, -- when the clock was looked at last
    steady_since integer not null -- when the clock jumped last; 0 for never
) strict;
insert into store_pass (singleton, held_until, checked, blobs, steady_since) values (1, 0, 0, 0, 0);

create table replaced_blobs ( -- of documents that were made again: links that name them go on
    blob blob primary key,
    document blob not null references documents (id)
) strict, without rowid;
create index replaced_blobs_document on replaced_blobs (document);
