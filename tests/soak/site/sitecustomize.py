"""Lets every process of a soak read its orders when it starts; processes without orders do nothing here."""

import os

if os.environ.get("SOAK_ORDERS"):
    from tests.soak import orders

    orders.obey_as_started()
