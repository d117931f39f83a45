//! A blob's content, cut into pieces of a fixed size.

use bytes::{Buf as _, Bytes, BytesMut};
use futures_util::StreamExt;
use futures_util::stream::Fuse;
use pipeline::{ByteStream, PortError};

/// Content in pieces of `size` bytes; the last one may be smaller. One piece is in memory at a time, beside the chunk
/// that it is cut from.
pub(crate) struct Pieces {
    content: Fuse<ByteStream>,
    size: usize,
    rest: Bytes,
}

impl Pieces {
    pub(crate) fn new(content: ByteStream, size: usize) -> Self {
        Self { content: content.fuse(), size, rest: Bytes::new() }
    }

    /// The next piece, never an empty one; `None` at the end.
    pub(crate) async fn next(&mut self) -> Result<Option<Bytes>, PortError> {
        let Some(mut piece) = self.next_chunk().await? else { return Ok(None) };
        if piece.len() >= self.size {
            self.rest = piece.split_off(self.size);
            return Ok(Some(piece));
        }
        let Some(mut chunk) = self.next_chunk().await? else { return Ok(Some(piece)) };
        let mut joined = BytesMut::with_capacity(self.size);
        joined.extend_from_slice(&piece);
        loop {
            let taken = chunk.len().min(self.size - joined.len());
            joined.extend_from_slice(&chunk[..taken]);
            chunk.advance(taken);
            if joined.len() == self.size {
                self.rest = chunk;
                return Ok(Some(joined.freeze()));
            }
            match self.next_chunk().await? {
                Some(next) => chunk = next,
                None => return Ok(Some(joined.freeze())),
            }
        }
    }

    /// What is left of the last chunk, else the next one that is not empty.
    async fn next_chunk(&mut self) -> Result<Option<Bytes>, PortError> {
        let mut chunk = std::mem::take(&mut self.rest);
        while chunk.is_empty() {
            match self.content.next().await {
                Some(next) => chunk = next?,
                None => return Ok(None),
            }
        }
        Ok(Some(chunk))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use futures_util::stream;
    use pipeline::ErrorKind;

    use super::*;

    async fn cut(chunks: &[&'static str]) -> Vec<String> {
        let chunks: Vec<_> = chunks.iter().map(|chunk| Ok(Bytes::from_static(chunk.as_bytes()))).collect();
        let mut pieces = Pieces::new(Box::pin(stream::iter(chunks)), 4);
        let mut cut = Vec::new();
        while let Some(piece) = pieces.next().await.unwrap() {
            cut.push(String::from_utf8(piece.to_vec()).unwrap());
        }
        assert!(pieces.next().await.unwrap().is_none(), "the end stays the end");
        cut
    }

    #[tokio::test]
    async fn content_is_cut_whatever_its_chunks_are() {
        assert!(cut(&[]).await.is_empty());
        assert!(cut(&["", ""]).await.is_empty());
        assert_eq!(cut(&["abc"]).await, ["abc"]);
        assert_eq!(cut(&["abcd"]).await, ["abcd"]);
        assert_eq!(cut(&["", "abcdefghi", "", "j"]).await, ["abcd", "efgh", "ij"]);
        assert_eq!(cut(&["a", "b", "c", "d", "e"]).await, ["abcd", "e"]);
        assert_eq!(cut(&["ab", "cdefgh"]).await, ["abcd", "efgh"]);
    }

    #[tokio::test]
    async fn the_contents_error_is_handed_on() {
        let broken = PortError::new(ErrorKind::Rejected, "the client went away");
        let content = stream::iter([Ok(Bytes::from_static(b"abcdef")), Err(broken)]);
        let mut pieces = Pieces::new(Box::pin(content), 4);
        assert_eq!(pieces.next().await.unwrap().unwrap(), "abcd");
        assert_eq!(pieces.next().await.unwrap_err().kind(), ErrorKind::Rejected);
    }
}
