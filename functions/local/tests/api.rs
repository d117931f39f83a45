//! What the routes answer, right and wrong, over a real socket.
#![allow(clippy::unwrap_used)]

mod service;

use std::collections::BTreeSet;

use reqwest::multipart::{Form, Part};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json as value};
use service::{Service, json, location, sample};

/// The status and the one line that a plain client gets.
async fn line(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.header("accept", "*/*").send().await.unwrap();
    (answer.status().as_u16(), answer.text().await.unwrap().trim_end().to_owned())
}

#[tokio::test]
async fn the_curl_routes_tell_errors_in_one_line() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let post = |form: Form| service.client.post(service.url("/upload")).bearer_auth(&token).multipart(form);
    let file = || Part::text(sample()).file_name("invoice.json");
    let none = post(Form::new().text("note", "no file"));
    assert_eq!(line(none).await, (400, "exactly 1 file required".to_owned()));
    let two = post(Form::new().part("a", file()).part("b", file()));
    assert_eq!(line(two).await, (400, "exactly 1 file required".to_owned()));
    let same_name = post(Form::new().part("a", file()).part("a", file()));
    assert_eq!(line(same_name).await, (400, "exactly 1 file required".to_owned()));
    let any_name = post(Form::new().part("anything", file()));
    assert_eq!(line(any_name).await, (200, "success!".to_owned()));
    let format = service.upload(&token, "?format=docx", &sample());
    let supported = "pdf, excel, csv, ubl, cii, xrechnung, xrechnung-cii, peppol, factur-x, factur-x-fr";
    assert_eq!(line(format).await, (400, format!("invalid format. supported: {supported}")));
    assert_eq!(line(service.get(&token, "/download")).await, (400, "fid is required".to_owned()));
    assert_eq!(line(service.get(&token, "/download?fid=nonsense")).await.0, 404);
    let (status, said) = line(service.client.post(service.url("/upload"))).await;
    assert_eq!(status, 401, "{said}");
    let parts = (0..20).fold(Form::new(), |form, number| form.text(format!("f{number}"), "x"));
    assert_eq!(line(post(parts)).await.0, 413);
}

#[tokio::test]
async fn a_wrong_invoice_is_refused_with_all_its_faults_and_not_stored() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let mut invoice: Value = serde_json::from_str(&sample()).unwrap();
    invoice["items"][0]["total"] = value!(1255.49);
    invoice["tax_amount"] = value!("305.11");
    invoice["total_amount"] = value!(1830.59);
    let answer = service.upload(&token, "", &invoice.to_string()).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem = json(answer).await;
    let fault = |pointer: &str| {
        let faults = problem["faults"].as_array().unwrap();
        faults
            .iter()
            .find(|fault| fault["pointer"] == pointer)
            .unwrap_or_else(|| panic!("{pointer} missing: {problem}"))
    };
    assert_eq!(
        (&fault("/items/0/total")["expected"], &fault("/items/0/total")["found"]),
        (&value!("1255.50"), &value!("1255.49"))
    );
    assert_eq!(fault("/tax_amount")["expected"], "305.10");
    assert_eq!(fault("/total_amount")["expected"], "1830.60");
    assert_eq!(json(service.get(&token, "/invoices").send().await.unwrap()).await["invoices"], value!([]));
    for broken in ["", "{", "[]", "nonsense", r#"{"company_name": NaN}"#] {
        let answer = service.post_json(&token, "/invoices", broken).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY, "{broken}");
        assert!(!json(answer).await["faults"].as_array().unwrap().is_empty());
    }
    let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    assert_eq!(
        service.post_json(&token, "/invoices", deep).send().await.unwrap().status(),
        StatusCode::UNPROCESSABLE_ENTITY
    );
}

