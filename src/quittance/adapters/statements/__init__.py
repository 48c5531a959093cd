"""Readers of bank files, one module family per format, declared as `quittance.statements` entry points."""
