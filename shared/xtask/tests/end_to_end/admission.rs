//! More uploads at a time than the gateway has places for.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::task::JoinSet;

use crate::deployment::{Deployment, location};

/// The gateway's places, and some that find none.
const PLACES: usize = 128;
const TOO_MANY: usize = 22;

#[tokio::test(flavor = "multi_thread")]
async fn uploads_beyond_the_places_are_told_to_come_again() {
    let Some(deployment) = Deployment::start("TEST_MONGODB_URL", "TEST_SMTP_URL").await else { return };
    let token = deployment.login().await;
    let deployment = Arc::new(deployment);
    // Those inside wait as long as the database takes nothing.
    let standstill = deployment.database.hold_uploads().await;
    let (mut clients, refused) = (JoinSet::new(), Arc::new(AtomicUsize::new(0)));
    for _ in 0..PLACES + TOO_MANY {
        let (deployment, token, refused) = (Arc::clone(&deployment), token.clone(), Arc::clone(&refused));
        clients.spawn(async move {
            let answer = deployment.upload(&token, "csv").send().await.unwrap();
            if answer.status() == StatusCode::TOO_MANY_REQUESTS {
                assert_eq!(answer.headers()["retry-after"], "1");
                refused.fetch_add(1, Ordering::SeqCst);
            }
            answer
        });
    }
    for _ in 0..150 {
        if refused.load(Ordering::SeqCst) == TOO_MANY {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    standstill.end().await;
    let answers = clients.join_all().await;
    let accepted: Vec<_> = answers.iter().filter(|answer| answer.status() == StatusCode::OK).collect();
    assert_eq!((accepted.len(), refused.load(Ordering::SeqCst)), (PLACES, TOO_MANY));
    let again = deployment.upload(&token, "csv").send().await.unwrap();
    assert_eq!(again.status(), StatusCode::OK);
    for answer in accepted.into_iter().chain([&again]) {
        let resource = deployment.at_rest(&token, &location(answer)).await;
        assert_eq!(resource["state"], "stored", "{resource}");
    }
    Arc::into_inner(deployment).unwrap().remove().await;
}
