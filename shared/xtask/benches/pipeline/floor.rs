//! The bare operations of one invoice, by the servers' own clients and without our program: what no pack on these
//! servers can go below.
//!
//! Raw blob put; the transaction that accepts; publish and confirm; consume and acknowledge; result put; the transaction
//! that finishes. The sizes, the durability and the number in flight are those of the pack.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use anyhow::{Context as _, ensure};
use futures_util::StreamExt as _;
use futures_util::future::{try_join, try_join_all};
use lapin::options::{
    BasicAckOptions, BasicConsumeOptions, BasicPublishOptions, BasicQosOptions, ConfirmSelectOptions,
    QueueDeclareOptions, QueueDeleteOptions,
};
use lapin::types::{AMQPValue, FieldTable};
use lapin::{BasicProperties, Channel, Confirmation, Connection, ConnectionProperties};
use mongodb::bson::{Binary, DateTime, Document, doc, spec::BinarySubtype};
use mongodb::options::{CollectionOptions, WriteConcern};
use sqlx::postgres::{PgPool, PgPoolOptions};
use tokio::sync::Mutex;
use uuid::Uuid;
use xtask::servers::Environment;

use crate::database::Database;
use crate::{Arguments, value};

const QUEUE: &str = "bench.floor";
/// Sizes of the sample's JSON and of its PDF, in bytes.
const RAW: usize = 1_000;
const RESULT: usize = 27_000;

struct Floor {
    files: [mongodb::Collection<Document>; 2],
    chunks: [mongodb::Collection<Document>; 2],
    pool: PgPool,
    publisher: Channel,
    deliveries: Mutex<lapin::Consumer>,
}

/// Invoices per second.
pub(crate) async fn measure(arguments: &Arguments, environment: &Environment) -> anyhow::Result<f64> {
    let database = Database::create(value(environment, "TEST_POSTGRES_URL")?).await?;
    let connection = Connection::connect(value(environment, "TEST_AMQP_URL")?, ConnectionProperties::default()).await?;
    let floor = Floor::open(arguments, environment, &database, &connection).await?;
    floor.run(200, arguments.in_flight).await?;
    let begun = Instant::now();
    floor.run(arguments.uploads, arguments.in_flight).await?;
    let per_second = arguments.uploads as f64 / begun.elapsed().as_secs_f64();
    floor.publisher.queue_delete(QUEUE.into(), QueueDeleteOptions::default()).await?;
    database.remove().await?;
    Ok(per_second)
}

impl Floor {
    async fn open(
        arguments: &Arguments,
        environment: &Environment,
        database: &Database,
        connection: &Connection,
    ) -> anyhow::Result<Self> {
        let client = mongodb::Client::with_uri_str(value(environment, "TEST_MONGODB_URL")?).await?;
        let store = client.database(&format!("bench_floor_{}", Uuid::now_v7().simple()));
        let mut concern = WriteConcern::majority();
        concern.journal = Some(true);
        let options = CollectionOptions::builder().write_concern(concern).build();
        let collection = |name: String| store.collection_with_options::<Document>(&name, options.clone());
        let chunks = ["raw", "processed"].map(|bucket| collection(format!("{bucket}.chunks")));
        for chunks in &chunks {
            let unique = mongodb::options::IndexOptions::builder().unique(true).build();
            let index = mongodb::IndexModel::builder().keys(doc! { "files_id": 1, "n": 1 }).options(unique).build();
            chunks.create_index(index).await?;
        }
        let pool = PgPoolOptions::new().max_connections(16).connect(&database.url).await?;
        sqlx::raw_sql(SCHEMA).execute(&pool).await?;
        let publisher = connection.create_channel().await?;
        publisher.confirm_select(ConfirmSelectOptions::default()).await?;
        let consumer = connection.create_channel().await?;
        let mut quorum = FieldTable::default();
        quorum.insert("x-queue-type".into(), AMQPValue::LongString("quorum".into()));
        let durable = QueueDeclareOptions { durable: true, ..QueueDeclareOptions::default() };
        publisher.queue_declare(QUEUE.into(), durable, quorum).await?;
        consumer.basic_qos(u16::try_from(arguments.in_flight)?, BasicQosOptions::default()).await?;
        let (options, table) = (BasicConsumeOptions::default(), FieldTable::default());
        let deliveries = Mutex::new(consumer.basic_consume(QUEUE.into(), "".into(), options, table).await?);
        let files = ["raw", "processed"].map(|bucket| collection(format!("{bucket}.files")));
        Ok(Self { files, chunks, pool, publisher, deliveries })
    }

