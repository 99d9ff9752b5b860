"""Prints the OpenAPI document: ``python -m invoice_export.api``."""

import json
import sys

from invoice_export import datasets
from invoice_export.api.app import build_app
from invoice_export.api.description import openapi_document

exported = datasets.load()
description = openapi_document(build_app(exported), exported)
sys.stdout.write(json.dumps(description, indent=2, sort_keys=True) + "\n")
