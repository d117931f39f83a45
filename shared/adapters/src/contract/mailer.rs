//! What every mailer keeps to.

use pipeline::{MailId, Mailer, MailerExt as _, OutgoingMail};

/// The longest line that a mail may have, in octets without its end (RFC 5322).
const LONGEST_LINE: usize = 998;

/// A mail as the suite sends it.
#[must_use]
pub fn mail() -> OutgoingMail {
    mail_to("test@example.com", "Łódź\r\n")
}

/// A mail with this text. Its id stands in the Message-ID and, before the text, in the first line.
#[must_use]
pub fn mail_to(to: &str, text: &str) -> OutgoingMail {
    let id = MailId::new();
    let message = format!(
        "From: invoices@example.com\r\nTo: {to}\r\nMessage-ID: <{id}@example.com>\r\nX-Invoice-Upload-Id: {id}\r\n\
         Subject: =?utf-8?B?xYHDs2TFug==?=\r\n =?utf-8?B?IOODhuOCueODiA==?=\r\nMIME-Version: 1.0\r\n\
         Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n{id}\r\n{text}"
    );
    OutgoingMail {
        id,
        from: "invoices@example.com".parse().unwrap(),
        to: to.parse().unwrap(),
        message: message.into_bytes(),
    }
}

/// Runs the suite and answers the mails that must have arrived, each at least once and byte for byte.
pub async fn suite(mailer: &dyn Mailer) -> Vec<OutgoingMail> {
    mailer.check().await.unwrap();
    let mails = mails();
    for mail in &mails {
        mailer.send(mail).await.unwrap();
    }
    // Sending again after an unknown outcome is no error.
    mailer.send(&mails[0]).await.unwrap();
    mails
}

fn mails() -> Vec<OutgoingMail> {
    let long_line = format!("{}\r\n", "x".repeat(LONGEST_LINE));
    let large = "An invoice of many lines, each of them seventy signs and its end long.\r\n".repeat(300 * 1024 / 72);
    vec![
        mail(),
        mail(),
        mail_to("test@example.com", ""),
        mail_to("test@example.com", ".\r\n..\r\n.hidden\r\n\r\n.\r\nQUIT\r\n"),
        mail_to("test@example.com", "blank lines at the end\r\n\r\n\r\n"),
        mail_to("test@example.com", &long_line),
        mail_to("test@example.com", &large),
        mail_to("test+invoices@example.com", "a plus\r\n"),
        mail_to("a.b-c_d+e/f=g!h'i@sub.example.com", "every sign\r\n"),
    ]
}
