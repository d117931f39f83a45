create table schema_compatibility (
    oldest_version bigint not null -- whose programs work with this schema: a migration that takes something from them raises it
);
insert into schema_compatibility (oldest_version) values (1);
