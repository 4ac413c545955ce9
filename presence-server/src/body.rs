//! The body of a request, as much of it as is read.

use axum::body::Body;
use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt;
use presence_model::refusal::{Code, Refusal};

/// So much is read of a body that is too large.
const READ_IN_VAIN: usize = 1024 * 1024;

/// Of a body that is too large some is read all the same: who is hung up on while he sends does not hear why.
pub async fn read(mut body: Body, most: usize) -> Result<Bytes, Refusal> {
    let (mut all, mut size) = (BytesMut::new(), 0_usize);
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::new(Code::BadJson, "body: it did not come whole"))?;
        let Ok(data) = frame.into_data() else { continue };
        size = size.saturating_add(data.len());
        if size <= most {
            all.extend_from_slice(&data);
        } else if size - most > READ_IN_VAIN {
            break;
        }
    }
    if size > most {
        return Err(Refusal::new(Code::TooLarge, format!("body: at most {most} bytes are read of a request")));
    }
    Ok(all.freeze())
}
