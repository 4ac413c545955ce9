//! What the browser says of the machine it runs on. Display only, so a good guess is enough.

use alloc::borrow::ToOwned;
use alloc::string::String;

use crate::web::{self, joined};

#[derive(Default)]
pub struct Guess {
    /// `Firefox on Linux`: what a person calls this client.
    pub host: Option<String>,
    pub platform: Option<String>,
    pub device_family: Option<String>,
}

pub fn guess() -> Guess {
    let navigator = web::get(&web::global(), "navigator");
    let agent = navigator.and_then(|navigator| web::get_text(&navigator, "userAgent"));
    agent.map_or_else(Guess::default, |agent| from_user_agent(&agent))
}

/// The first name that a user agent's text holds; the order matters, since browsers name each other.
fn first(agent: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    // `str::contains` would bring a searcher made for long texts.
    let holds = |mark: &str| agent.as_bytes().windows(mark.len()).any(|part| part == mark.as_bytes());
    names.iter().find(|(mark, _)| holds(mark)).map(|(_, name)| *name)
}

fn from_user_agent(agent: &str) -> Guess {
    let browser = first(
        agent,
        &[
            ("Edg/", "Edge"),
            ("OPR/", "Opera"),
            ("Firefox/", "Firefox"),
            ("FxiOS/", "Firefox"),
            ("Chrome/", "Chrome"),
            ("CriOS/", "Chrome"),
            ("Safari/", "Safari"),
        ],
    );
    let system = first(
        agent,
        &[
            ("Android", "Android"),
            ("iPhone", "iPhone"),
            ("iPad", "iPad"),
            ("Mac OS X", "Mac"),
            ("Windows", "Windows"),
            ("CrOS", "ChromeOS"),
            ("Linux", "Linux"),
        ],
    );
    let platform = system.map(|system| match system {
        "iPhone" | "iPad" => "ios",
        "Mac" => "macos",
        "Android" => "android",
        "Windows" => "windows",
        _ => "linux",
    });
    let host = match (browser, system) {
        (Some(browser), Some(system)) => Some(joined(&[browser, " on ", system])),
        (one, other) => one.or(other).map(str::to_owned),
    };
    Guess { host, platform: platform.map(str::to_owned), device_family: system.map(str::to_owned) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn usual_agents_are_told_apart() {
        for (agent, host, platform) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0 Safari/537.36",
                "Chrome on Linux",
                "linux",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605 Version/19.0 Mobile Safari/604.1",
                "Safari on iPhone",
                "ios",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/156.0 Safari/537.36 Edg/156.0",
                "Edge on Windows",
                "windows",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10.15; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Mac",
                "macos",
            ),
        ] {
            let guess = from_user_agent(agent);
            assert_eq!((guess.host.as_deref(), guess.platform.as_deref()), (Some(host), Some(platform)));
        }
    }
}