#[tokio::test]
async fn sizes_are_limited() {
    let service = Service::start(&[("MAX_UPLOAD_BYTES", "4096"), ("MAX_INVOICE_LINES", "1")]).await;
    let token = service.login().await;
    let large = format!("{}{}", sample(), " ".repeat(5000));
    for request in [service.post_json(&token, "/invoices", large.clone()), service.upload(&token, "", &large)] {
        let answer = request.send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::PAYLOAD_TOO_LARGE);
        assert!(answer.text().await.unwrap().contains("4096"));
    }
    let lines = service.post_json(&token, "/invoices", sample()).send().await.unwrap();
    assert_eq!(lines.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(lines.text().await.unwrap().contains("/items"));
    let text = service.client.post(service.url("/invoices")).bearer_auth(&token).body("{}");
    assert_eq!(text.send().await.unwrap().status(), StatusCode::UNSUPPORTED_MEDIA_TYPE);
}

#[tokio::test]
async fn what_is_within_the_limits_is_taken_by_both_routes() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let large = format!("{}{}", sample(), " ".repeat(4_900_000));
    assert_eq!(line(service.upload(&token, "", &large)).await, (200, "success!".to_owned()));
    let json = service.post_json(&token, "/invoices", large).send().await.unwrap();
    assert_eq!(json.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn ids_that_are_none_answer_like_missing_ones() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    for path in ["/invoices/%FF", "/invoices/x", "/download?fid=x", "/download?fid=x&sig=y&kid=z&expires=soon"] {
        let answer = service.get(&token, path).header("accept", "application/json").send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{path}");
        assert_eq!(answer.headers()["content-type"], "application/problem+json", "{path}");
    }
}

#[tokio::test]
async fn a_repeated_key_gives_the_first_upload() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let upload = |query: &str, key: &str| {
        service.post_json(&token, &format!("/invoices{query}"), sample()).header("idempotency-key", key)
    };
    let first = upload("?format=pdf", "order-7").send().await.unwrap();
    assert_eq!(first.status(), StatusCode::ACCEPTED);
    let second = upload("?format=pdf", "order-7").send().await.unwrap();
    assert_eq!((second.status(), location(&second)), (StatusCode::ACCEPTED, location(&first)));
    assert_eq!(second.headers()["idempotency-replayed"], "true");
    let other = upload("?format=csv", "order-7").send().await.unwrap();
    assert_eq!(other.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_ne!(location(&upload("?format=pdf", "order-8").send().await.unwrap()), location(&first));
    assert_eq!(upload("", &"k".repeat(300)).send().await.unwrap().status(), StatusCode::BAD_REQUEST);
    let other_user = service.add_user("other@example.com", false).await;
    let theirs = service.post_json(&other_user, "/invoices", sample()).header("idempotency-key", "order-7");
    assert_ne!(location(&theirs.send().await.unwrap()), location(&first));
}

#[tokio::test]
async fn others_see_nothing_and_an_admin_everything() {
    let service = Service::start(&[]).await;
    let (owner, other) = (service.login().await, service.add_user("other@example.com", false).await);
    let admin = service.add_user("admin@example.com", true).await;
    let place = location(&service.upload(&owner, "", &sample()).send().await.unwrap());
    let resource = service.finished(&owner, &place).await;
    let download = format!("/download?fid={}", resource["documents"][0]["fid"].as_str().unwrap());
    let missing = "/invoices/0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11";
    let missing_file = "/download?fid=0199d5a0-5b1c-7c3e-9d53-0c9f3f6a2b11";
    for (theirs, none) in [(place.as_str(), missing), (download.as_str(), missing_file)] {
        let foreign = service.get(&other, theirs).send().await.unwrap();
        let nothing = service.get(&other, none).send().await.unwrap();
        assert_eq!((foreign.status(), nothing.status()), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND));
        assert_eq!(foreign.text().await.unwrap(), nothing.text().await.unwrap());
        assert_eq!(service.get(&admin, theirs).send().await.unwrap().status(), StatusCode::OK);
    }
    let delete = |token: &str| service.client.delete(service.url(&place)).bearer_auth(token);
    assert_eq!(delete(&other).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(delete(&owner).send().await.unwrap().status(), StatusCode::NO_CONTENT);
    assert_eq!(delete(&owner).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    assert_eq!(service.get(&owner, &download).send().await.unwrap().status(), StatusCode::NOT_FOUND);
    for bucket in ["raw", "processed"] {
        let left = files_under(&service.data.path().join("documents").join(bucket));
        assert_eq!(left, 0, "blobs are left in {bucket}");
    }
}

fn files_under(folder: &std::path::Path) -> usize {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { files_under(&path) } else { 1 }).sum()
}

