//! Mails that came back, as SES tells it through SNS. The ledger keeps them as sent; the log says to which upload they
//! belong, and who runs the service sees to the address.

use serde_json::Value;

use crate::metrics;

/// The header that names a mail's upload.
const UPLOAD_HEADER: &str = "X-Invoice-Upload-Id";

/// Notes each mail that the event is about. `false` where it is no such event.
pub(crate) fn note(event: &Value) -> bool {
    let Some(records) = event["Records"].as_array() else { return false };
    let events: Option<Vec<Value>> =
        records.iter().map(|record| serde_json::from_str(record["Sns"]["Message"].as_str()?).ok()).collect();
    let Some(events) = events else { return false };
    events.iter().for_each(note_one);
    true
}

/// Without the address: a log is no place for it.
fn note_one(event: &Value) {
    let kind = event["eventType"].as_str().unwrap_or_default();
    let (upload_id, message_id) = (upload(&event["mail"]).unwrap_or_default(), &event["mail"]["messageId"]);
    let message_id = message_id.as_str().unwrap_or_default();
    match kind {
        "Bounce" => {
            metrics::count_returned("bounce");
            let bounce = &event["bounce"];
            let (kind, sub_kind) = (bounce["bounceType"].as_str(), bounce["bounceSubType"].as_str());
            tracing::warn!(upload_id, message_id, kind, sub_kind, "a mail bounced");
        }
        "Complaint" => {
            metrics::count_returned("complaint");
            let kind = event["complaint"]["complaintFeedbackType"].as_str();
            tracing::warn!(upload_id, message_id, kind, "a recipient complained of a mail");
        }
        other => tracing::info!(upload_id, message_id, event = other, "the mail server told of a mail"),
    }
}

fn upload(mail: &Value) -> Option<&str> {
    let headers = mail["headers"].as_array()?;
    let named = |header: &&Value| header["name"].as_str().is_some_and(|name| name.eq_ignore_ascii_case(UPLOAD_HEADER));
    headers.iter().find(named)?["value"].as_str()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_a_mail_server_tells_is_known() {
        let told = |message: &str| json!({"Records": [{"Sns": {"Message": message}}]});
        assert!(note(&told(r#"{"eventType":"Bounce","bounce":{"bounceType":"Permanent"}}"#)));
        assert!(note(&told(r#"{"eventType":"Delivery"}"#)));
        for unknown in [json!({}), json!({"Records": [{}]}), told("hello")] {
            assert!(!note(&unknown), "{unknown}");
        }
    }

    #[test]
    fn a_mail_names_its_upload() {
        let mail = json!({"headers": [{"name": "From", "value": "a"}, {"name": "x-invoice-upload-id", "value": "7"}]});
        assert_eq!(upload(&mail), Some("7"));
        assert_eq!(upload(&json!({})), None);
    }
}
