//! The query of a URL.

use url::Url;

/// The values of the parameters that a URL may have, in their order. The error names those, and never a value.
pub(crate) fn parameters<const N: usize>(url: &Url, known: [&str; N]) -> Result<[Option<String>; N], String> {
    let mut values = [const { None }; N];
    for (name, value) in url.query_pairs() {
        let Some(place) = known.iter().position(|known| *known == name) else {
            return Err(format!("the URL has an unknown parameter {name:?}, expected {}", known.join(" or ")));
        };
        values[place] = Some(value.into_owned());
    }
    Ok(values)
}