#[tokio::test]
async fn lists_are_paged_newest_first() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let mut places = Vec::new();
    for _ in 0..3 {
        let answer = service
            .post_json(&token, "/invoices?notify=none", sample())
            .header("prefer", "wait=30")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), StatusCode::OK, "all final within the wait");
        places.insert(0, location(&answer));
    }
    let first = json(service.get(&token, "/invoices?limit=2").send().await.unwrap()).await;
    let next = first["next"].as_str().unwrap();
    let second = json(service.get(&token, &format!("/invoices?limit=2&after={next}")).send().await.unwrap()).await;
    assert_eq!(second["next"], Value::Null);
    let pages =
        [first["invoices"].as_array().unwrap().clone(), second["invoices"].as_array().unwrap().clone()].concat();
    let listed: Vec<String> =
        pages.iter().map(|invoice| format!("/invoices/{}", invoice["id"].as_str().unwrap())).collect();
    assert_eq!(listed, places);
    assert!(pages.iter().all(|invoice| invoice["mails"] == value!([])), "notify=none");
    for (query, count) in
        [("?state=stored", 3), ("?state=failed", 0), ("?number=HP-2026-0093", 3), ("?number=other", 0)]
    {
        let page = json(service.get(&token, &format!("/invoices{query}")).send().await.unwrap()).await;
        assert_eq!(page["invoices"].as_array().unwrap().len(), count, "{query}");
    }
    for wrong in ["?limit=0", "?limit=101", "?limit=x", "?state=lost", "?after=x"] {
        let answer = service.get(&token, &format!("/invoices{wrong}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{wrong}");
    }
}

#[tokio::test]
async fn preview_and_validate_store_nothing() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let preview = service.post_json(&token, "/invoices/preview?format=pdf", sample()).send().await.unwrap();
    assert_eq!(
        (preview.status(), &preview.headers()["content-type"]),
        (StatusCode::OK, &"application/pdf".parse().unwrap())
    );
    assert!(preview.bytes().await.unwrap().starts_with(b"%PDF-"));
    let csv = |dialect: &str| {
        let path = format!("/invoices/preview?format=csv&dialect={dialect}");
        service.post_json(&token, &path, sample()).send()
    };
    let german = csv("excel-de").await.unwrap().text().await.unwrap();
    assert!(german.trim_start_matches('\u{feff}').starts_with("invoice_number;"), "{german}");
    assert_eq!(csv("tsv").await.unwrap().status(), StatusCode::BAD_REQUEST);
    let valid = json(service.post_json(&token, "/invoices/validate", sample()).send().await.unwrap()).await;
    assert_eq!(valid["invoice"]["totals"]["total_with_tax"], "1830.60");
    let uncovered = sample().replace("Oak", "\u{20000}");
    let told = json(service.post_json(&token, "/invoices", uncovered).send().await.unwrap()).await;
    assert_eq!(told["warnings"][0]["found"], "\u{20000}", "{told}");
    let id = told["id"].as_str().unwrap();
    service.client.delete(service.url(&format!("/invoices/{id}"))).bearer_auth(&token).send().await.unwrap();
    let wrong = service.post_json(&token, "/invoices/validate", "{}").send().await.unwrap();
    assert_eq!(wrong.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(json(service.get(&token, "/invoices").send().await.unwrap()).await["invoices"], value!([]));
    let me = json(service.get(&token, "/me").send().await.unwrap()).await;
    assert_eq!((&me["email"], &me["roles"]), (&value!("test@example.com"), &value!(["user"])));
}

