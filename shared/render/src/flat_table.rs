//! The invoice as one flat table: a row a line, heading, text or subtotal, with the invoice's own fields repeated in each.
//!
//! CSV files have these columns in this order. In workbooks the sheet `Lines` has those of the lines that are used, the
//! sheet `Data` what belongs to the invoice as a whole. CSV.md says for people what each one holds. Their names are those of the fields of the full JSON form; amounts have the decimals of the currency.

mod further;

use std::borrow::Cow;

use invoice::{Amount, Decimal, Invoice, Line, LineEntry, Party, PostalAddress};
use jiff::civil::Date;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Cell<'a> {
    Empty,
    /// Text of the user, or a code.
    Text(Cow<'a, str>),
    Date(Date),
    Number(Decimal),
    Amount(Amount),
    /// Several texts; none is empty.
    List(Vec<Cow<'a, str>>),
}

impl Cell<'_> {
    /// The texts of a list in one.
    pub(crate) fn joined(texts: &[Cow<'_, str>]) -> String {
        texts.join("; ")
    }
}

/// A column whose cells are the same in each row.
pub(crate) struct InvoiceColumn {
    pub(crate) name: &'static str,
    pub(crate) cell: fn(&Invoice) -> Cell<'_>,
}

/// A column of the lines.
pub(crate) struct LineColumn {
    pub(crate) name: &'static str,
    pub(crate) cell: fn(&Line) -> Cell<'_>,
}

/// A column of all entries of the list of lines, which says what stands between them.
pub(crate) struct EntryColumn {
    pub(crate) name: &'static str,
    pub(crate) cell: fn(LineEntry<'_>) -> Cell<'_>,
}

/// The columns before those of the line.
pub(crate) const INVOICE_COLUMNS: &[InvoiceColumn] = &[
    InvoiceColumn { name: "invoice_number", cell: |invoice| text(&invoice.number) },
    InvoiceColumn { name: "type_code", cell: |invoice| text(invoice.type_code.code()) },
    InvoiceColumn { name: "issue_date", cell: |invoice| Cell::Date(invoice.issue_date) },
    InvoiceColumn { name: "due_date", cell: |invoice| date(invoice.due_date) },
    InvoiceColumn { name: "currency", cell: |invoice| text(invoice.currency.code()) },
    InvoiceColumn { name: "seller_name", cell: |invoice| text(&invoice.seller.name) },
    InvoiceColumn { name: "seller_vat_id", cell: |invoice| optional(invoice.seller.vat_id.as_deref()) },
    InvoiceColumn { name: "seller_address", cell: |invoice| party_address(&invoice.seller) },
    InvoiceColumn { name: "seller_country", cell: |invoice| country(invoice.seller.address.as_ref()) },
    InvoiceColumn { name: "seller_phone", cell: |invoice| contact(&invoice.seller, Detail::Phone) },
    InvoiceColumn { name: "seller_email", cell: |invoice| contact(&invoice.seller, Detail::Email) },
    InvoiceColumn { name: "buyer_name", cell: |invoice| text(&invoice.buyer.name) },
    InvoiceColumn { name: "buyer_contact", cell: |invoice| contact(&invoice.buyer, Detail::Name) },
    InvoiceColumn { name: "buyer_vat_id", cell: |invoice| optional(invoice.buyer.vat_id.as_deref()) },
    InvoiceColumn { name: "buyer_address", cell: |invoice| party_address(&invoice.buyer) },
    InvoiceColumn { name: "buyer_country", cell: |invoice| country(invoice.buyer.address.as_ref()) },
    InvoiceColumn { name: "buyer_reference", cell: |invoice| optional(invoice.buyer_reference.as_deref()) },
    InvoiceColumn {
        name: "purchase_order_reference",
        cell: |invoice| optional(invoice.purchase_order_reference.as_deref()),
    },
    InvoiceColumn { name: "delivery_name", cell: delivery_name },
    InvoiceColumn { name: "delivery_contact", cell: delivery_contact },
    InvoiceColumn { name: "delivery_address", cell: delivery_address },
    InvoiceColumn {
        name: "delivery_date",
        cell: |invoice| date(invoice.delivery.as_ref().and_then(|delivery| delivery.date)),
    },
];

/// The columns of the line.
pub(crate) const LINE_COLUMNS: &[LineColumn] = &[
    LineColumn { name: "line_id", cell: |line| text(&line.id) },
    LineColumn { name: "item_id", cell: |line| optional(line.seller_item_id.as_deref()) },
    LineColumn { name: "item_name", cell: |line| text(&line.name) },
    LineColumn { name: "item_description", cell: |line| optional(line.description.as_deref()) },
    LineColumn { name: "quantity", cell: |line| Cell::Number(line.quantity) },
    LineColumn { name: "unit", cell: |line| text(line.unit.code()) },
    LineColumn { name: "net_price", cell: |line| Cell::Number(line.price.net) },
    LineColumn { name: "price_base_quantity", cell: |line| Cell::Number(line.price.base_quantity) },
    LineColumn { name: "net_amount", cell: |line| Cell::Amount(line.net_amount) },
    LineColumn { name: "price_with_tax", cell: |line| line.price.with_tax.map_or(Cell::Empty, Cell::Number) },
    LineColumn { name: "amount_with_tax", cell: |line| line.amount_with_tax.map_or(Cell::Empty, Cell::Amount) },
    LineColumn { name: "tax_category", cell: |line| text(line.tax_category.code()) },
    LineColumn { name: "tax_rate", cell: |line| line.tax_rate.map_or(Cell::Empty, Cell::Number) },
];

/// The columns after those of the line.
pub(crate) const TOTAL_COLUMNS: &[InvoiceColumn] = &[
    InvoiceColumn { name: "line_total", cell: |invoice| Cell::Amount(invoice.totals.line_total) },
    InvoiceColumn { name: "allowance_total", cell: |invoice| Cell::Amount(invoice.totals.allowance_total) },
    InvoiceColumn { name: "charge_total", cell: |invoice| Cell::Amount(invoice.totals.charge_total) },
    InvoiceColumn { name: "total_without_tax", cell: |invoice| Cell::Amount(invoice.totals.total_without_tax) },
    InvoiceColumn { name: "tax_total", cell: |invoice| Cell::Amount(invoice.totals.tax_total) },
    InvoiceColumn { name: "total_with_tax", cell: |invoice| Cell::Amount(invoice.totals.total_with_tax) },
    InvoiceColumn { name: "prepaid_amount", cell: |invoice| Cell::Amount(invoice.totals.prepaid_amount) },
    InvoiceColumn { name: "rounding_amount", cell: |invoice| Cell::Amount(invoice.totals.rounding_amount) },
    InvoiceColumn { name: "payable_amount", cell: |invoice| Cell::Amount(invoice.totals.payable_amount) },
    InvoiceColumn { name: "other_tax_total", cell: |invoice| Cell::Amount(invoice.totals.other_tax_total) },
    InvoiceColumn { name: "withholding_total", cell: |invoice| Cell::Amount(invoice.totals.withholding_total) },
    InvoiceColumn {
        name: "amount_to_pay",
        cell: |invoice| Cell::Amount(invoice.balance(invoice.presentation.mark).amount()),
    },
];

pub(crate) use further::{FURTHER_INVOICE_COLUMNS, FURTHER_LINE_COLUMNS};

/// The column of the line in which the text of a heading, a text or a subtotal stands, so that people see it among the
/// names of items.
pub(crate) const TEXT_COLUMN: &str = "item_name";

/// The text of an entry that is no line.
pub(crate) fn entry_text(entry: LineEntry<'_>) -> Cell<'_> {
    match entry {
        LineEntry::Line(_) => Cell::Empty,
        LineEntry::Heading(heading) => text(heading),
        LineEntry::Text(sentence) => text(sentence),
        LineEntry::Subtotal(subtotal) => optional(subtotal.text.as_deref()),
    }
}

/// The columns of all entries. The sums of subtotals do not stand among the amounts of lines, which programs add up.
pub(crate) const ENTRY_COLUMNS: &[EntryColumn] = &[
    EntryColumn {
        name: "line_kind",
        cell: |entry| {
            text(match entry {
                LineEntry::Line(_) => "line",
                LineEntry::Heading(_) => "heading",
                LineEntry::Text(_) => "text",
                LineEntry::Subtotal(_) => "subtotal",
            })
        },
    },
    EntryColumn {
        name: "subtotal",
        cell: |entry| match entry {
            LineEntry::Subtotal(subtotal) => Cell::Amount(subtotal.net_amount),
            _ => Cell::Empty,
        },
    },
    EntryColumn {
        name: "subtotal_with_tax",
        cell: |entry| match entry {
            LineEntry::Subtotal(subtotal) => subtotal.amount_with_tax.map_or(Cell::Empty, Cell::Amount),
            _ => Cell::Empty,
        },
    },
];

/// The names of all columns, in order.
pub(crate) fn column_names() -> impl Iterator<Item = &'static str> {
    let names_of = |columns: &'static [InvoiceColumn]| columns.iter().map(|column| column.name);
    let line_names_of = |columns: &'static [LineColumn]| columns.iter().map(|column| column.name);
    let first = names_of(INVOICE_COLUMNS).chain(line_names_of(LINE_COLUMNS)).chain(names_of(TOTAL_COLUMNS));
    let further = line_names_of(FURTHER_LINE_COLUMNS).chain(names_of(FURTHER_INVOICE_COLUMNS));
    first.chain(further).chain(ENTRY_COLUMNS.iter().map(|column| column.name))
}

fn text(text: &str) -> Cell<'_> {
    if text.is_empty() { Cell::Empty } else { Cell::Text(Cow::Borrowed(text)) }
}

fn optional(value: Option<&str>) -> Cell<'_> {
    value.map_or(Cell::Empty, text)
}

