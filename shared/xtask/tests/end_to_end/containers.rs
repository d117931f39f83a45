//! The pods of the chart as containers, from static programs, on the servers of this run.

use std::path::Path;
use std::time::Duration;

use reqwest::{Client, StatusCode};
use tempfile::TempDir;
use url::Url;
use xtask::containers::Containers;
use xtask::pack::Function;

use crate::database::Database;
use crate::deployment::alone;
use crate::environment::server;
use crate::mails::{self, Mailbox};
use crate::queues;
use crate::store::Store;
use crate::walk::walk;

#[tokio::test(flavor = "multi_thread")]
#[ignore = "`cargo xtask test --full` and `cargo xtask charts --full` build what it runs"]
async fn the_walk_through_the_pods_of_the_chart_works() {
    let _alone = alone().await;
    let [postgres, mongodb, broker, mail] =
        ["TEST_POSTGRES_URL", "TEST_MONGODB_URL", "TEST_AMQP_URL", "TEST_SMTP_URL"].map(|name| server(name).unwrap());
    queues::delete(&broker).await;
    let database = Database::create(&postgres).await;
    let (store, documents) = Store::create(&mongodb).await;
    // The set knows itself by an address that containers do not reach.
    let documents = with_query(&documents, "directConnection=true");
    let mail_server = with_query(&mail, "cacertfile=/tls/mail/ca.crt");
    let urls = [
        ("DATABASE_URL", database.url.as_str()),
        ("DOCUMENTS_URL", &documents),
        ("BROKER_URL", &broker),
        ("MAIL_URL", &mail_server),
    ];
    let folder = TempDir::new().unwrap();
    let containers = Containers::start(folder.path(), &urls, Path::new(&server("TEST_CA_FILE").unwrap())).unwrap();
    let client = Client::builder().timeout(Duration::from_secs(60)).build().unwrap();
    somebody_can_log_in(&client, &containers).await;

    let address = containers.base();
    let walked = walk("k8s-fallback/README.md", |line| match line.strip_prefix("NODE=") {
        Some(_) => "NODE=127.0.0.1".to_owned(),
        None => line.replace("http://$NODE:30080", &address),
    });
    its_mail_opens_it(&client, &containers, &mail, &walked.invoice, &walked.fid).await;
    for function in Function::ALL {
        it_is_healthy_and_closed(&containers, function);
    }
    for function in Function::ALL {
        assert_eq!(containers.stop(function).unwrap(), 0, "{function}: {}", containers.log(function));
    }
    drop(containers);
    store.remove().await;
    database.remove().await;
}

fn with_query(url: &str, query: &str) -> String {
    let mut url = Url::parse(url).unwrap();
    url.set_query(Some(query));
    url.into()
}

/// Once auth has its database, and the database the schema that the sweeper's init container brings.
async fn somebody_can_log_in(client: &Client, containers: &Containers) {
    for _ in 0..300 {
        let login = client.post(format!("{}/login", containers.base()));
        let answer = login.basic_auth("test@example.com", Some("password")).send().await;
        if answer.is_ok_and(|answer| answer.status().is_success()) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let logs = Function::ALL.map(|function| format!("{function}: {}", containers.log(function))).join("\n");
    panic!("nobody can log in: {logs}");
}

async fn its_mail_opens_it(client: &Client, containers: &Containers, mail: &str, invoice: &str, fid: &str) {
    let mail = Mailbox::of(mail).mail_of(client, invoice.trim_start_matches("/invoices/")).await;
    let link = mails::link(&mail, &containers.base(), fid);
    assert_eq!(client.get(&link).send().await.unwrap().status(), StatusCode::OK, "{link}");
}

/// It runs as the chart says: by a user of no rights, on a root that nobody writes, and with nothing beside the program.
fn it_is_healthy_and_closed(containers: &Containers, function: Function) {
    assert_eq!(containers.execute(function, &["/function", "health"]).unwrap(), "ok\n", "{function}");
    assert!(containers.execute(function, &["/bin/sh", "-c", ":"]).is_err(), "{function} has a shell");
    let found = containers.inspect(function, "{{.Config.User}} {{.HostConfig.ReadonlyRootfs}} {{.EffectiveCaps}}");
    assert_eq!(found.unwrap(), "65532:65532 true []", "{function}");
}