/// The example of a legal format.
fn example(name: &str) -> Value {
    let path = format!("{}/../../events/einvoices/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[tokio::test]
async fn what_cannot_become_a_legal_format_is_refused_with_all_reasons_and_not_stored() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let mut invoice = example("xrechnung");
    invoice.as_object_mut().unwrap().remove("buyer_reference");
    invoice["seller"]["contact"].as_object_mut().unwrap().remove("phone");
    let answer = service.post_json(&token, "/invoices?format=pdf,xrechnung,xrechnung-cii", invoice.to_string());
    let answer = answer.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let problem = json(answer).await;
    assert_eq!(problem["detail"], "the invoice cannot become xrechnung, xrechnung-cii: 3 faults");
    let both = value!(["xrechnung", "xrechnung-cii"]);
    for (rule, term, pointer) in [
        ("BR-DE-15", "BT-10", "/buyer_reference"),
        ("BR-DE-6", "BT-42", "/seller/contact/phone"),
        ("PEPPOL-EN16931-R010", "BT-49", "/buyer/electronic_address"),
    ] {
        let faults = problem["faults"].as_array().unwrap();
        let fault = faults.iter().find(|fault| fault["rule"] == rule).unwrap_or_else(|| panic!("{rule}: {problem}"));
        assert_eq!((&fault["term"], &fault["pointer"]), (&value!(term), &value!(pointer)));
        assert_eq!(fault["formats"], both);
        assert!(fault["expected"].is_string(), "{fault}");
    }
    assert_eq!(json(service.get(&token, "/invoices").send().await.unwrap()).await["invoices"], value!([]));
    for (path, body) in [("validate", &invoice), ("preview", &invoice)] {
        let path = format!("/invoices/{path}?format=xrechnung");
        let again = service.post_json(&token, &path, body.to_string()).send().await.unwrap();
        assert_eq!(again.status(), StatusCode::UNPROCESSABLE_ENTITY, "{path}");
        assert_eq!(json(again).await["faults"].as_array().unwrap().len(), 3, "{path}");
    }
    let flat = service.post_json(&token, "/invoices?format=ubl", sample()).send().await.unwrap();
    let faults = json(flat).await["faults"].clone();
    let country = faults.as_array().unwrap().iter().find(|fault| fault["rule"] == "BR-09").unwrap();
    assert_eq!(country["pointer"], "/company_address", "a place of what was sent");
    assert!(country["message"].as_str().unwrap().contains("/seller/address/country"), "{country}");
}

#[tokio::test]
async fn legal_formats_are_made_with_what_they_were_judged_by() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let path = "/invoices?format=xrechnung,zugferd,pdf,cii";
    let request = service.post_json(&token, path, example("xrechnung").to_string()).header("prefer", "wait=20");
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let invoice = json(answer).await;
    assert_eq!(invoice["state"], "stored", "{invoice}");
    let documents = invoice["documents"].as_array().unwrap();
    let formats: Vec<_> = documents.iter().map(|document| document["format"].as_str().unwrap()).collect();
    assert_eq!(formats, ["pdf", "cii", "xrechnung", "factur-x"]);
    let names: BTreeSet<_> = documents.iter().map(|document| document["file_name"].as_str().unwrap()).collect();
    assert_eq!(names.len(), 4, "{names:?}");
    assert!(documents[0]["report"].is_null());
    let report = &documents[2]["report"];
    assert_eq!(report["rules"], value!(["EN 16931 1.3.16", "XRechnung 3.0.2"]));
    assert!(report["rules_version"].as_u64().unwrap() >= 1 && report["warnings"].is_array(), "{report}");
    for (document, (media_type, magic)) in documents.iter().zip([
        ("application/pdf", "%PDF-"),
        ("application/xml", "<?xml"),
        ("application/xml", "<?xml"),
        ("application/pdf", "%PDF-"),
    ]) {
        let path = format!("/download?fid={}", document["fid"].as_str().unwrap());
        let file = service.get(&token, &path).send().await.unwrap();
        assert_eq!(file.headers()["content-type"], media_type);
        assert!(file.bytes().await.unwrap().starts_with(magic.as_bytes()));
    }
}