fn date(value: Option<Date>) -> Cell<'static> {
    value.map_or(Cell::Empty, Cell::Date)
}

fn party_address(party: &Party) -> Cell<'_> {
    party.address.as_ref().map_or(Cell::Empty, address)
}

/// The address in one line, without the country.
fn address(address: &PostalAddress) -> Cell<'_> {
    let lines = address.lines.iter().map(String::as_str);
    let rest = [address.postal_code.as_deref(), address.city.as_deref(), address.subdivision.as_deref()];
    let parts: Vec<&str> = lines.chain(rest.into_iter().flatten()).collect();
    match parts.as_slice() {
        [] => Cell::Empty,
        [one] => text(one),
        _ => Cell::Text(Cow::Owned(parts.join(", "))),
    }
}

fn country(address: Option<&PostalAddress>) -> Cell<'_> {
    optional(address.and_then(|address| address.country).map(invoice::CountryCode::code))
}

#[derive(Clone, Copy)]
enum Detail {
    Name,
    Phone,
    Email,
}

fn contact(party: &Party, detail: Detail) -> Cell<'_> {
    let value = party.contact.as_ref().and_then(|contact| match detail {
        Detail::Name => contact.name.as_deref(),
        Detail::Phone => contact.phone.as_deref(),
        Detail::Email => contact.email.as_deref(),
    });
    optional(value)
}

fn delivery_name(invoice: &Invoice) -> Cell<'_> {
    optional(invoice.delivery.as_ref().and_then(|delivery| delivery.name.as_deref()))
}

fn delivery_contact(invoice: &Invoice) -> Cell<'_> {
    optional(invoice.delivery.as_ref().and_then(|delivery| delivery.contact_name.as_deref()))
}

fn delivery_address(invoice: &Invoice) -> Cell<'_> {
    let place = invoice.delivery.as_ref().and_then(|delivery| delivery.address.as_ref());
    place.map_or(Cell::Empty, address)
}
