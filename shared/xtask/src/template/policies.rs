//! What this project demands of its template: a role for each function, no action beyond its need, a closed bucket,
//! logs that end, and never more connections than the database allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::Context as _;
use serde_json::Value;

use crate::pack::Function;

use super::resources::{items, named, number, of_types, statements, texts};

const FUNCTIONS: [&str; 2] = ["AWS::Serverless::Function", "AWS::Lambda::Function"];
const IDENTITIES: [&str; 2] = ["AWS::IAM::Role", "AWS::IAM::ManagedPolicy"];
/// Connections that one environment of a function holds at most.
const POOL: u64 = 2;
/// Percent of the database's connections that all functions together may hold.
const MOST_PERCENT: u64 = 80;
/// The layer of the fonts that are not in the programs.
const FONTS: &str = "shared/render/fonts/east-asian";
/// EC2 knows no narrower resource for what puts a function into a VPC.
const WITHOUT_RESOURCE: [&str; 8] = [
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
    "ec2:DescribeSecurityGroups",
    "ec2:DescribeVpcs",
];

/// What other files say that the template repeats.
pub(super) struct Facts {
    newest_migration: u64,
    watch: String,
    /// The folders of the functions that draw documents.
    drawing: Vec<String>,
}

impl Facts {
    /// Reads them from the project's files.
    pub(super) fn read(root: &Path) -> anyhow::Result<Self> {
        let migrations = fs::read_dir(root.join("shared/adapters/migrations/postgres"))?;
        let number = |name: &str| name.split_once('_').and_then(|(number, _)| number.parse().ok());
        let newest = migrations.filter_map(|file| number(&file.ok()?.file_name().to_string_lossy())).max();
        let mut drawing = Vec::new();
        for function in Function::ALL {
            let folder = format!("functions/{function}");
            if fs::read_to_string(root.join(&folder).join("Cargo.toml"))?.contains("\nrender.workspace") {
                drawing.push(folder);
            }
        }
        Ok(Self {
            newest_migration: newest.context("there is no migration")?,
            watch: fs::read_to_string(root.join("cargo-lambda.toml"))?,
            drawing,
        })
    }
}

/// Everything that breaks a rule.
pub(super) fn faults(template: &Value, facts: &Facts) -> Vec<String> {
    [
        shared_roles(template),
        wide_permissions(template),
        open_buckets(template),
        endless_logs(template),
        missing_connections(template),
        migration(template, facts),
        routes(template, facts),
        missing_fonts(template, facts),
    ]
    .concat()
}

fn shared_roles(template: &Value) -> Vec<String> {
    let mut taken = BTreeMap::new();
    let mut faults = Vec::new();
    for (name, function) in of_types(template, &FUNCTIONS) {
        let Some(role) = named(&function["Role"]) else {
            faults.push(format!("{name} has no role of its own"));
            continue;
        };
        if let Some(other) = taken.insert(role, name) {
            faults.push(format!("{name} and {other} share the role {role}"));
        }
    }
    faults
}

fn wide_permissions(template: &Value) -> Vec<String> {
    let allowed = of_types(template, &IDENTITIES)
        .flat_map(|(name, identity)| statements(identity).map(move |statement| (name, statement)))
        .filter(|(_, statement)| statement["Effect"] == "Allow");
    allowed.flat_map(|(name, statement)| wide_statement(name, statement)).collect()
}

fn wide_statement(name: &str, statement: &Value) -> Vec<String> {
    let actions = texts(&statement["Action"]);
    let wide = actions.iter().filter(|action| action.contains('*')).map(|action| format!("{name} allows {action}"));
    let everywhere = texts(&statement["Resource"]).contains(&"*");
    let narrowable = actions.iter().filter(|action| everywhere && !WITHOUT_RESOURCE.contains(action));
    let mut faults: Vec<String> = wide.collect();
    faults.extend(narrowable.map(|action| format!("{name} allows {action} on every resource")));
    if actions.is_empty() || items(&statement["Resource"]).is_empty() {
        faults.push(format!("{name} has a statement without Action or Resource"));
    }
    faults
}

fn open_buckets(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    for (name, bucket) in of_types(template, &["AWS::S3::Bucket"]) {
        let block = &bucket["PublicAccessBlockConfiguration"];
        for rule in ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"] {
            if block[rule] != true {
                faults.push(format!("{name} lacks {rule}"));
            }
        }
        let policies = of_types(template, &["AWS::S3::BucketPolicy"]);
        let mut own = policies.filter(|(_, policy)| named(&policy["Bucket"]) == Some(name));
        if !own.any(|(_, policy)| statements(policy).any(refuses_plain_text)) {
            faults.push(format!("{name} answers without TLS"));
        }
    }
    faults
}

