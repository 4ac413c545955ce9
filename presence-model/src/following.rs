//! How a viewer's player is brought to where the room is: by playing a little faster or slower while it is near, by a
//! seek when it is far. Nobody hears five percent.

/// What is further off than this, in seconds, seeks.
pub const NEAR: f64 = 0.2;

/// How much faster or slower than the room, at most.
const MOST: f64 = 0.05;

/// Whoever is this near, in seconds, is there. Who steers goes on until it is nearer: else it would begin and end all
/// the time.
const NEAR_ENOUGH: f64 = 0.015;
const THERE: f64 = 0.005;

/// A drift is closed within about so many seconds.
const HORIZON: f64 = 1.5;

/// The horizon in looks, where these are seldom. Two looks would suffice for not missing the place; the player's clock
/// and ours do not go alike.
const LOOKS: f64 = 3.0;

/// A speed that is this much right, as a part of itself, is kept: each change costs the browser work.
const ALIKE: f64 = 0.25;

/// The speed to play at, or NaN where a seek is wanted. `drift` is how many seconds the player is ahead of the room,
/// `room_rate` the room's speed, `own_rate` the player's now, and `look_every` how many seconds pass from look to look.
#[inline(always)] // the browser's module of it alone then needs no memory
pub fn correction(drift: f64, room_rate: f64, own_rate: f64, look_every: f64) -> f64 {
    let distance = drift.abs();
    // What is no number is not near.
    let is_near = distance <= NEAR;
    if !is_near {
        return f64::NAN;
    }
    let is_steering = own_rate != room_rate;
    if distance <= if is_steering { THERE } else { NEAR_ENOUGH } {
        return room_rate;
    }
    let horizon = HORIZON.max(LOOKS * look_every);
    let excess = (drift / (horizon * room_rate)).clamp(-MOST, MOST);
    let own_excess = 1.0 - own_rate / room_rate;
    if own_excess.abs() <= MOST * 1.001 && (excess - own_excess).abs() <= ALIKE * own_excess.abs() {
        return own_rate;
    }
    room_rate * (1.0 - excess)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn near_is_steered_and_far_is_sought() {
        for (drift, rate) in [
            (0.0, 1.0),
            (0.014, 1.0),
            (-0.014, 1.0),
            (0.03, 0.98),
            (-0.03, 1.02),
            (0.15, 0.95),
            (-0.2, 1.05),
            (0.21, f64::NAN),
            (-9.0, f64::NAN),
            (f64::INFINITY, f64::NAN),
            (f64::NAN, f64::NAN),
        ] {
            let correction = correction(drift, 1.0, 1.0, 0.1);
            assert!(
                (correction - rate).abs() < 1e-9 || (correction.is_nan() && rate.is_nan()),
                "{drift}: {correction}"
            );
        }
        assert!(correction(-0.03, 2.0, 2.0, 0.1) > 2.0, "by the room's speed");
        assert_eq!(correction(0.2, 1.0, 1.0, f64::NAN), 0.95, "a look that nobody counted");
    }

    #[test]
    fn who_steers_goes_on_until_it_is_there_and_does_not_change_its_mind_at_every_look() {
        assert_eq!(correction(0.010, 1.0, 1.0, 0.1), 1.0);
        assert!(correction(0.010, 1.0, 0.98, 0.1) < 1.0);
        assert_eq!(correction(0.004, 1.0, 0.98, 0.1), 1.0);
        assert_eq!(correction(0.033, 1.0, 0.98, 0.1), 0.98);
        assert!(correction(-0.02, 1.0, 0.98, 0.1) > 1.0, "past it, the other way");
    }

    /// A player in a browser, as far as its place and speed go.
    struct Player {
        place: f64,
        rate: f64,
        /// Its clock goes wrong by this much.
        skew: f64,
        seek_takes: f64,
    }

    /// What becomes of a player that is looked at and corrected for a while: the greatest distance in the last ten
    /// seconds, and the seeks, with those in the last ten seconds.
    fn follow(mut player: Player, room_rate: f64, looks: &[(f64, f64)]) -> (f64, usize, usize) {
        let total: f64 = looks.iter().map(|(step, _)| step).sum();
        let (mut now, mut room, mut aim) = (0.0, 100.0, 0.0);
        let (mut worst, mut seeks, mut late_seeks) = (0.0_f64, 0, 0);
        for &(step, jitter) in looks {
            let pass = |player: &mut Player, room: &mut f64, seconds: f64, moves: bool| {
                *room += seconds * room_rate;
                player.place += if moves { seconds * player.rate * (1.0 + player.skew) } else { 0.0 };
            };
            pass(&mut player, &mut room, step, true);
            now += step;
            let drift = player.place - (room + jitter * room_rate);
            let rate = correction(drift, room_rate, player.rate, step);
            if rate.is_nan() {
                player.rate = room_rate;
                player.place = room + (jitter + aim) * room_rate;
                let takes = player.seek_takes;
                pass(&mut player, &mut room, takes, false);
                now += takes;
                aim = takes;
                seeks += 1;
                late_seeks += usize::from(now > total - 10.0);
            } else {
                player.rate = rate;
            }
            if now > total - 10.0 {
                worst = worst.max((player.place - room).abs());
            }
        }
        (worst, seeks, late_seeks)
    }

    proptest! {
        #[test]
        fn a_player_comes_within_fifty_milliseconds_and_stays(
            start in -30.0..30.0_f64,
            skew in -0.004..0.004_f64,
            seek_takes in 0.0..1.2_f64,
            room_rate in 0.5..2.0_f64,
            looks in prop::collection::vec((0.06..0.16_f64, -0.005..0.005_f64), 400),
        ) {
            let player = Player { place: 100.0 + start, rate: room_rate, skew, seek_takes };
            let (worst, seeks, late) = follow(player, room_rate, &looks);
            prop_assert!(worst < 0.05 * room_rate.max(1.0), "off by {worst}");
            prop_assert!(seeks <= 2 && late == 0, "{seeks} seeks, {late} of them late");
        }

        #[test]
        fn looks_that_are_seldom_do_not_make_it_swing(
            start in -5.0..5.0_f64,
            skew in -0.001..0.001_f64,
            looks in prop::collection::vec((0.9..1.6_f64, -0.005..0.005_f64), 60),
        ) {
            let player = Player { place: 100.0 + start, rate: 1.0, skew, seek_takes: 0.3 };
            let (worst, seeks, late) = follow(player, 1.0, &looks);
            prop_assert!(worst < 0.05, "off by {worst}");
            prop_assert!(seeks <= 2 && late == 0, "{seeks} seeks, {late} of them late");
        }

        #[test]
        fn a_minute_between_looks_makes_no_seek_of_what_was_near(
            start in -0.19..0.19_f64,
            looks in prop::collection::vec((50.0..70.0_f64, -0.005..0.005_f64), 30),
        ) {
            let player = Player { place: 100.0 + start, rate: 1.0, skew: 0.0, seek_takes: 0.3 };
            prop_assert_eq!(follow(player, 1.0, &looks).1, 0);
        }

        #[test]
        fn no_numbers_lead_to_a_speed_that_is_heard(numbers in prop::array::uniform4(any::<f64>()), rate in 0.0625..16.0_f64) {
            let [drift, own, _, every] = numbers;
            let correction = correction(drift, rate, own, every);
            prop_assert!(correction.is_nan() || (correction / rate - 1.0).abs() <= MOST * 1.01, "{}", correction);
        }
    }
}
