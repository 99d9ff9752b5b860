"""Tests of the laptop stack, part by part."""