/// Whether it denies everything to everybody who does not use TLS, on the bucket and what is in it.
fn refuses_plain_text(statement: &Value) -> bool {
    statement["Effect"] == "Deny"
        && statement["Principal"] == "*"
        && texts(&statement["Action"]) == ["s3:*"]
        && items(&statement["Resource"]).len() == 2
        && statement["Condition"]["Bool"]["aws:SecureTransport"] == "false"
}

fn endless_logs(template: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut kept = BTreeSet::new();
    for (name, group) in of_types(template, &["AWS::Logs::LogGroup"]) {
        if group["RetentionInDays"].is_null() {
            faults.push(format!("{name} keeps logs for ever"));
        }
        kept.insert(name);
    }
    for (name, function) in of_types(template, &FUNCTIONS) {
        // A group that Lambda makes by itself never ends.
        if !named(&function["LoggingConfig"]["LogGroup"]).is_some_and(|group| kept.remove(group)) {
            faults.push(format!("{name} has no log group of its own in the template"));
        }
    }
    faults
}

/// In every size all environments that may run at a time must find their connections.
fn missing_connections(template: &Value) -> Vec<String> {
    let sizes = template["Mappings"]["Sizes"].as_object().into_iter().flatten();
    sizes.flat_map(|(name, size)| missing_connections_of(template, name, size)).collect()
}

fn missing_connections_of(template: &Value, name: &str, size: &Value) -> Vec<String> {
    let mut faults = Vec::new();
    let mut environments = 0;
    for (function, properties) in of_types(template, &FUNCTIONS).filter(|(_, function)| uses_database(function)) {
        match concurrency(&properties["ReservedConcurrentExecutions"], size) {
            Some(reserved) => environments += reserved,
            None => faults.push(format!("{function} has no reserved concurrency in size {name}")),
        }
    }
    let connections = number(&size["Connections"]).unwrap_or_default();
    let most = connections * MOST_PERCENT / 100;
    if environments * POOL > most {
        faults.push(format!("size {name}: {environments} environments of {POOL} connections are more than {most}"));
    }
    if number(&size["ConnectionsAlarm"]) != Some(most) {
        faults.push(format!("size {name}: ConnectionsAlarm must be {most}"));
    }
    faults
}

fn uses_database(function: &Value) -> bool {
    items(&function["VpcConfig"]["SecurityGroupIds"]).iter().any(|group| named(group) == Some("DatabaseClients"))
}

/// A number, or the one that the mapping of sizes has.
fn concurrency(reserved: &Value, size: &Value) -> Option<u64> {
    number(reserved).or_else(|| number(&size[reserved["Fn::FindInMap"][2].as_str()?]))
}

fn migration(template: &Value, facts: &Facts) -> Vec<String> {
    let newest = facts.newest_migration;
    let told = number(&template["Resources"]["Schema"]["Properties"]["Migration"]);
    if told == Some(newest) {
        return Vec::new();
    }
    vec![format!("Schema must have Migration: {newest}, the newest of shared/adapters/migrations/postgres")]
}

/// Paths lead to the same function under `cargo lambda watch`.
fn routes(template: &Value, facts: &Facts) -> Vec<String> {
    let routes = of_types(template, &["AWS::ApiGatewayV2::Route"]).filter_map(|(_, route)| route["RouteKey"].as_str());
    let paths = routes.filter_map(|key| key.split_once(' ')).map(|(_, path)| path.replace("{proxy+}", "{*rest}"));
    let missing = paths.filter(|path| !facts.watch.lines().any(|line| line.starts_with(&format!("\"{path}\" = "))));
    missing.map(|path| format!("cargo-lambda.toml has no route {path}")).collect()
}

