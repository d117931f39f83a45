//! An invoice as a profile writes it: what was sent, with what the practice of a country adds.

use std::borrow::Cow;

use invoice::{Delivery, ElectronicAddress, Identifier, Invoice};

use crate::price::Price;
use crate::profile::Profile;
use crate::{practice, price};

/// Everything that a writer needs and a rule judges.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    pub(crate) invoice: &'a Invoice,
    pub(crate) profile: Profile,
    /// BT-24.
    pub(crate) specification: &'a str,
    /// BT-23.
    pub(crate) business_process: Option<Cow<'a, str>>,
    /// BG-1.
    pub(crate) notes: Vec<Note<'a>>,
    /// BT-20, with the discounts for early payment.
    pub(crate) payment_terms: Option<String>,
    /// BT-34.
    pub(crate) seller_address: Option<Cow<'a, ElectronicAddress>>,
    /// BT-49.
    pub(crate) buyer_address: Option<Cow<'a, ElectronicAddress>>,
    /// BT-30.
    pub(crate) seller_legal_id: Option<Cow<'a, Identifier>>,
    /// BT-47.
    pub(crate) buyer_legal_id: Option<Cow<'a, Identifier>>,
    /// BG-13.
    pub(crate) delivery: Option<Cow<'a, Delivery>>,
    /// BG-29, one of each line.
    pub(crate) prices: Vec<Price>,
}

/// A note (BG-1).
#[derive(Debug, Clone)]
pub(crate) struct Note<'a> {
    pub(crate) subject: Option<&'static str>,
    pub(crate) text: Cow<'a, str>,
}

impl<'a> Document<'a> {
    pub(crate) fn of(invoice: &'a Invoice, profile: Profile) -> Self {
        let specification = match invoice.specification.as_deref() {
            Some(sent) if profile.is_plain() && !Profile::is_known(sent) => sent,
            _ => profile.specification(),
        };
        Self {
            invoice,
            profile,
            specification,
            business_process: practice::business_process(invoice, profile),
            notes: practice::notes(invoice, profile),
            payment_terms: practice::payment_terms(invoice),
            seller_address: practice::seller_address(invoice, profile),
            buyer_address: practice::buyer_address(invoice, profile),
            seller_legal_id: practice::legal_id(&invoice.seller, profile),
            buyer_legal_id: practice::legal_id(&invoice.buyer, profile),
            delivery: practice::delivery(invoice, profile),
            prices: price::prices(invoice, profile),
        }
    }

    /// Whether the rate of category O is written as 0 in the breakdown (BR-DE-14, DE-R-014), where the norm has none.
    pub(crate) fn writes_rate_of_untaxed(&self) -> bool {
        self.profile.has(crate::RuleSet::XRechnung) || (self.profile == Profile::Peppol && self.is_within("DE"))
    }

    /// Whether seller and buyer are in that country.
    pub(crate) fn is_within(&self, country: &str) -> bool {
        practice::is_within(self.invoice, country)
    }

    /// The means of payment (BT-81): `1`, not defined, where the syntax or the profile wants one and none was sent.
    pub(crate) fn payment_means(&self) -> Option<&'static str> {
        match &self.invoice.payment {
            Some(payment) => Some(payment.means.code()),
            None if self.profile.has(crate::RuleSet::XRechnung) || self.is_within("DE") => Some("1"),
            None => None,
        }
    }
}
