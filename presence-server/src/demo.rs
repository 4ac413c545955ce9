//! The demo page, embedded in the binary. Debug builds read it from the folder instead, so that a page
//! built anew shows without another build of the server.

use std::borrow::Cow;

use axum::body::{Body, Bytes};
use axum::http::header::{
    ACCEPT_RANGES, CACHE_CONTROL, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_NONE_MATCH, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Response};
use rust_embed::{Embed, EmbeddedFile};

use crate::byte_range::{Asked, asked};

/// What the page's own build leaves behind.
#[derive(Embed)]
#[folder = "../www/dist"]
#[allow_missing = true]
struct Files;

const INDEX: &str = "index.html";

/// The build gives every file here a name made from its content, so what a name holds never changes.
const HASHED: &str = "assets/";

/// The file at a path, the page itself for the paths it makes up, `None` for a file that is not there.
pub fn page(path: &str, headers: &HeaderMap) -> Option<Response> {
    let path = path.trim_start_matches('/');
    if let Some(file) = Files::get(path) {
        return Some(serve(path, file, headers));
    }
    let names_a_file = path.rsplit('/').next().is_some_and(|last| last.contains('.'));
    if names_a_file && path != INDEX {
        return None;
    }
    Some(match Files::get(INDEX) {
        Some(index) => serve(INDEX, index, headers),
        None => (StatusCode::SERVICE_UNAVAILABLE, [(CACHE_CONTROL, "no-store")], Html(NOT_BUILT)).into_response(),
    })
}

fn serve(path: &str, file: EmbeddedFile, headers: &HeaderMap) -> Response {
    let caching = if path.starts_with(HASHED) { "public, max-age=31536000, immutable" } else { "no-cache" };
    let hash = file.metadata.sha256_hash();
    let tag: String = hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = headers.get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    // A proxy that compressed the file may have weakened the tag.
    let is_known = known.is_some_and(|known| known.split(',').any(|one| one.trim().trim_start_matches("W/") == tag));
    let length = file.data.len();
    let asked = asked(headers, length, &tag);
    let caching = [(CACHE_CONTROL, caching.to_owned()), (ETAG, tag), (ACCEPT_RANGES, "bytes".to_owned())];
    if is_known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    let kind = [(CONTENT_TYPE, file.metadata.mimetype().to_owned()), (X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned())];
    let bytes = match file.data {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => Bytes::from(bytes),
    };
    match asked {
        Asked::Whole => (caching, kind, Body::from(bytes)).into_response(),
        Asked::Part(part) => {
            let place = [(CONTENT_RANGE, format!("bytes {}-{}/{length}", part.start, part.end - 1))];
            (StatusCode::PARTIAL_CONTENT, caching, kind, place, Body::from(bytes.slice(part))).into_response()
        }
        Asked::Nothing => {
            (StatusCode::RANGE_NOT_SATISFIABLE, [(CONTENT_RANGE, format!("bytes */{length}"))]).into_response()
        }
    }
}

const NOT_BUILT: &str = r#"<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Presence: the page is not built yet</title>
<style>body { font: 1rem/1.5 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1rem }</style>
<h1>The server runs, its demo page is not built yet</h1>
<p>Build both and start them with</p>
<pre><code>cargo xtask demo</code></pre>
<p>Programs can connect already: <code>/ws</code> and <code>/presence</code> are WebSocket doors, and
<a href="/api/presence">/api/presence</a> says who is here.</p>
</html>
"#;

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;
    use axum::http::HeaderValue;
    use axum::http::header::RANGE;

    #[test]
    fn a_file_that_is_not_there_is_no_page() {
        assert!(page("/assets/index-0000.js", &HeaderMap::new()).is_none());
        assert!(page("/favicon-of-nobody.ico", &HeaderMap::new()).is_none());
    }

    #[test]
    fn the_pages_own_paths_show_the_page_or_how_to_build_it() {
        for path in ["/", "/index.html", "/rooms/video_123"] {
            let response = page(path, &HeaderMap::new()).unwrap();
            assert!(matches!(response.status(), StatusCode::OK | StatusCode::SERVICE_UNAVAILABLE), "{path}");
            assert!(response.headers()[CONTENT_TYPE].to_str().unwrap().starts_with("text/html"), "{path}");
        }
    }

    fn file(name: &str) -> (EmbeddedFile, &str) {
        let metadata = rust_embed::Metadata::__rust_embed_new([7; 32], None, None, "text/javascript");
        (EmbeddedFile { data: Cow::Borrowed(b"x"), metadata }, name)
    }

    #[test]
    fn hashed_files_are_kept_forever_and_others_asked_for_again() {
        let (asset, name) = file("assets/index-1234.js");
        assert!(serve(name, asset, &HeaderMap::new()).headers()[CACHE_CONTROL].to_str().unwrap().contains("immutable"));
        let (index, name) = file(INDEX);
        let response = serve(name, index, &HeaderMap::new());
        assert_eq!(response.headers()[CACHE_CONTROL], "no-cache");
        let again = HeaderMap::from_iter([(IF_NONE_MATCH, response.headers()[ETAG].clone())]);
        assert_eq!(serve(name, file(INDEX).0, &again).status(), StatusCode::NOT_MODIFIED);
    }

    #[tokio::test]
    async fn a_player_gets_the_part_it_asks_for_and_is_told_where_the_file_ends() {
        let clip = || {
            let metadata = rust_embed::Metadata::__rust_embed_new([7; 32], None, None, "video/webm");
            EmbeddedFile { data: Cow::Borrowed(b"0123456789"), metadata }
        };
        let ask = |range: &'static str| HeaderMap::from_iter([(RANGE, HeaderValue::from_static(range))]);

        let part = serve("clip.webm", clip(), &ask("bytes=3-5"));
        assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
        assert_eq!(part.headers()[CONTENT_RANGE], "bytes 3-5/10");
        assert_eq!(part.headers()[CONTENT_TYPE], "video/webm");
        assert_eq!(to_bytes(part.into_body(), 99).await.unwrap(), "345");

        let whole = serve("clip.webm", clip(), &HeaderMap::new());
        assert_eq!(whole.status(), StatusCode::OK);
        assert_eq!(whole.headers()[ACCEPT_RANGES], "bytes");
        assert_eq!(to_bytes(whole.into_body(), 99).await.unwrap(), "0123456789");

        let behind = serve("clip.webm", clip(), &ask("bytes=10-"));
        assert_eq!(behind.status(), StatusCode::RANGE_NOT_SATISFIABLE);
        assert_eq!(behind.headers()[CONTENT_RANGE], "bytes */10");
    }
}
