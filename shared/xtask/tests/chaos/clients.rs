//! Clients that upload, and try again where they got no clear answer.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use fastrand::Rng;
use futures_util::future::try_join_all;
use reqwest::multipart::{Form, Part};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tokio::time::Instant;
use uuid::Uuid;

const IN_FLIGHT: usize = 8;
const FORMATS: [&str; 3] = ["pdf", "excel", "csv"];
/// How long a client goes on trying.
const PATIENCE: Duration = Duration::from_secs(90);
const REST: Duration = Duration::from_millis(200);

/// What the clients know when all of them are done.
#[derive(Default)]
pub(crate) struct Told {
    /// The formats of each upload that was accepted.
    pub(crate) accepted: BTreeMap<Uuid, BTreeSet<&'static str>>,
    /// Invoices that are wrong, and were refused.
    pub(crate) refused: usize,
    /// Requests that were sent again under their key although they were answered.
    pub(crate) repeated: usize,
    /// Requests that were sent again because no answer came.
    pub(crate) retries: usize,
}

pub(crate) struct Clients {
    client: Client,
    base: String,
    token: String,
    sample: Value,
}

/// One upload, as it is drawn.
struct Upload {
    formats: BTreeSet<&'static str>,
    is_broken: bool,
    is_repeated: bool,
    key: String,
    number: usize,
}

impl Upload {
    fn draw(dice: &mut Rng, number: usize) -> Self {
        let wanted = dice.usize(1..=FORMATS.len());
        let formats = dice.choose_multiple(FORMATS, wanted).into_iter().collect();
        let key = Uuid::now_v7().to_string();
        Self { formats, is_broken: dice.u32(0..20) == 0, is_repeated: dice.u32(0..20) == 0, key, number }
    }
}

impl Clients {
    pub(crate) async fn login(base: String, sample: Value) -> anyhow::Result<Self> {
        let client = Client::builder().timeout(Duration::from_secs(30)).build()?;
        let login = client.post(format!("{base}/login")).basic_auth("test@example.com", Some("password"));
        let token = login.send().await?.error_for_status()?.text().await?;
        Ok(Self { client, base, token, sample })
    }

    /// Uploads `count` invoices, evenly over this time.
    pub(crate) async fn upload(
        &self,
        seed: u64,
        uploads: usize,
        length: Duration,
        done: &AtomicUsize,
    ) -> anyhow::Result<Told> {
        let (begun, next) = (Instant::now(), AtomicUsize::new(0));
        let work = async |lane: usize| {
            let mut dice = Rng::with_seed(seed.wrapping_add(lane as u64));
            let mut told = Told::default();
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= uploads {
                    return anyhow::Ok(told);
                }
                tokio::time::sleep_until(begun + length.mul_f64(number as f64 / uploads as f64)).await;
                self.bring(&Upload::draw(&mut dice, number), &mut told).await?;
                done.fetch_add(1, Ordering::Relaxed);
            }
        };
        let all = try_join_all((0..IN_FLIGHT).map(work)).await?;
        Ok(all.into_iter().fold(Told::default(), Told::and))
    }

    async fn bring(&self, upload: &Upload, told: &mut Told) -> anyhow::Result<()> {
        let answer = self.send_until_answered(upload, told).await?;
        if upload.is_broken {
            ensure!(answer.status() == StatusCode::UNPROCESSABLE_ENTITY, "a wrong invoice got {}", answer.status());
            told.refused += 1;
            return Ok(());
        }
        let id = accepted(answer).await?;
        told.accepted.insert(id, upload.formats.clone());
        if upload.is_repeated {
            let again = accepted(self.send_until_answered(upload, told).await?).await?;
            ensure!(again == id, "the same request under one key made {id} and {again}");
            told.repeated += 1;
        }
        Ok(())
    }

    /// Where the answer is none that can be relied on, the request goes again under the same key.
    async fn send_until_answered(&self, upload: &Upload, told: &mut Told) -> anyhow::Result<Response> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            match self.send(upload).await {
                Ok(answer)
                    if !answer.status().is_server_error() && answer.status() != StatusCode::TOO_MANY_REQUESTS =>
                {
                    return Ok(answer);
                }
                Ok(answer) if answer.status() == StatusCode::INTERNAL_SERVER_ERROR => {
                    bail!("500: {}", answer.text().await.unwrap_or_default())
                }
                failed if Instant::now() > deadline => bail!("no upload within {PATIENCE:?}: {failed:?}"),
                Ok(_) | Err(_) => {
                    told.retries += 1;
                    tokio::time::sleep(REST).await;
                }
            }
        }
    }

    async fn send(&self, upload: &Upload) -> reqwest::Result<Response> {
        let formats: Vec<&str> = upload.formats.iter().copied().collect();
        let url = format!("{}/upload?notify=owner&format={}", self.base, formats.join(","));
        let mut invoice = self.sample.clone();
        invoice["invoice_no"] = format!("CHAOS-{}", upload.number).into();
        if upload.is_broken {
            invoice["total_amount"] = "0.01".into();
        }
        let form = Form::new().part("file", Part::text(invoice.to_string()).file_name("invoice.json"));
        let request = self.client.post(url).bearer_auth(&self.token).header("idempotency-key", &upload.key);
        request.multipart(form).send().await
    }

    /// A stored document's bytes.
    pub(crate) async fn download(&self, blob: Uuid) -> anyhow::Result<bytes::Bytes> {
        let get = self.client.get(format!("{}/download?fid={blob}", self.base)).bearer_auth(&self.token);
        Ok(get.send().await?.error_for_status()?.bytes().await?)
    }
}

impl Told {
    fn and(mut self, other: Self) -> Self {
        self.accepted.extend(other.accepted);
        self.refused += other.refused;
        self.repeated += other.repeated;
        self.retries += other.retries;
        self
    }
}

async fn accepted(answer: Response) -> anyhow::Result<Uuid> {
    ensure!(answer.status().is_success(), "{}: {}", answer.status(), answer.text().await.unwrap_or_default());
    let place = answer.headers().get("location").context("an accepted upload has a Location")?.to_str()?;
    Ok(place.trim_start_matches("/invoices/").parse()?)
}
