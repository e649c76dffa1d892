"""Helpers of the tests: run tools, shrink configs, compare with reference figures."""
