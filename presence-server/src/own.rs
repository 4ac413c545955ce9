//! What this server says of itself in its own list (`CONTRACT.md` 2).

use std::env::consts;
use std::net::UdpSocket;

use presence_hub::instances::OwnEntry;
use presence_model::id::InstanceId;
use presence_model::instance::{ClientInfo, Mode};
use presence_model::wire::gateway::text::own_text;

const UNNAMED: &str = "localhost";

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Kept for documentation: nothing there answers, and nothing is sent there.
const ANYWHERE: &str = "192.0.2.1:9";

/// The machine under the server, and where others find it.
pub fn describe() -> OwnEntry {
    let (host, release) = names();
    let (platform, family) = platform(&release);
    let ip = address();
    // Not the machine's name: everybody hears of ids, and of machines not everybody may.
    let id = InstanceId::parse(Mode::Gateway.as_str());
    let info = ClientInfo {
        text: Some(own_text(Some(&host), ip.as_deref(), Some(VERSION))),
        version: Some(VERSION.to_owned()),
        platform: Some(platform),
        device_family: Some(family.to_owned()),
        model_identifier: Some(architecture().to_owned()),
        mode: Some(Mode::Gateway.as_str().to_owned()),
        host: Some(host),
        ..ClientInfo::default()
    };
    OwnEntry { instance_id: id.expect("a word is an id"), info, ip }
}

/// The name of the machine, and the release of its system.
#[cfg(unix)]
fn names() -> (String, String) {
    let uname = rustix::system::uname();
    let text = |name: &std::ffi::CStr| name.to_string_lossy().into_owned();
    (
        Some(text(uname.nodename())).filter(|name| !name.is_empty()).unwrap_or_else(|| UNNAMED.to_owned()),
        text(uname.release()),
    )
}

#[cfg(not(unix))]
fn names() -> (String, String) {
    (std::env::var("COMPUTERNAME").unwrap_or_else(|_| UNNAMED.to_owned()), String::new())
}

/// In the words that gateway clients know.
fn platform(release: &str) -> (String, &'static str) {
    let (platform, family) = match consts::OS {
        "linux" => ("linux", "Linux"),
        "macos" => ("macos", "Mac"),
        "windows" => ("windows", "Windows"),
        other => (other, other),
    };
    (format!("{platform} {release}").trim_end().to_owned(), family)
}

fn architecture() -> &'static str {
    match consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The address from which this machine would speak to others, if it has one.
fn address() -> Option<String> {
    let socket = UdpSocket::bind("0.0.0.0:0").ok()?;
    // It only asks the system for a route.
    socket.connect(ANYWHERE).ok()?;
    let ip = socket.local_addr().ok()?.ip();
    (!ip.is_loopback() && !ip.is_unspecified()).then(|| ip.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_it_runs() {
        let OwnEntry { instance_id, info, ip } = describe();
        let host = info.host.as_deref().unwrap();
        assert_eq!(instance_id.as_str(), "gateway");
        assert_eq!((info.mode.as_deref(), info.version.as_deref()), (Some("gateway"), Some(VERSION)));
        assert!(info.text.as_deref().unwrap().starts_with(&format!("Gateway: {host}")));
        assert!(ip.is_none_or(|ip| ip.parse::<std::net::Ipv4Addr>().is_ok()));
        assert_eq!(info.clone().checked("own").unwrap(), info, "nothing in it is too long to keep");
    }
}
