#!/usr/bin/env python3
"""The second method: computes the figures of every golden invoice with exact fractions.

    compute.py            checks that each NAME.expected.json says what follows from NAME.json
    compute.py --write    writes them; the sentence "about" is kept

It shares no code with the crate: numbers are fractions, never decimals, and the net of a group whose prices include tax
is found by trying every amount near it instead of solving for it.
"""

import datetime
import json
import pathlib
import sys
from fractions import Fraction

MINOR_UNITS = {
    "BHD": 3, "CHF": 2, "CLF": 4, "CLP": 0, "EUR": 2, "GBP": 2, "INR": 2, "ISK": 0, "JPY": 0, "KRW": 0, "KWD": 3,
    "CAD": 2, "MXN": 2, "PLN": 2, "SEK": 2, "TND": 3, "USD": 2, "UYW": 4,
}
CATEGORIES = ["S", "Z", "E", "AE", "K", "G", "O", "L", "M", "B"]
TAXED = ("S", "L", "M", "B")


def fraction(value):
    return Fraction(str(value))


def round_half_away(value, digits):
    """Rounds to that many decimals by whole-number arithmetic on numerator and denominator."""
    scaled = abs(value) * 10**digits
    quotient, remainder = divmod(scaled.numerator, scaled.denominator)
    if 2 * remainder >= scaled.denominator:
        quotient += 1
    return Fraction(quotient if value >= 0 else -quotient, 10**digits)


def show(value, digits=None):
    """Digits of a fraction; with `digits` exactly that many decimals."""
    if digits is None:
        digits = next((count for count in range(25) if (value * 10**count).denominator == 1), None)
        if digits is None:
            return f"{value.numerator}/{value.denominator}"
    whole = value * 10**digits
    assert whole.denominator == 1, value
    sign = "-" if whole < 0 else ""
    text = str(abs(whole.numerator)).rjust(digits + 1, "0")
    return sign + (f"{text[:-digits]}.{text[-digits:]}" if digits else text)


def from_flat(flat):
    """The few members of the full form that figures follow from."""
    full = {
        "currency": flat.get("currency", "USD"),
        "issue_date": flat["date"],
        "lines": [
            {"quantity": item.get("qty", 1), "unit_price": item["unit_price"]} for item in flat["items"]
        ],
    }
    if "tax_rate" in flat:
        full["tax_rate"] = flat["tax_rate"]
    return full