#[tokio::test]
async fn validating_tells_of_each_legal_format_whether_it_can_be_issued() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let validate = |query: &str, body: &Value| {
        service.post_json(&token, &format!("/invoices/validate{query}"), body.to_string()).send()
    };
    let told = json(validate("", &example("xrechnung")).await.unwrap()).await;
    let formats = told["formats"].as_array().unwrap();
    assert_eq!(formats.len(), 7);
    for verdict in formats {
        // The buyer has no address in Peppol, and nobody there is French.
        let can_be_issued = verdict["format"] != "factur-x-fr" && verdict["format"] != "peppol";
        assert_eq!(verdict["can_be_issued"], can_be_issued, "{verdict}");
        assert_eq!(verdict["faults"].as_array().unwrap().is_empty(), can_be_issued, "{verdict}");
        assert_eq!(verdict["report"].is_object(), can_be_issued, "{verdict}");
    }
    let one = json(validate("?format=zugferd,pdf", &example("xrechnung")).await.unwrap()).await;
    assert_eq!(one["formats"].as_array().unwrap().len(), 1);
    assert_eq!(validate("?format=docx", &example("xrechnung")).await.unwrap().status(), StatusCode::BAD_REQUEST);
    let xml = service.post_json(&token, "/invoices/preview?format=peppol", example("peppol").to_string());
    let xml = xml.send().await.unwrap();
    assert_eq!(xml.headers()["content-type"], "application/xml");
    assert!(xml.text().await.unwrap().contains("urn:fdc:peppol.eu:2017:poacc:billing:3.0"));
}

#[tokio::test]
async fn mail_goes_only_where_it_may() {
    let service = Service::start(&[("NOTIFY_ALLOWED", "books@example.org,@example.net")]).await;
    let token = service.login().await;
    for (notify, expected) in [
        ("owner", 202),
        ("none", 202),
        ("books@example.org", 202),
        ("any@example.net", 202),
        ("test@example.com", 202),
        ("any@example.org", 400),
        ("x", 400),
        ("a@sub.example.net", 400),
        ("a@example.net%0D%0ABcc:b@c.de", 400),
    ] {
        let answer = service.post_json(&token, &format!("/invoices?notify={notify}"), sample()).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), expected, "{notify}");
    }
}

#[tokio::test]
async fn parts_of_a_document_can_be_had() {
    let service = Service::start(&[]).await;
    let token = service.login().await;
    let place = location(&service.upload(&token, "?format=csv", &sample()).send().await.unwrap());
    let resource = service.finished(&token, &place).await;
    let path = format!("/download?fid={}", resource["documents"][0]["fid"].as_str().unwrap());
    let whole = service.get(&token, &path).send().await.unwrap();
    let etag = whole.headers()["etag"].to_str().unwrap().to_owned();
    let whole = whole.bytes().await.unwrap();
    let part = service.get(&token, &path).header("range", "bytes=2-5").send().await.unwrap();
    assert_eq!(part.status(), StatusCode::PARTIAL_CONTENT);
    assert_eq!(part.headers()["content-range"], format!("bytes 2-5/{}", whole.len()).as_str());
    assert_eq!(part.bytes().await.unwrap(), whole[2..6]);
    let tail = service.get(&token, &path).header("range", "bytes=-3").send().await.unwrap();
    assert_eq!(tail.bytes().await.unwrap(), whole[whole.len() - 3..]);
    let beyond = service.get(&token, &path).header("range", "bytes=999999-").send().await.unwrap();
    assert_eq!(beyond.status(), StatusCode::RANGE_NOT_SATISFIABLE);
    let other_version = service.get(&token, &path).header("range", "bytes=2-5").header("if-range", "\"x\"");
    assert_eq!(other_version.send().await.unwrap().status(), StatusCode::OK);
    let known = service.get(&token, &path).header("if-none-match", &etag).send().await.unwrap();
    assert_eq!(known.status(), StatusCode::NOT_MODIFIED);
    let head = service.client.head(service.url(&path)).bearer_auth(&token).send().await.unwrap();
    assert_eq!(head.headers()["content-length"], whole.len().to_string().as_str());
    let inline = service.get(&token, &format!("{path}&inline=1")).send().await.unwrap();
    assert!(inline.headers()["content-disposition"].to_str().unwrap().starts_with("inline;"));
}

