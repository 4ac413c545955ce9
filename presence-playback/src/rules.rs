//! The functions that are exported. Times of the medium are seconds, lengths of time ms; JavaScript's numbers come in as
//! they are.

use presence_model::following;
use presence_model::playback;

/// How many seconds into the medium a player is so long after it was at `current_time`.
#[allow(unsafe_code, reason = "a name for the linker; nothing is called by it that could be unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn position(is_playing: bool, current_time: f64, rate: f64, elapsed_ms: f64) -> f64 {
    playback::position(is_playing, current_time, rate, elapsed_ms)
}

/// The speed to play at, or NaN where a seek is wanted.
#[allow(unsafe_code, reason = "a name for the linker; nothing is called by it that could be unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn correction(drift: f64, room_rate: f64, own_rate: f64, look_every: f64) -> f64 {
    following::correction(drift, room_rate, own_rate, look_every)
}

/// How a player that is so many seconds ahead of the room differs, by its place in `Desync::ALL` counted from 1; 0 where
/// it follows.
#[allow(unsafe_code, reason = "a name for the linker; nothing is called by it that could be unsafe")]
#[unsafe(no_mangle)]
pub extern "C" fn desync(
    room_plays: bool,
    room_rate: f64,
    is_playing: bool,
    rate: f64,
    drift: f64,
    is_stalled: bool,
) -> u32 {
    let desync = playback::desync(room_plays, room_rate, is_playing, rate, drift, is_stalled);
    desync.map_or(0, |desync| desync as u32 + 1)
}

#[cfg(test)]
mod tests {
    use presence_model::playback::{Desync, Playback, Timeline};
    use presence_model::time::Millis;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn numbers_are_places_in_the_list() {
        for (place, desync) in Desync::ALL.iter().enumerate() {
            assert_eq!(*desync as usize, place);
        }
    }

    proptest! {
        #[test]
        fn what_differs_is_what_the_server_says(
            room in (any::<bool>(), 0.0..1e4_f64, 0.25..4.0_f64),
            own in (any::<bool>(), -3.0..3.0_f64, prop::option::of(0.25..4.0_f64)),
            elapsed in 0..10_000_u64,
            is_stalled: bool,
        ) {
            let playback = Playback { is_playing: room.0, current_time: room.1, rate: room.2 };
            let timeline = Timeline { playback, at: Millis(5), operation: 1 };
            let now = Millis(5 + elapsed);
            let place = position(room.0, room.1, room.2, elapsed as f64);
            let rate = own.2.unwrap_or(room.2);
            let viewer = Playback { is_playing: own.0, current_time: place + own.1, rate };
            let said = timeline.desync(now, viewer, is_stalled).map_or(0, |desync| desync as u32 + 1);
            prop_assert_eq!(desync(room.0, room.2, own.0, rate, viewer.current_time - place, is_stalled), said);
        }

        #[test]
        fn nothing_that_javascript_can_pass_is_a_trap(numbers in prop::array::uniform4(any::<f64>()), flag: bool) {
            let [a, b, c, d] = numbers;
            position(flag, a, b, c);
            correction(a, b, c, d);
            prop_assert!(desync(flag, a, !flag, b, c, flag) as usize <= Desync::ALL.len());
        }
    }
}
