"""Prints a CloudFormation template as JSON, with its short functions such as !Ref written out."""

import json
import sys

from cfnlint.decode import cfn_yaml

json.dump(cfn_yaml.load(sys.argv[1]), sys.stdout)