/// Every route of the document is in the router, and every other method is not.
#[tokio::test]
async fn the_document_tells_every_route() {
    let service = Service::start(&[]).await;
    let document = json(service.client.get(service.url("/openapi.json")).send().await.unwrap()).await;
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        let known: BTreeSet<&str> = item.as_object().unwrap().keys().map(String::as_str).collect();
        for method in ["get", "post", "put", "patch", "delete"] {
            let url = service.url(&path.replace("{id}", "x").replace("{key_id}", "x"));
            let request = service.client.request(Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), url);
            let status = request.send().await.unwrap().status();
            let routed = status != StatusCode::METHOD_NOT_ALLOWED;
            assert_eq!(routed, known.contains(method), "{method} {path}: {status}");
            assert_ne!(status, StatusCode::INTERNAL_SERVER_ERROR, "{method} {path}");
        }
    }
    for path in [
        "/",
        "/login",
        "/validate",
        "/.well-known/jwks.json",
        "/users",
        "/upload",
        "/uploads",
        "/uploads/{id}",
        "/download",
        "/invoices",
        "/invoices/{id}",
        "/invoices/preview",
        "/invoices/validate",
        "/branding",
        "/gallery",
        "/gallery/{file}",
        "/me",
        "/healthz",
        "/readyz",
        "/metrics",
        "/openapi.json",
        "/schema/invoice.json",
    ] {
        assert!(paths.contains_key(path), "{path} is not in the document");
    }
    let nowhere = service.client.get(service.url("/nowhere")).send().await.unwrap();
    assert_eq!(
        (nowhere.status(), &nowhere.headers()["content-type"]),
        (StatusCode::NOT_FOUND, &"application/problem+json".parse().unwrap())
    );
}

#[tokio::test]
async fn pages_come_whole_and_only_from_here() {
    let service = Service::start(&[]).await;
    let page = service.client.get(service.url("/")).send().await.unwrap();
    let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'sha256-"), "{policy}");
    let html = page.text().await.unwrap();
    assert!(!html.contains("https://") || !html.contains("src=\"https://"), "the page loads something from elsewhere");
    let samples = json(service.client.get(service.url("/gallery")).send().await.unwrap()).await;
    assert!(samples.as_array().unwrap().len() >= 9, "{samples}");
    for sample in samples.as_array().unwrap() {
        let name = sample["name"].as_str().unwrap();
        for (extension, media_type) in [("json", "application/json"), ("png", "image/png")] {
            let url = service.url(&format!("/gallery/{name}.{extension}"));
            let answer = service.client.get(url).send().await.unwrap();
            assert_eq!(
                (answer.status(), &answer.headers()["content-type"]),
                (StatusCode::OK, &media_type.parse().unwrap())
            );
        }
    }
    for missing in ["nothing.json", "german", "german.pdf", "..%2Fgerman.json"] {
        let answer = service.client.get(service.url(&format!("/gallery/{missing}"))).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{missing}");
    }
    let docs = service.client.get(service.url("/docs/")).send().await.unwrap();
    assert_eq!(docs.status(), StatusCode::OK);
    assert_eq!(docs.headers()["content-encoding"], "gzip");
    let docs = docs.bytes().await.unwrap();
    let docs = std::io::read_to_string(flate2::read::GzDecoder::new(&docs[..])).unwrap();
    assert!(docs.contains("swagger-ui"), "{docs}");
    let script = service.client.get(service.url("/docs/swagger-ui-bundle.js")).send().await.unwrap();
    assert_eq!(script.status(), StatusCode::OK);
}
