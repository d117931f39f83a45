//! Objects with known members.

/// Defines structs that are read from JSON objects: each field is a member of its own name, no other is known.
///
/// One definition gives the type, its JSON Schema and its reader, so these cannot differ. `struct Name or text` leaves
/// `FromJson` to be written by hand, for types that have a short form beside the object.
macro_rules! json_object {
    (@from_json $name:ident or text) => {};
    (@from_json $name:ident) => {
        impl crate::json::FromJson for $name {
            fn from_json(
                node: &crate::json::Node,
                at: &crate::json::Path<'_>,
                reader: &mut crate::json::Reader,
            ) -> Self {
                Self::from_object(node, at, reader)
            }

            fn has_parts(node: &crate::json::Node) -> bool {
                matches!(node, crate::json::Node::Object(_))
            }
        }
    };
    ($(
        $(#[$meta:meta])*
        $visibility:vis struct $name:ident $(or $text:ident)? {
            $( $(#[$field_meta:meta])* pub $field:ident: $type:ty, )*
        }
    )*) => { $(
        #[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, schemars::JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        #[non_exhaustive]
        $visibility struct $name {
            $(
                $(#[$field_meta])*
                #[serde(skip_serializing_if = "crate::json::FromJson::is_absent")]
                pub $field: $type,
            )*
        }

        impl $name {
            /// The names of the members.
            pub(crate) const MEMBERS: &'static [&'static str] = &[$(stringify!($field)),*];

            pub(super) fn from_object(
                node: &crate::json::Node,
                at: &crate::json::Path<'_>,
                reader: &mut crate::json::Reader,
            ) -> Self {
                let mut object = Self::default();
                let Some(members) = reader.object(node, at) else {
                    return object;
                };
                for (key, value) in members {
                    match key.as_ref() {
                        $( stringify!($field) => {
                            object.$field = crate::json::FromJson::from_json(value, &at.member(key), reader);
                        } )*
                        unknown => reader.unknown_key(unknown, at, Self::MEMBERS),
                    }
                }
                $(
                    let required = <$type as crate::json::FromJson>::REQUIRED;
                    if required && !members.iter().any(|(key, _)| key.as_ref() == stringify!($field)) {
                        reader.missing(&at.member(stringify!($field)));
                    }
                )*
                object
            }
        }

        crate::json::json_object!(@from_json $name $(or $text)?);
    )* };
}

pub(crate) use json_object;
