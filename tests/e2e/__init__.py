"""Tests of the deployed product over HTTP."""