/// What draws documents is deployed without the large fonts, so it needs them as a layer and must know where that is.
fn missing_fonts(template: &Value, facts: &Facts) -> Vec<String> {
    let layers: Vec<&str> = of_types(template, &["AWS::Serverless::LayerVersion"])
        .filter(|(_, layer)| layer["ContentUri"] == FONTS)
        .map(|(name, _)| name)
        .collect();
    let has_fonts = |function: &Value| {
        let attached = items(&function["Layers"]).iter().filter_map(named).any(|layer| layers.contains(&layer));
        attached && function["Environment"]["Variables"]["FONTS_DIR"] == "/opt"
    };
    let drawing = of_types(template, &FUNCTIONS)
        .filter(|(_, function)| facts.drawing.iter().any(|folder| function["CodeUri"] == folder.as_str()));
    let without = drawing.filter(|(_, function)| !has_fonts(function));
    without.map(|(name, _)| format!("{name} draws, and has no layer of {FONTS} at FONTS_DIR=/opt")).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn functions_need_roles_and_logs_of_their_own() {
        let function = |role: &str, logs: &str| {
            json!({"Type": "AWS::Lambda::Function", "Properties": {
                "Role": {"Fn::GetAtt": [role, "Arn"]}, "LoggingConfig": {"LogGroup": {"Ref": logs}}}})
        };
        let group = json!({"Type": "AWS::Logs::LogGroup", "Properties": {"RetentionInDays": 1}});
        let template = |role: &str, logs: &str| {
            let (first, second) = (function("RoleA", "LogsA"), function(role, logs));
            json!({"Resources": {"A": first, "B": second, "LogsA": group, "LogsB": group}})
        };
        let right = template("RoleB", "LogsB");
        assert!(shared_roles(&right).is_empty() && endless_logs(&right).is_empty());
        let shared = template("RoleA", "LogsA");
        assert_eq!(shared_roles(&shared), ["B and A share the role RoleA"]);
        assert_eq!(endless_logs(&shared), ["B has no log group of its own in the template"]);
    }

    #[test]
    fn wide_permissions_are_named() {
        let statement =
            |action: &str, resource: &str| json!({"Effect": "Allow", "Action": action, "Resource": resource});
        assert!(wide_statement("R", &statement("s3:GetObject", "arn")).is_empty());
        assert!(wide_statement("R", &statement("ec2:DescribeVpcs", "*")).is_empty());
        assert_eq!(wide_statement("R", &statement("s3:*", "arn")), ["R allows s3:*"]);
        assert_eq!(
            wide_statement("R", &statement("ses:GetAccount", "*")),
            ["R allows ses:GetAccount on every resource"]
        );
        assert_eq!(wide_statement("R", &json!({"Effect": "Allow", "NotAction": "x"})).len(), 1);
    }

    #[test]
    fn a_bucket_is_closed_and_refuses_plain_text() {
        let template = json!({"Resources": {"B": {"Type": "AWS::S3::Bucket", "Properties": {}}}});
        assert_eq!(open_buckets(&template).len(), 5);
    }

    #[test]
    fn environments_find_their_connections() {
        let function = |reserved: Value| {
            json!({"Type": FUNCTIONS[0], "Properties": {"ReservedConcurrentExecutions": reserved,
                "VpcConfig": {"SecurityGroupIds": [{"Ref": "DatabaseClients"}]}}})
        };
        let template = |connections: u64| {
            let alarm = connections * MOST_PERCENT / 100;
            let small = json!({"Connections": connections, "ConnectionsAlarm": alarm, "Auth": 10});
            let mapped = json!({"Fn::FindInMap": ["Sizes", {"Ref": "Size"}, "Auth"]});
            let resources = json!({"A": function(mapped), "B": function(json!(2))});
            json!({"Mappings": {"Sizes": {"small": small}}, "Resources": resources})
        };
        assert_eq!(missing_connections(&template(30)), Vec::<String>::new());
        let faults = missing_connections(&template(29));
        assert_eq!(faults, ["size small: 12 environments of 2 connections are more than 23"]);
    }

    #[test]
    fn what_draws_has_its_fonts() {
        let facts = Facts { newest_migration: 2, watch: String::new(), drawing: vec!["functions/worker".to_owned()] };
        let template = |worker: Value| {
            let auth = json!({"Type": FUNCTIONS[0], "Properties": {"CodeUri": "functions/auth"}});
            let fonts = json!({"Type": "AWS::Serverless::LayerVersion", "Properties": {"ContentUri": FONTS}});
            json!({"Resources": {"W": {"Type": FUNCTIONS[0], "Properties": worker}, "A": auth, "F": fonts}})
        };
        let mut worker = json!({"CodeUri": "functions/worker", "Layers": [{"Ref": "F"}]});
        assert_eq!(missing_fonts(&template(worker.clone()), &facts).len(), 1, "it does not know where");
        worker["Environment"] = json!({"Variables": {"FONTS_DIR": "/opt"}});
        assert_eq!(missing_fonts(&template(worker.clone()), &facts), Vec::<String>::new());
        worker["Layers"] = json!([{"Ref": "Other"}]);
        assert_eq!(missing_fonts(&template(worker), &facts).len(), 1, "it has none");
    }

    #[test]
    fn other_files_agree() {
        let watch = "\"/users/{*rest}\" = \"auth\"\n".to_owned();
        let facts = Facts { newest_migration: 2, watch, drawing: Vec::new() };
        let route = |key: &str| json!({"Type": "AWS::ApiGatewayV2::Route", "Properties": {"RouteKey": key}});
        let template = json!({"Resources": {
            "U": route("ANY /users/{proxy+}"), "L": route("POST /login"), "D": route("$default"),
            "Schema": {"Properties": {"Migration": 1}}}});
        assert_eq!(routes(&template, &facts), ["cargo-lambda.toml has no route /login"]);
        assert_eq!(migration(&template, &facts).len(), 1);
    }
}