    async fn run(&self, count: usize, in_flight: usize) -> anyhow::Result<()> {
        let begun = AtomicUsize::new(0);
        let work = async || {
            while begun.fetch_add(1, Ordering::Relaxed) < count {
                self.invoice().await?;
            }
            anyhow::Ok(())
        };
        try_join_all((0..in_flight).map(|_| work())).await?;
        Ok(())
    }

    /// The message that is consumed is another invoice's, which changes nothing.
    async fn invoice(&self) -> anyhow::Result<()> {
        let upload = Uuid::now_v7();
        self.put(0, RAW).await?;
        self.accept(upload).await?;
        self.publish(upload).await?;
        self.consume().await?;
        self.put(1, RESULT).await?;
        self.finish(upload).await
    }

    async fn put(&self, bucket: usize, bytes: usize) -> anyhow::Result<()> {
        let id = Binary { subtype: BinarySubtype::Uuid, bytes: Uuid::now_v7().as_bytes().to_vec() };
        let data = Binary { subtype: BinarySubtype::Generic, bytes: vec![7; bytes] };
        let chunk = doc! { "files_id": id.clone(), "n": 0, "data": data };
        let length = i64::try_from(bytes)?;
        let file = doc! { "_id": id, "length": length, "chunkSize": 261_120, "uploadDate": DateTime::now() };
        try_join(
            self.chunks[bucket].insert_one(chunk).into_future(),
            self.files[bucket].insert_one(file).into_future(),
        )
        .await?;
        Ok(())
    }

    async fn accept(&self, upload: Uuid) -> anyhow::Result<()> {
        let mut transaction = self.pool.begin().await?;
        for statement in [
            "insert into uploads (id, open, detail) values ($1, 1, 'HP-2026-0093')",
            "insert into documents (id, state) values ($1, 'queued')",
            "insert into outbox (id, due) values ($1, 0)",
        ] {
            sqlx::query(statement).bind(upload).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn publish(&self, upload: Uuid) -> anyhow::Result<()> {
        let options = BasicPublishOptions { mandatory: true, ..BasicPublishOptions::default() };
        let properties = BasicProperties::default().with_delivery_mode(2);
        let published =
            self.publisher.basic_publish("".into(), QUEUE.into(), options, upload.as_bytes(), properties).await?;
        ensure!(matches!(published.await?, Confirmation::Ack(None)), "not confirmed");
        Ok(())
    }

    async fn consume(&self) -> anyhow::Result<()> {
        let delivery = self.deliveries.lock().await.next().await.context("the consumer ended")??;
        delivery.ack(BasicAckOptions::default()).await?;
        Ok(())
    }

    async fn finish(&self, upload: Uuid) -> anyhow::Result<()> {
        let mut transaction = self.pool.begin().await?;
        for statement in [
            "update documents set state = 'stored' where id = $1",
            "update uploads set open = open - 1 where id = $1",
            "delete from outbox where id = $1",
        ] {
            sqlx::query(statement).bind(upload).execute(&mut *transaction).await?;
        }
        Ok(transaction.commit().await?)
    }
}

const SCHEMA: &str = "
    create table uploads (id uuid primary key, open bigint not null, detail text not null);
    create table documents (id uuid primary key, state text not null);
    create table outbox (id uuid primary key, due bigint not null);";
