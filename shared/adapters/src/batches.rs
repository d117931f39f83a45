//! Calls that reach a server together.
//!
//! While one batch is under way the next gathers: an idle server answers a call at once, a busy one gets fewer and larger
//! statements, commits and flushes instead of a longer line.

use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::BoxFuture;
use pipeline::{ErrorKind, PortError};
use tokio::sync::oneshot;

/// Calls that go together at most.
const MOST_CALLS: usize = 64;

/// What a batch answers: one answer for each call in their order, or an error of all of them.
pub(crate) type Answers<O> = Result<Vec<Result<O, PortError>>, PortError>;

/// Runs a batch on a server `S`.
type Run<S, I, O> = for<'a> fn(&'a S, &'a [I]) -> BoxFuture<'a, Answers<O>>;

/// Calls of one kind to a server.
pub(crate) struct Batches<S, I, O>(Arc<Parts<S, I, O>>);

struct Parts<S, I, O> {
    server: S,
    run: Run<S, I, O>,
    gathered: Mutex<Vec<Call<I, O>>>,
    turn: tokio::sync::Mutex<()>,
}

struct Call<I, O> {
    input: I,
    answer: oneshot::Sender<Result<O, PortError>>,
}

impl<S, I, O> Batches<S, I, O>
where
    S: Send + Sync + 'static,
    I: Send + Sync + 'static,
    O: Send + 'static,
{
    pub(crate) fn new(server: S, run: Run<S, I, O>) -> Self {
        Self(Arc::new(Parts { server, run, gathered: Mutex::default(), turn: tokio::sync::Mutex::default() }))
    }

    /// Hands the call to the next batch and waits for its answer. A caller that goes away takes nobody's answer with him.
    pub(crate) async fn call(&self, input: I) -> Result<O, PortError> {
        let (answer, answered) = oneshot::channel();
        self.0.gathered().push(Call { input, answer });
        tokio::spawn(Arc::clone(&self.0).take_turn());
        let given_up = |_| Err(PortError::new(ErrorKind::Unreachable, "the calls that went together were given up"));
        answered.await.unwrap_or_else(given_up)
    }
}

impl<S, I, O> Parts<S, I, O> {
    fn gathered(&self) -> std::sync::MutexGuard<'_, Vec<Call<I, O>>> {
        self.gathered.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn take_turn(self: Arc<Self>) {
        let _turn = self.turn.lock().await;
        let calls: Vec<_> = {
            let mut gathered = self.gathered();
            let count = gathered.len().min(MOST_CALLS);
            gathered.drain(..count).collect()
        };
        if !calls.is_empty() {
            self.answer(calls).await;
        }
    }

    /// What the server refuses for one call's sake it is asked again for each alone. A batch of unknown outcome is not: it
    /// may have been done.
    async fn answer(&self, calls: Vec<Call<I, O>>) {
        let (inputs, answers): (Vec<I>, Vec<_>) = calls.into_iter().map(|call| (call.input, call.answer)).unzip();
        let outcome = (self.run)(&self.server, &inputs).await;
        let each = match outcome {
            Ok(each) => each,
            Err(error) if inputs.len() == 1 => vec![Err(error)],
            Err(error) if error.is_unreachable() => inputs.iter().map(|_| Err(same(&error))).collect(),
            Err(error) => {
                tracing::warn!(%error, calls = inputs.len(), "calls that went together are tried one by one");
                self.one_by_one(&inputs).await
            }
        };
        for (answer, outcome) in answers.into_iter().zip(each) {
            // Nobody waits where a caller has gone away.
            let _ = answer.send(outcome);
        }
    }

    async fn one_by_one(&self, inputs: &[I]) -> Vec<Result<O, PortError>> {
        let mut each = Vec::with_capacity(inputs.len());
        for input in inputs.chunks(1) {
            let answered = (self.run)(&self.server, input).await;
            let no_answer = || Err(PortError::new(ErrorKind::Internal, "a call got no answer"));
            each.push(answered.and_then(|answers| answers.into_iter().next().unwrap_or_else(no_answer)));
        }
        each
    }
}

/// An error for each of several callers.
fn same(error: &PortError) -> PortError {
    PortError::new(error.kind(), error.to_string())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use std::time::Duration;

    use futures_util::FutureExt as _;
    use futures_util::future::join_all;

    use super::*;

    /// Doubles numbers; refuses batches with a 13, and is out of reach for batches with a 14. Keeps the batches' sizes.
    type Doubling = Mutex<Vec<usize>>;

    fn double<'a>(sizes: &'a Doubling, numbers: &'a [u32]) -> BoxFuture<'a, Answers<u32>> {
        async {
            tokio::time::sleep(Duration::from_millis(10)).await;
            sizes.lock().unwrap().push(numbers.len());
            for (number, kind) in [(13, ErrorKind::Internal), (14, ErrorKind::Unreachable)] {
                if numbers.contains(&number) {
                    return Err(PortError::new(kind, "unlucky"));
                }
            }
            Ok(numbers.iter().map(|number| Ok(2 * number)).collect())
        }
        .boxed()
    }

    fn doubling() -> Batches<Arc<Doubling>, u32, u32> {
        Batches::new(Arc::default(), |sizes, numbers| double(sizes, numbers))
    }

    fn sizes(batches: &Batches<Arc<Doubling>, u32, u32>) -> Vec<usize> {
        batches.0.server.lock().unwrap().clone()
    }

    #[tokio::test(start_paused = true)]
    async fn what_gathers_while_one_is_under_way_goes_together() {
        let batches = doubling();
        let answers = join_all((100..200).map(|number| batches.call(number))).await;
        let answers: Vec<u32> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!(answers, (100..200).map(|number| 2 * number).collect::<Vec<_>>());
        let sizes = sizes(&batches);
        assert!(sizes.len() <= 4 && sizes.iter().all(|size| *size <= MOST_CALLS), "{sizes:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_that_is_refused_spoils_none_of_the_others() {
        let batches = doubling();
        let answers = join_all([12, 13, 15].map(|number| batches.call(number))).await;
        let kinds: Vec<_> = answers.into_iter().map(|answer| answer.map_err(|error| error.kind())).collect();
        assert_eq!(kinds, [Ok(24), Err(ErrorKind::Internal), Ok(30)]);
        assert_eq!(sizes(&batches), [3, 1, 1, 1]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_batch_of_unknown_outcome_is_not_tried_again() {
        let batches = doubling();
        let answers = join_all([12, 14].map(|number| batches.call(number))).await;
        assert!(answers.into_iter().all(|answer| answer.unwrap_err().is_unreachable()));
        assert_eq!(sizes(&batches), [2]);
    }

    #[tokio::test(start_paused = true)]
    async fn a_caller_that_goes_away_takes_no_answer_with_him() {
        let batches = Arc::new(doubling());
        let first = tokio::spawn({
            let batches = Arc::clone(&batches);
            async move { batches.call(1).await }
        });
        tokio::task::yield_now().await;
        let second = tokio::spawn({
            let batches = Arc::clone(&batches);
            async move { batches.call(2).await }
        });
        tokio::task::yield_now().await;
        first.abort();
        assert_eq!(second.await.unwrap().unwrap(), 4);
    }
}
