//! The document store in S3, or in what speaks its language: one object a blob, `PREFIX/BUCKET/ID`.
//!
//! Every object is written under the condition that its key is free, so a blob never changes.

mod deletion;
mod error;
mod leftovers;
mod listing;
mod mark;
mod multipart;
mod presigned;
mod read;
mod settings;
mod write;

use std::ops::Range;
use std::time::Duration;

use async_trait::async_trait;
use aws_config::BehaviorVersion;
use aws_config::environment::region::EnvironmentVariableRegionProvider;
use aws_config::meta::region::RegionProviderChain;
use aws_config::profile::region::ProfileFileRegionProvider;
use aws_sdk_s3::Client;
use aws_sdk_s3::config::retry::RetryConfig;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::config::{Region, StalledStreamProtectionConfig};
use jiff::Timestamp;
use pipeline::{Blob, BlobId, Bucket, ByteStream, Documents, PortError, PresignedPut, StoreMark};
use url::Url;

use error::limited_to;
use settings::Settings;

/// Within this a healthy store answers a question about its health.
const CHECK_LIMIT: Duration = Duration::from_secs(3);
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// Of one try: a part of 8 MiB passes in it at 5 Mbit/s.
const ATTEMPT_LIMIT: Duration = Duration::from_secs(15);
/// Of an operation with its retries.
const OPERATION_LIMIT: Duration = Duration::from_secs(30);
const ATTEMPTS: u32 = 3;
const MOST_BACKOFF: Duration = Duration::from_secs(2);
/// Compatible stores have no regions, but their signatures name one.
const REGION_OF_COMPATIBLE_STORES: &str = "us-east-1";

/// A prefix in a bucket of S3.
pub(crate) struct S3 {
    client: Client,
    settings: Settings,
}

impl S3 {
    /// Reads the URL: `s3://BUCKET/PREFIX?region=…`. The credentials are those of the environment: variables, profile,
    /// or the role that AWS gives to a function, pod or machine.
    pub(crate) async fn open(url: &Url) -> Result<Self, String> {
        let settings = Settings::read(url)?;
        let region = region(&settings).await?;
        let shared = aws_config::defaults(BehaviorVersion::latest()).region(region).load().await;
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_LIMIT)
            .operation_attempt_timeout(ATTEMPT_LIMIT)
            .operation_timeout(OPERATION_LIMIT)
            .build();
        let retries = RetryConfig::standard().with_max_attempts(ATTEMPTS).with_max_backoff(MOST_BACKOFF);
        let mut config = aws_sdk_s3::config::Builder::from(&shared)
            .force_path_style(settings.path_style)
            .timeout_config(timeouts)
            .retry_config(retries)
            // It would cut off slow readers; every chunk has a limit of its own.
            .stalled_stream_protection(StalledStreamProtectionConfig::disabled());
        if let Some(endpoint) = &settings.endpoint {
            config = config.endpoint_url(endpoint);
        }
        Ok(Self { client: Client::from_conf(config.build()), settings })
    }

    /// The key under which a blob is kept.
    fn key(&self, bucket: Bucket, id: BlobId) -> String {
        format!("{}{id}", self.prefix(bucket))
    }

    /// What the keys of a bucket begin with.
    fn prefix(&self, bucket: Bucket) -> String {
        format!("{}{}/", self.settings.prefix, bucket.name())
    }
}

/// The region of the URL, else of the environment or profile. The machine's metadata service is not asked: opening
/// reaches no network.
async fn region(settings: &Settings) -> Result<Region, String> {
    let chain = RegionProviderChain::first_try(settings.region.clone().map(Region::new))
        .or_else(EnvironmentVariableRegionProvider::new())
        .or_else(ProfileFileRegionProvider::new());
    match chain.region().await {
        Some(region) => Ok(region),
        None if settings.endpoint.is_some() => Ok(Region::from_static(REGION_OF_COMPATIBLE_STORES)),
        None => Err("no region: expected region=… in the URL or AWS_REGION".to_owned()),
    }
}

#[async_trait]
impl Documents for S3 {
    async fn put(&self, bucket: Bucket, id: BlobId, content: ByteStream) -> Result<u64, PortError> {
        self.write(self.key(bucket, id), content).await
    }

    async fn get(&self, bucket: Bucket, id: BlobId, range: Option<Range<u64>>) -> Result<Blob, PortError> {
        self.read(self.key(bucket, id), range).await
    }

    async fn delete(&self, bucket: Bucket, id: BlobId) -> Result<(), PortError> {
        let delete = self.client.delete_object().bucket(&self.settings.bucket).key(self.key(bucket, id));
        delete.send().await.map(|_| ()).map_err(error::error("delete a blob"))
    }

    async fn delete_many(&self, bucket: Bucket, ids: &[BlobId]) -> Vec<(BlobId, PortError)> {
        self.delete_objects(bucket, ids).await
    }

    async fn mark(&self) -> Result<Option<StoreMark>, PortError> {
        self.read_mark().await.map(|found| found.map(|(mark, _)| mark))
    }

    async fn set_mark(&self, mark: StoreMark, seen: Option<StoreMark>) -> Result<(), PortError> {
        self.write_mark(mark, seen).await
    }

    async fn list(
        &self,
        bucket: Bucket,
        before: Timestamp,
        after: Option<BlobId>,
        limit: usize,
    ) -> Result<Vec<BlobId>, PortError> {
        if after.is_none() {
            // Housekeeping begins a list: what killed processes left goes too.
            self.abort_stale_uploads(&self.prefix(bucket)).await;
        }
        self.list_objects(&self.prefix(bucket), before, after, limit).await
    }

    async fn check(&self) -> Result<(), PortError> {
        let head = async {
            let head = self.client.head_bucket().bucket(&self.settings.bucket).send();
            head.await.map_err(error::error("reach the bucket"))
        };
        limited_to(CHECK_LIMIT, "reach the bucket", head).await.map(|_| ())
    }

    async fn presigned_get(
        &self,
        bucket: Bucket,
        id: BlobId,
        life: Duration,
        disposition: &str,
        media_type: &str,
    ) -> Result<Option<String>, PortError> {
        self.sign_get(self.key(bucket, id), life, disposition, media_type).await.map(Some)
    }

    async fn presigned_put(
        &self,
        bucket: Bucket,
        id: BlobId,
        life: Duration,
        bytes: u64,
    ) -> Result<Option<PresignedPut>, PortError> {
        self.sign_put(self.key(bucket, id), life, bytes).await.map(Some)
    }
}
