"""Prints as JSON what YAML files hold: for each file the list of its documents that are not empty.

    yaml_to_json.py FILE...
"""

import json
import sys

import yaml


def main(files: list[str]) -> None:
    documents = []
    for name in files:
        with open(name, encoding="utf-8") as file:
            documents.append([document for document in yaml.safe_load_all(file) if document is not None])
    json.dump(documents, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1:])
