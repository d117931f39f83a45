//! What a newcomer sees first.

use std::net::SocketAddr;

use host::settings::Settings;

/// The first lines: where the service is, how to log in, where things lie, what to try next.
pub(crate) fn text(settings: &Settings, address: SocketAddr, demo_login: Option<&str>) -> String {
    let base = &settings.public_url;
    let data = settings.data_dir.display();
    let mut lines = vec![
        format!("Invoice service  {base}/   (listening on {address})"),
        format!("Documents        {data}/documents"),
        format!("Mails            {data}/mails"),
    ];
    if let Some(login) = demo_login {
        lines.push(format!("Demo login       {login}"));
        lines.push(format!("Try next         TOKEN=$(curl -s -X POST {base}/login -u {})", login.replace(" / ", ":")));
    } else {
        lines.push("Try next         cargo run -- user add YOU@EXAMPLE.COM".to_owned());
    }
    lines.push(format!(
        "                 curl -X POST \"{base}/upload?format=pdf\" -H \"Authorization: Bearer $TOKEN\" -F \"file=@events/sample_invoice.json\""
    ));
    lines.push("Stop             Ctrl-C".to_owned());
    lines.join("\n")
}
