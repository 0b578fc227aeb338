//! How long to wait between two looks at a task.

use std::time::Duration;

const FIRST: Duration = Duration::from_millis(20);
const LONGEST: Duration = Duration::from_millis(500);

/// Delays that double from 20 ms to half a second: a short task is seen to be
/// done at once, a long one is not asked about too often.
///
/// ```
/// use tasker_client::Backoff;
///
/// let delays: Vec<u128> = Backoff::default().take(7).map(|delay| delay.as_millis()).collect();
/// assert_eq!(delays, [20, 40, 80, 160, 320, 500, 500]);
/// ```
#[derive(Debug, Clone)]
pub struct Backoff {
    next: Duration,
}

impl Default for Backoff {
    fn default() -> Self {
        Self { next: FIRST }
    }
}

impl Iterator for Backoff {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        let delay = self.next;
        self.next = delay.saturating_mul(2).min(LONGEST);
        Some(delay)
    }
}
