//! A CloudFormation template as JSON: what is in it, and what its functions name.

use serde_json::Value;

/// Every resource of one of these types, with its name and properties.
pub(super) fn of_types<'a>(template: &'a Value, types: &'a [&str]) -> impl Iterator<Item = (&'a str, &'a Value)> {
    let resources = template["Resources"].as_object().into_iter().flatten();
    resources
        .filter(|(_, resource)| resource["Type"].as_str().is_some_and(|found| types.contains(&found)))
        .map(|(name, resource)| (name.as_str(), &resource["Properties"]))
}

/// The resource that `!Ref` or `!GetAtt` names.
pub(super) fn named(value: &Value) -> Option<&str> {
    value["Ref"].as_str().or_else(|| value["Fn::GetAtt"][0].as_str())
}

/// The texts of a property that is one text or a list of them.
pub(super) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(items) => items.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().into_iter().collect(),
    }
}

/// The items of a property that is one item or a list of them.
pub(super) fn items(value: &Value) -> &[Value] {
    match value {
        Value::Array(items) => items,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// Every statement of a policy or of a resource's policies.
pub(super) fn statements(properties: &Value) -> impl Iterator<Item = &Value> {
    let own = std::iter::once(&properties["PolicyDocument"]);
    let inline = items(&properties["Policies"]).iter().map(|policy| &policy["PolicyDocument"]);
    own.chain(inline).flat_map(|document| items(&document["Statement"]))
}

/// A number, be it written as one or as a text.
pub(super) fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
