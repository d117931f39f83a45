//! What every mailer keeps to.

use pipeline::{MailId, Mailer, OutgoingMail};

/// A mail as the suite sends it.
#[must_use]
pub fn mail() -> OutgoingMail {
    let id = MailId::new();
    let message = format!(
        "From: invoices@example.com\r\nTo: test@example.com\r\nMessage-ID: <{id}@example.com>\r\n\
         Subject: =?utf-8?B?xYHDs2TFug==?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nŁódź\r\n"
    );
    OutgoingMail {
        id,
        from: "invoices@example.com".parse().unwrap(),
        to: "test@example.com".parse().unwrap(),
        message: message.into_bytes(),
    }
}

/// Runs the suite and answers the mails that must have arrived, each at least once and byte for byte.
pub async fn suite(mailer: &dyn Mailer) -> Vec<OutgoingMail> {
    mailer.check().await.unwrap();
    let mails = vec![mail(), mail()];
    for mail in &mails {
        mailer.send(mail).await.unwrap();
    }
    // Sending again after an unknown outcome is no error.
    mailer.send(&mails[0]).await.unwrap();
    mails
}
