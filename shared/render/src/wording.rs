//! The words of a document that are ours, in the languages that we have: one Fluent file (`wording/*.ftl`) each.
//!
//! The messages are plain texts, or texts with variables in them ([`Template`]); they are read once.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use fluent_syntax::ast::{Entry, Expression, InlineExpression, Pattern, PatternElement};
use fluent_syntax::parser::parse;

macro_rules! wording {
    (labels: $($label:ident),* $(,)?; templates: $($template:ident),* $(,)?;) => {
        /// The words of one language.
        pub(crate) struct Wording {
            /// The language (BCP 47).
            pub(crate) language: &'static str,
            /// Whether it is written from right to left.
            pub(crate) is_right_to_left: bool,
            $(pub(crate) $label: &'static str,)*
            $(pub(crate) $template: Template,)*
        }

        impl Wording {
            /// The names of all messages, with `_` for `-`.
            #[cfg(test)]
            const NAMES: &[&str] = &[$(stringify!($label),)* $(stringify!($template),)*];

            fn read(language: &'static str, source: &'static str) -> Self {
                let messages = messages(source);
                let pieces = |name: &str| messages.get(&name.replace('_', "-")).cloned().unwrap_or_default();
                Self {
                    language,
                    is_right_to_left: matches!(language, "ar" | "he"),
                    $($label: label(&pieces(stringify!($label))),)*
                    $($template: Template(pieces(stringify!($template))),)*
                }
            }
        }
    };
}

wording! {
    labels:
        invoice, credit_note, corrected_invoice, prepayment_invoice, pro_forma, self_billed_invoice, draft, paid, copy,
        number, issue_date, due_date, tax_point_date, delivery_date, period, buyer_reference, project, contract,
        purchase_order, sales_order, receiving_advice, despatch_advice, tender, invoiced_object, accounting_reference,
        preceding_invoice, bill_to, ship_to, tax_representative, tax, value_added_tax, tax_number, tax_office_number,
        registration, item, description, quantity, unit, unit_price, amount, amount_with_tax, discount, charge,
        buyer_item, standard_item, order_line, origin, carried_forward, subtotal, total_without_tax, total_with_tax,
        no_tax, exempt, reverse_charge, intra_community, export, prepaid, rounding, amount_due, amount_credited,
        payment, terms, means, account_holder, account_number, bank, payment_reference, pay_online,
        scan_to_transfer, scan_to_pay_online, card, mandate, creditor,
        debited_account, payee, early_payment, notes, supporting_documents, subtotal_with_tax, gross_total,
        nothing_to_pay, balance, debit_note;
    templates: page, percent, money, tax_of, tax_in, withheld, price_per, early_payment_terms, price_before_discount,
        prepaid_tax;
}

/// A text with variables in it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Template(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(&'static str),
    Variable(&'static str),
}

impl Template {
    /// The text with the variables' values in their places.
    pub(crate) fn fill(&self, values: &[(&str, &str)]) -> String {
        let value_of = |name: &str| values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| *value);
        let text_of = |piece: &Piece| match piece {
            Piece::Text(text) => *text,
            Piece::Variable(name) => value_of(name),
        };
        let mut text = String::new();
        for piece in &self.0 {
            text.push_str(text_of(piece));
        }
        text
    }
}

macro_rules! languages {
    ($($language:literal),* $(,)?) => {
        /// The languages that we have, the default first.
        static LANGUAGES: LazyLock<Vec<Wording>> = LazyLock::new(|| {
            vec![$(Wording::read($language, include_str!(concat!("wording/", $language, ".ftl")))),*]
        });
    };
}

languages!["en", "de", "fr", "es", "it", "nl", "pt", "pl", "ja", "zh", "ar", "he"];

impl Wording {
    /// The words of a language; English where we do not have it.
    pub(crate) fn of(language: &str) -> &'static Self {
        let found = LANGUAGES.iter().position(|wording| wording.language.eq_ignore_ascii_case(language));
        &LANGUAGES[found.unwrap_or(0)]
    }
}

/// The messages of a file. The files are ours: a test reads all of them, and what is no plain message is left out.
fn messages(source: &'static str) -> BTreeMap<String, Vec<Piece>> {
    let resource = parse(source).unwrap_or_else(|(resource, _)| resource);
    let entries = resource.body.into_iter();
    entries
        .filter_map(|entry| match entry {
            Entry::Message(message) => Some((message.id.name.to_owned(), pieces(&message.value?))),
            _ => None,
        })
        .collect()
}

fn pieces(pattern: &Pattern<&'static str>) -> Vec<Piece> {
    let piece = |element: &PatternElement<&'static str>| match element {
        PatternElement::TextElement { value } => Some(Piece::Text(value)),
        PatternElement::Placeable { expression: Expression::Inline(expression) } => match expression {
            InlineExpression::VariableReference { id } => Some(Piece::Variable(id.name)),
            // The way to write spaces that would be trimmed.
            InlineExpression::StringLiteral { value } => Some(Piece::Text(value)),
            _ => None,
        },
        PatternElement::Placeable { .. } => None,
    };
    pattern.elements.iter().filter_map(piece).collect()
}

fn label(pieces: &[Piece]) -> &'static str {
    match pieces {
        [Piece::Text(text)] => text,
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_has_every_message_and_no_other() {
        assert_eq!(LANGUAGES.len(), 12);
        let sources = [
            include_str!("wording/en.ftl"),
            include_str!("wording/de.ftl"),
            include_str!("wording/fr.ftl"),
            include_str!("wording/es.ftl"),
            include_str!("wording/it.ftl"),
            include_str!("wording/nl.ftl"),
            include_str!("wording/pt.ftl"),
            include_str!("wording/pl.ftl"),
            include_str!("wording/ja.ftl"),
            include_str!("wording/zh.ftl"),
            include_str!("wording/ar.ftl"),
            include_str!("wording/he.ftl"),
        ];
        for (source, wording) in sources.into_iter().zip(LANGUAGES.iter()) {
            assert!(parse(source).is_ok(), "{}", wording.language);
            let messages = messages(source);
            let names: Vec<String> = messages.keys().map(|name| name.replace('-', "_")).collect();
            for name in Wording::NAMES {
                assert!(names.iter().any(|known| known == name), "{} lacks {name}", wording.language);
            }
            assert_eq!(names.len(), Wording::NAMES.len(), "{} has a message too many", wording.language);
        }
    }

    #[test]
    fn templates_take_their_variables_everywhere() {
        for wording in LANGUAGES.iter() {
            let page = wording.page.fill(&[("page", "2"), ("count", "17")]);
            assert!(page.contains('2') && page.contains("17"), "{page}");
            let money = wording.money.fill(&[("currency", "EUR"), ("amount", "1.00")]);
            assert!(money.contains("EUR") && money.contains("1.00"), "{money}");
        }
    }
}
