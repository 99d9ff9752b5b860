"""Prints the OpenAPI document: ``python -m invoice_export.api``."""

import json
import sys

from invoice_export import datasets
from invoice_export.api.app import build_app

description = json.loads(build_app(datasets.load()).get_openapi_json_schema())
sys.stdout.write(json.dumps(description, indent=2, sort_keys=True) + "\n")
