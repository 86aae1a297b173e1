"""Metric regression: small trainings whose numbers are compared with stored ones, so that no change goes unnoticed."""