class Case:
    def __init__(self, document):
        self.document = from_flat(document) if "items" in document else document
        self.currency = self.document.get("currency", "USD")
        self.digits = MINOR_UNITS[self.currency]
        self.steps = []

    def money(self, value):
        return show(value, self.digits)

    def rounded(self, what, value):
        result = round_half_away(value, self.digits)
        arrow = "=" if result == value else "rounded to"
        self.steps.append(f"{what} = {show(value)}" + ("" if result == value else f", {arrow} {self.money(result)}"))
        return result

    def tax_of(self, own, default):
        category, rate = own.get("tax_category"), own.get("tax_rate")
        if category is None and rate is None:
            category, rate = default.get("tax_category"), default.get("tax_rate")
        elif category in TAXED and rate is None:
            rate = default.get("tax_rate")
        if category is None:
            category = "O" if rate is None else ("S" if fraction(rate) else "Z")
        if category == "O":
            return category, None
        return category, fraction(rate) if category in TAXED else Fraction(0)

    def adjustment(self, what, given, base):
        if "percent" not in given:
            return fraction(given["amount"])
        base = fraction(given["base_amount"]) if "base_amount" in given else base
        percent = fraction(given["percent"])
        return self.rounded(f"{what}: {show(percent)} % of {self.money(base)}", base * percent / 100)

    def lines(self):
        result = []
        for number, line in enumerate(self.document["lines"], 1):
            price = fraction(line["unit_price"]) if "unit_price" in line else (
                fraction(line["gross_price"]) - fraction(line.get("price_discount", 0)))
            quantity = fraction(line.get("quantity", 1))
            base = fraction(line.get("price_base_quantity", 1))
            per = f" / {show(base)}" if base != 1 else ""
            extension = self.rounded(f"line {number}: {show(quantity)} x {show(price)}{per}", quantity * price / base)
            total = extension
            for given in line.get("allowances", []):
                total -= self.adjustment(f"line {number}, allowance", given, extension)
            for given in line.get("charges", []):
                total += self.adjustment(f"line {number}, charge", given, extension)
            if total != extension:
                self.steps.append(f"line {number}: after allowances and charges {self.money(total)}")
            result.append((self.tax_of(line, self.document), total))
        return result

    def document_adjustments(self, name, lines):
        result = []
        taxes = {tax for tax, _ in lines}
        for number, given in enumerate(self.document.get(name, []), 1):
            own = "tax_category" in given or "tax_rate" in given
            tax = self.tax_of(given, self.document) if own else next(iter(taxes))
            base = sum((total for of, total in lines if of == tax), Fraction(0))
            result.append((tax, self.adjustment(f"{name[:-1]} {number}", given, base)))
        return result

    def net_of(self, shares):
        """Net amounts of shares with tax: the group's net by trial, then by largest remainder."""
        net = [amount for _, amount in shares]
        unit = Fraction(1, 10**self.digits)
        for tax in sorted({tax for tax, _ in shares}, key=str):
            rate = tax[1] or Fraction(0)
            if not rate:
                continue
            members = [index for index, (of, _) in enumerate(shares) if of == tax]
            gross = sum(shares[index][1] for index in members)
            ideal = gross * 100 / (100 + rate)
            near = round_half_away(ideal, self.digits)
            trials = [near + step * unit for step in range(-3, 4)]
            fits = [trial for trial in trials if trial + round_half_away(trial * rate / 100, self.digits) == gross]
            target = min(fits, key=lambda trial: abs(trial - ideal)) if fits else near
            exact = {index: shares[index][1] * 100 / (100 + rate) for index in members}
            for index in members:
                net[index] = round_half_away(exact[index], self.digits)
            missing = (target - sum(net[index] for index in members)) / unit
            step = unit if missing > 0 else -unit
            candidates = [index for index in members if shares[index][1]]
            candidates.sort(key=lambda index: ((net[index] - exact[index]) * (1 if missing > 0 else -1), index))
            for index in candidates[: abs(int(missing))]:
                net[index] += step
            how = "leads back to it" if fits else "comes nearest"
            self.steps.append(f"group {show(rate)} %: of {self.money(gross)} with tax the net {self.money(target)} {how}")
            self.steps.append("its shares: " + ", ".join(self.money(net[index]) for index in members))
        return net

    def expected(self):
        document, zero = self.document, Fraction(0)
        lines = self.lines()
        allowances = self.document_adjustments("allowances", lines)
        charges = self.document_adjustments("charges", lines)
        shares = lines + [(tax, -amount) for tax, amount in allowances] + charges
        inclusive = document.get("prices_include_tax", False)
        seen = sum((amount for _, amount in shares), zero)
        net = self.net_of(shares) if inclusive else [amount for _, amount in shares]
        count = len(lines)
        line_net, rest = net[:count], net[count:]
        allowance_net = [-amount for amount in rest[: len(allowances)]]
        charge_net = rest[len(allowances):]
        groups = {}
        for (tax, _), amount in zip(shares, net):
            groups[tax] = groups.get(tax, zero) + amount
        breakdown, tax_total = [], zero
        for category, rate in sorted(groups, key=lambda tax: (CATEGORIES.index(tax[0]), -(tax[1] or 0))):
            taxable = groups[(category, rate)]
            what = f"tax {category}: {show(rate or zero)} % of {self.money(taxable)}"
            tax = self.rounded(what, taxable * (rate or 0) / 100)
            tax_total += tax
            group = {"taxable_amount": self.money(taxable), "tax_amount": self.money(tax), "category": category}
            breakdown.append(group | ({} if rate is None else {"rate": show(rate)}))
        without_tax = sum(line_net, zero) - sum(allowance_net, zero) + sum(charge_net, zero)
        with_tax = without_tax + tax_total
        prepaid, rounding = fraction(document.get("prepaid_amount", 0)), fraction(document.get("rounding_amount", 0))
        prepaid += sum((fraction(one["amount"]) for one in document.get("prepayments", [])), zero)
        if inclusive:
            rounding += seen - with_tax
        shares = list(zip(document["lines"], line_net)) + [
            (given, -amount) for given, amount in zip(document.get("allowances", []), allowance_net)
        ] + list(zip(document.get("charges", []), charge_net))
        other = self.other_taxes(shares, without_tax)
        withheld = sum((self.beyond(tax, without_tax) for tax in document.get("withholding_taxes", [])), zero)
        withheld += sum((fraction(group["tax_amount"]) for group in breakdown if group["category"] == "B"), zero)
        if "rounding" in document and "rounding_amount" not in document:
            coin, due = fraction(document["rounding"]), with_tax - prepaid + rounding + other - withheld
            coins = round_half_away(due / coin, 0) * coin
            self.steps.append(f"to pay: {self.money(due)} in coins of {show(coin)} is {self.money(coins)}")
            rounding += coins - due
        payable = with_tax - prepaid + rounding
        totals = {
            "line_total": sum(line_net, zero),
            "allowance_total": sum(allowance_net, zero),
            "charge_total": sum(charge_net, zero),
            "total_without_tax": without_tax,
            "tax_total": tax_total,
            "total_with_tax": with_tax,
            "prepaid_amount": prepaid,
            "rounding_amount": rounding,
            "payable_amount": payable,
            "other_tax_total": other,
            "withholding_total": withheld,
            "amount_to_pay": payable + other - withheld,
        }
        totals = {name: self.money(value) for name, value in totals.items()}
        if "tax_exchange_rate" in document:
            digits = MINOR_UNITS[document["tax_currency"]]
            in_tax_currency = round_half_away(tax_total * fraction(document["tax_exchange_rate"]), digits)
            totals["tax_total_in_tax_currency"] = show(in_tax_currency, digits)
        result = {
            "currency": self.currency,
            "lines": [{"net_amount": self.money(amount)} for amount in line_net],
            "allowances": [{"amount": self.money(amount)} for amount in allowance_net],
            "charges": [{"amount": self.money(amount)} for amount in charge_net],
            "tax_breakdown": breakdown,
            "totals": totals,
        }
        return result | self.terms(payable + other - withheld)

    def beyond(self, tax, without_tax):
        base = fraction(tax["base_amount"]) if "base_amount" in tax else without_tax
        rate = fraction(tax["rate"])
        return self.rounded(f"{tax['name']}: {show(rate)} % of {self.money(base)}", base * rate / 100)

    def other_taxes(self, shares, without_tax):
        """Each tax is taken of the shares that name it, else of the whole, and of the taxes that it is on."""
        computed = []
        for tax in self.document.get("other_taxes", []):
            if "rate" not in tax:
                computed.append((tax["name"], fraction(tax["amount"])))
                continue
            named = [amount for given, amount in shares if tax["name"] in given.get("other_taxes", [])]
            base = sum(named, Fraction(0)) if named else without_tax
            base += sum((amount for name, amount in computed if name in tax.get("on", [])), Fraction(0))
            computed.append((tax["name"], self.beyond(tax, base)))
        return sum((amount for _, amount in computed), Fraction(0))

    def terms(self, due):
        terms = self.document.get("payment_terms")
        terms = {"days": terms} if isinstance(terms, int) else terms if isinstance(terms, dict) else {}
        issued = datetime.date.fromisoformat(self.document["issue_date"])
        after = lambda days: (issued + datetime.timedelta(days=days)).isoformat()
        result = {"due_date": after(terms["days"])} if "days" in terms else {}
        discounts = []
        for discount in terms.get("discounts", []):
            percent = fraction(discount["percent"])
            what = f"discount within {discount['days']} days: {show(percent)} % of {self.money(due)}"
            amount = self.rounded(what, due * percent / 100)
            discounts.append({
                "until": after(discount["days"]),
                "amount": self.money(amount),
                "amount_to_pay": self.money(due - amount),
            })
        return result | ({"early_payment_discounts": discounts} if discounts else {})


def main():
    folder = pathlib.Path(__file__).parent
    wrong = []
    for path in sorted(folder.glob("*.json")):
        if path.name.endswith(".expected.json"):
            continue
        case = Case(json.loads(path.read_text(), parse_float=str))
        figures = case.expected()
        target = path.with_name(path.stem + ".expected.json")
        before = json.loads(target.read_text()) if target.exists() else {}
        after = {"about": before.get("about", ""), "steps": case.steps, "invoice": figures}
        if "--write" in sys.argv:
            target.write_text(json.dumps(after, indent=2, ensure_ascii=False) + "\n")
        elif before != after:
            wrong.append(target.name)
    if wrong:
        sys.exit("these do not say what follows from their invoice: " + ", ".join(wrong))


if __name__ == "__main__":
    main()
