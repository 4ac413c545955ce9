//! Many durations in little room: exact below 128, within a hundredth above.

/// Each doubling is cut into so many steps.
const STEPS: u32 = 64;
const STEP_BITS: u32 = STEPS.trailing_zeros();
const BUCKETS: usize = ((32 - STEP_BITS + 1) * STEPS) as usize;

#[derive(Clone, Debug)]
pub struct Histogram {
    counts: Vec<u64>,
    total: u64,
    max: u32,
}

impl Default for Histogram {
    fn default() -> Self {
        Self { counts: vec![0; BUCKETS], total: 0, max: 0 }
    }
}

impl Histogram {
    pub fn record(&mut self, value: u32) {
        self.counts[bucket(value)] += 1;
        self.total += 1;
        self.max = self.max.max(value);
    }

    /// Takes over all that another one holds.
    pub fn add(&mut self, other: &Self) {
        self.counts.iter_mut().zip(&other.counts).for_each(|(own, more)| *own += more);
        self.total += other.total;
        self.max = self.max.max(other.max);
    }

    pub const fn count(&self) -> u64 {
        self.total
    }

    pub const fn max(&self) -> u32 {
        self.max
    }

    /// The value that this share of all does not exceed; 0 when there is none.
    pub fn quantile(&self, share: f64) -> u32 {
        let wanted = (self.total as f64 * share).ceil().max(1.0) as u64;
        let mut seen = 0;
        for (bucket, count) in self.counts.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return top(bucket).min(self.max);
            }
        }
        self.max
    }
}

/// The leading bit says the doubling, the next ones the step.
fn bucket(value: u32) -> usize {
    let shift = (32 - value.leading_zeros()).saturating_sub(STEP_BITS + 1);
    (shift * STEPS + (value >> shift)) as usize
}

/// The largest value of a bucket.
fn top(bucket: usize) -> u32 {
    let bucket = u32::try_from(bucket).unwrap_or(u32::MAX);
    let shift = (bucket / STEPS).saturating_sub(1);
    let step = u64::from(bucket - shift * STEPS);
    u32::try_from(((step + 1) << shift) - 1).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_has_a_bucket_that_is_near() {
        for value in (0..1_000_000).chain([u32::MAX - 1, u32::MAX]) {
            let found = top(bucket(value));
            assert!(found >= value && f64::from(found - value) <= f64::from(value) / 64.0, "{value}: {found}");
        }
        assert!(bucket(u32::MAX) < BUCKETS);
    }

    #[test]
    fn quantiles_are_the_values_at_their_rank() {
        let mut histogram = Histogram::default();
        assert_eq!(histogram.quantile(0.5), 0);
        for value in 1..=100 {
            histogram.record(value);
        }
        assert_eq!([0.0, 0.01, 0.5, 0.9, 1.0].map(|share| histogram.quantile(share)), [1, 1, 50, 90, 100]);
        assert_eq!((histogram.count(), histogram.max()), (100, 100));
    }
}
