//! Reading a blob.

use std::ops::Range;
use std::time::Duration;

use aws_sdk_s3::operation::get_object::GetObjectOutput;
use aws_sdk_s3::primitives::ByteStream as Body;
use futures_util::stream;
use pipeline::{Blob, ByteStream, ErrorKind, PortError};

use super::S3;
use super::error::{error, limited_to};

/// A store that sends nothing for this long has gone away.
const CHUNK_LIMIT: Duration = Duration::from_secs(20);

impl S3 {
    pub(super) async fn read(&self, key: String, range: Option<Range<u64>>) -> Result<Blob, PortError> {
        if range.as_ref().is_some_and(Range::is_empty) {
            // HTTP has no empty range.
            return Ok(Blob { bytes: self.bytes(&key).await?, content: Box::pin(stream::empty()) });
        }
        let header = range.as_ref().map(|range| format!("bytes={}-{}", range.start, range.end - 1));
        let request = self.client.get_object().bucket(&self.settings.bucket).key(key).set_range(header);
        let answer = request.send().await.map_err(error("read a blob"))?;
        let bytes = bytes_of_whole(&answer, range.is_some())?;
        Ok(Blob { bytes, content: content(answer.body) })
    }

    async fn bytes(&self, key: &str) -> Result<u64, PortError> {
        let head = self.client.head_object().bucket(&self.settings.bucket).key(key).send();
        size(head.await.map_err(error("look at a blob"))?.content_length())
    }
}

/// The size of the whole blob: behind the slash of `Content-Range: bytes 0-4/10`, else `Content-Length`.
fn bytes_of_whole(answer: &GetObjectOutput, is_part: bool) -> Result<u64, PortError> {
    if !is_part {
        return size(answer.content_length());
    }
    let whole = answer.content_range().and_then(|range| range.rsplit_once('/'));
    size(whole.and_then(|(_, whole)| whole.parse().ok()))
}

fn size(bytes: Option<i64>) -> Result<u64, PortError> {
    let bytes = bytes.and_then(|bytes| u64::try_from(bytes).ok());
    bytes.ok_or_else(|| PortError::new(ErrorKind::Internal, "the store does not tell the size of a blob"))
}

fn content(body: Body) -> ByteStream {
    Box::pin(stream::try_unfold(body, |mut body| async move {
        let broken =
            |source| PortError::new(ErrorKind::Unreachable, "cannot read a blob to its end").with_source(source);
        let chunk = async { body.try_next().await.map_err(broken) };
        let chunk = limited_to(CHUNK_LIMIT, "read a blob to its end", chunk).await?;
        Ok(chunk.map(|chunk| (chunk, body)))
    }))
}
