"""Measures ReportLab (pdf) or openpyxl (excel): measure.py pdf|excel FILE RUNS FONTS.

Prints `CPU-MILLISECONDS BYTES PEAK-KIB` as the example `measure` of the crate `render` does, for a document of the same
content: head, parties, a table whose head is repeated on every page, totals, page numbers, embedded fonts.
"""
import io
import json
import resource
import sys
import time
from datetime import date
from decimal import Decimal


def figures(data):
    """The lines and totals, computed once: what is measured is making the document."""
    lines = [(item["id"], item["description"], item["qty"], Decimal(str(item["unit_price"]))) for item in data["items"]]
    lines = [(*line, line[2] * line[3]) for line in lines]
    subtotal = sum(line[4] for line in lines)
    tax = (subtotal * data["tax_rate"] / 100).quantize(Decimal("0.01"))
    return lines, subtotal, tax


def pdf(data, lines, subtotal, tax):
    from reportlab.lib import colors
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import LongTable, Paragraph, SimpleDocTemplate, Spacer

    base = ParagraphStyle("base", fontName="Noto", fontSize=9, leading=12)
    title = ParagraphStyle("title", parent=base, fontName="Noto-Bold", fontSize=24, leading=30)
    head = ["Item", "Description", "Quantity", "Unit price", "Amount"]
    rows = [[code, Paragraph(text, base), quantity, f"{price:,.2f}", f"{amount:,.2f}"]
            for code, text, quantity, price, amount in lines]
    sums = [["", "", "", label, f"{amount:,.2f}"]
            for label, amount in [("Subtotal", subtotal), ("Tax", tax), ("Amount due", subtotal + tax)]]
    table = LongTable([head, *rows, *sums], colWidths=[60, 230, 55, 65, 75], repeatRows=1)
    table.setStyle([
        ("FONT", (0, 0), (-1, -1), "Noto", 9), ("ALIGN", (2, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, colors.lightgrey),
        ("FONT", (0, -1), (-1, -1), "Noto-Bold", 11),
    ])
    story = [
        Paragraph("Invoice", title), Paragraph(data["invoice_no"], base),
        Paragraph(f'{data["company_name"]}<br/>{data["company_address"]}<br/>{data["company_phone"]}', base),
        Spacer(1, 20),
        Paragraph(f'{data["bill_to_company"]}<br/>{data["bill_to_name"]}<br/>{data["bill_to_address"]}', base),
        Spacer(1, 20), table,
    ]

    def foot(canvas, document):
        canvas.setFont("Noto", 7.5)
        canvas.drawRightString(540, 40, f"Page {document.page}")

    target = io.BytesIO()
    SimpleDocTemplate(target, pagesize=A4).build(story, onFirstPage=foot, onLaterPages=foot)
    return target.getvalue()


def excel(data, lines, subtotal, tax):
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font

    book = Workbook()
    sheet = book.active
    sheet.title = "Invoice"
    bold, wrapped = Font(bold=True), Alignment(wrap_text=True, vertical="top")
    sheet.append(["Invoice", None, None, None, data["invoice_no"]])
    sheet.append([data["company_name"]])
    sheet.append([data["bill_to_company"]])
    sheet.append(["Item", "Description", "Quantity", "Unit price", "Amount"])
    # Counted here: the library's own count looks at every cell.
    for row, line in enumerate(lines, 5):
        sheet.append(line)
        sheet.cell(row, 2).alignment = wrapped
        sheet.cell(row, 4).number_format = sheet.cell(row, 5).number_format = "#,##0.00"
    sums = [("Subtotal", subtotal), ("Tax", tax), ("Amount due", subtotal + tax)]
    for row, (label, amount) in enumerate(sums, 5 + len(lines)):
        sheet.append([None, None, None, label, amount])
        sheet.cell(row, 5).number_format = "#,##0.00"
        sheet.cell(row, 4).font = bold
    flat = book.create_sheet("Lines")
    flat.append(["invoice_number", "issue_date", "currency", "line_id", "item_id", "item_name", "quantity", "unit",
                 "net_price", "price_base_quantity", "net_amount", "tax_category", "tax_rate"])
    issued = date.fromisoformat(data["date"])
    for number, (code, text, quantity, price, amount) in enumerate(lines, 1):
        flat.append([data["invoice_no"], issued, "USD", str(number), code, text, quantity, "C62", price, 1, amount, "S",
                     data["tax_rate"]])
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


def main():
    kind, file, runs, fonts = sys.argv[1:]
    data = json.load(open(file, encoding="utf-8"))
    content = figures(data)
    if kind == "pdf":
        from reportlab.pdfbase import pdfmetrics
        from reportlab.pdfbase.ttfonts import TTFont

        pdfmetrics.registerFont(TTFont("Noto", f"{fonts}/NotoSans-Regular.ttf"))
        pdfmetrics.registerFont(TTFont("Noto-Bold", f"{fonts}/NotoSans-Bold.ttf"))
    make = {"pdf": pdf, "excel": excel}[kind]
    # A long run is its own warming up.
    if int(runs) > 1:
        make(data, *content)
    before = time.process_time()
    for _ in range(int(runs)):
        document = make(data, *content)
    mean = (time.process_time() - before) / int(runs)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"{mean * 1000:.3f} {len(document)} {peak}")


main()
